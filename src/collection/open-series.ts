import type { Instrument } from '../domain/market.js';
import type { Timeframe } from '../domain/timeframe.js';
import type { MarketData } from '../exchange/market-data.js';
import { ConfigError, messageOf, RejectedError } from '../lib/errors.js';
import type { CollectionStores } from './collection-stores.js';
import { trackSeries, type TrackedSeries } from './tracked-series.js';

export interface WantedSeries {
  /** As configured, in order of importance; `all` means every spot market, or those in `allQuote`. */
  readonly symbols: readonly string[] | 'all';
  readonly allQuote?: string | undefined;
  readonly timeframes: readonly Timeframe[];
}

/** Something configured that the venue does not have, with the reason in words. */
export interface Refusal {
  readonly name: string;
  readonly reason: string;
}

export interface OpenedSeries {
  readonly tracked: TrackedSeries[];
  readonly refused: Refusal[];
}

/** Symbols × timeframes as stored series. What the venue lacks is refused by name, the rest goes on. */
export async function openSeries(
  wanted: WantedSeries,
  marketData: MarketData,
  series: CollectionStores['series'],
): Promise<OpenedSeries> {
  const refused: Refusal[] = [];
  const timeframes = wanted.timeframes.filter((timeframe) =>
    isAccepted(timeframe, () => marketData.assertTimeframe(timeframe), refused),
  );
  const tracked: TrackedSeries[] = [];
  for (const instrument of resolveAll(wanted, marketData, refused)) {
    const { symbol, marketId } = instrument;
    for (const timeframe of timeframes) {
      const key = { venue: marketData.venue, symbol, marketId, timeframe };
      tracked.push(trackSeries(await series.ensure(key, instrument)));
    }
  }
  return { tracked, refused };
}

function resolveAll(
  wanted: WantedSeries,
  marketData: MarketData,
  refused: Refusal[],
): Instrument[] {
  if (wanted.symbols === 'all') return marketData.listSpot(wanted.allQuote);
  const found = new Map<string, Instrument>();
  for (const text of wanted.symbols) {
    isAccepted(
      text,
      () => {
        const instrument = marketData.resolveSymbol(text, wanted.symbols as readonly string[]);
        found.set(instrument.symbol, instrument);
      },
      refused,
    );
  }
  return [...found.values()];
}

function isAccepted(name: string, check: () => void, refused: Refusal[]): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (!(error instanceof RejectedError) && !(error instanceof ConfigError)) throw error;
    refused.push({ name, reason: messageOf(error) });
    return false;
  }
}
