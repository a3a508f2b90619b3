import type { Series } from '../domain/series.js';
import { barIndex, barOpenTime, lastClosedOpenTime } from '../domain/timeframe.js';
import { findMissingBars, type BarRange } from './bar-ranges.js';
import type { CollectionStores } from './collection-stores.js';

interface Stored {
  readonly candles: Pick<CollectionStores['candles'], 'openTimes'>;
  readonly knownGaps: Pick<CollectionStores['knownGaps'], 'list'>;
}

/** Ascending numbers of the bars that are neither stored nor known gaps. */
export async function findMissing(
  { id, timeframe }: Series,
  within: BarRange,
  { candles, knownGaps }: Stored,
): Promise<number[]> {
  const from = barOpenTime(within.first, timeframe);
  const to = barOpenTime(within.last, timeframe);
  const openTimes = await candles.openTimes(id, { from, to });
  const gaps = await knownGaps.list(id, { from, to });
  const present = new Set(openTimes.map((openTime) => barIndex(openTime, timeframe)));
  const known = gaps.map(({ fromOpenTime, toOpenTime }) => ({
    first: barIndex(fromOpenTime, timeframe),
    last: barIndex(toOpenTime, timeframe),
  }));
  return findMissingBars(within, present, known);
}

/** The bars to hold at that market time: the depth wanted, or from the first bar, to the newest closed one. */
export function wantedBars(
  { timeframe, firstBarAt }: Series,
  options: { readonly historyBars: number; readonly marketMs: number },
): BarRange {
  const last = barIndex(lastClosedOpenTime(options.marketMs, timeframe), timeframe);
  const wanted = last - options.historyBars + 1;
  const firstBar = firstBarAt === undefined ? -Infinity : barIndex(firstBarAt, timeframe);
  return { first: Math.max(wanted, firstBar), last };
}
