/** Rows as the API shows them: snake_case, ISO times, the venue's own id first. */

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

export function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : iso(timeMs);
}

export type MarketIds = ReadonlyMap<string, string>;

interface Keyed {
  readonly venue: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly bot: string;
}

export interface KeyAnswer {
  symbol: string;
  unified_symbol: string;
  venue: string;
  timeframe: string;
  bot: string;
}

export function keyAnswer(row: Keyed, marketIds: MarketIds): KeyAnswer {
  return {
    symbol: marketIds.get(row.symbol) ?? row.symbol,
    unified_symbol: row.symbol,
    venue: row.venue,
    timeframe: row.timeframe,
    bot: row.bot,
  };
}
