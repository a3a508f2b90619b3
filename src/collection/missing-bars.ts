import type { Series } from '../domain/market.js';
import { barIndex, barOpenTime, lastClosedOpenTime } from '../domain/timeframe.js';
import type { CollectionStores } from './collection-stores.js';

/** Numbers of the first and the last bar, both included; see `barIndex`. */
export interface BarRange {
  readonly first: number;
  readonly last: number;
}

export function countBars(ranges: readonly BarRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Joins ascending bar numbers to ranges; numbers at most `maxDistance` apart share one. */
export function toRanges(bars: Iterable<number>, maxDistance = 1): BarRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const bar of bars) {
    const previous = ranges[ranges.length - 1];
    if (previous !== undefined && bar - previous.last <= maxDistance) previous.last = bar;
    else ranges.push({ first: bar, last: bar });
  }
  return ranges;
}

/** Ascending numbers of the bars of `within` that are neither in `present` nor in a range of `known`. */
export function findMissingBars(
  within: BarRange,
  present: ReadonlySet<number>,
  known: readonly BarRange[],
): number[] {
  const missing: number[] = [];
  let next = 0;
  for (let bar = within.first; bar <= within.last; bar++) {
    while (next < known.length && (known[next]?.last ?? Infinity) < bar) next++;
    const isKnown = (known[next]?.first ?? Infinity) <= bar;
    if (!isKnown && !present.has(bar)) missing.push(bar);
  }
  return missing;
}

interface Stored {
  readonly candles: Pick<CollectionStores['candles'], 'openTimes'>;
  readonly knownGaps: Pick<CollectionStores['knownGaps'], 'list'>;
}

/** Ascending numbers of the bars that are neither stored nor known gaps. */
export async function findMissing(
  { id, timeframe, gridOffsetMs }: Series,
  within: BarRange,
  { candles, knownGaps }: Stored,
): Promise<number[]> {
  const from = barOpenTime(within.first, timeframe, gridOffsetMs);
  const to = barOpenTime(within.last, timeframe, gridOffsetMs);
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
  { timeframe, firstBarAt, gridOffsetMs }: Series,
  options: { readonly historyBars: number; readonly marketMs: number },
): BarRange {
  const last = barIndex(lastClosedOpenTime(options.marketMs, timeframe, gridOffsetMs), timeframe);
  const wanted = last - options.historyBars + 1;
  const firstBar = firstBarAt === undefined ? -Infinity : barIndex(firstBarAt, timeframe);
  return { first: Math.max(wanted, firstBar), last };
}
