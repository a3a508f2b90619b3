/** Rows as the API shows them: snake_case, ISO times, the venue's own id first. */

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

export function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : iso(timeMs);
}

export type MarketIds = ReadonlyMap<string, string>;

interface OfSeries<T extends string> {
  readonly venue: string;
  readonly symbol: string;
  readonly timeframe: T;
}

export interface SeriesAnswer<T extends string = string> {
  symbol: string;
  unified_symbol: string;
  venue: string;
  timeframe: T;
}

export interface KeyAnswer extends SeriesAnswer {
  bot: string;
}

export function seriesAnswer<T extends string>(
  row: OfSeries<T>,
  marketIds: MarketIds,
): SeriesAnswer<T> {
  return {
    symbol: marketIds.get(row.symbol) ?? row.symbol,
    unified_symbol: row.symbol,
    venue: row.venue,
    timeframe: row.timeframe,
  };
}

export function keyAnswer(
  row: OfSeries<string> & { readonly bot: string },
  marketIds: MarketIds,
): KeyAnswer {
  return { ...seriesAnswer(row, marketIds), bot: row.bot };
}
