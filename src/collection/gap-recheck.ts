import { barIndex, timeframeMs } from '../domain/timeframe.js';
import type { KnownGap } from '../storage/stores/known-gap-store.js';
import { fetchRanges, type FillContext } from './gap-repair.js';
import { toRanges, type BarRange } from './missing-bars.js';
import type { LongGap, TrackedSeries } from './tracked-series.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Market time after a gap was noted at which it is asked for again: candles do come late. */
const ASK_AFTER_MS = [
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  ...[1, 2, 3, 4].map((weeks) => DAY_MS + weeks * 7 * DAY_MS),
] as const;
/** Gaps closer together than this are fetched by one request. */
const MERGE_BARS = 200;
/** Gaps that one round asks for; the others follow in the next rounds. */
const MAX_GAPS_A_ROUND = 200;
/** Missing bars in a row that a person should know of. */
const LONG_GAP_BARS = 50;

/** When the gap is to be asked for next; undefined when it is old enough to stand. */
export function nextQuestionAt({
  notedAt,
  askedAt,
}: Pick<KnownGap, 'notedAt' | 'askedAt'>): number | undefined {
  // A gap that an earlier version noted has no time: it is asked for once.
  if (notedAt === undefined) return askedAt === undefined ? -Infinity : undefined;
  const since = askedAt ?? notedAt;
  return ASK_AFTER_MS.map((afterMs) => notedAt + afterMs).find((at) => at > since);
}

/**
 * Asks again for known gaps that are due, or for all of them. Bars that the venue has by now are stored and
 * are gaps no longer.
 *
 * @returns bars that were found
 */
export async function recheckGaps(
  tracked: TrackedSeries,
  context: FillContext,
  { isAll = false }: { readonly isAll?: boolean } = {},
): Promise<number> {
  const { id, timeframe } = tracked.series;
  const { knownGaps } = context.stores;
  const marketMs = context.clock.marketMs();
  const gaps = (await knownGaps.list(id)).filter(({ reason }) => reason === 'missing');
  tracked.longGaps = findLongGaps(gaps, tracked);
  const isDue = (gap: KnownGap): boolean => (nextQuestionAt(gap) ?? Infinity) <= marketMs;
  const due = isAll ? gaps : gaps.filter(isDue).slice(-MAX_GAPS_A_ROUND);
  if (due.length === 0) return 0;
  const found: number[] = [];
  const onPage = ({ candles }: { readonly candles: readonly { openTime: number }[] }): void => {
    for (const { openTime } of candles) found.push(openTime);
  };
  const ranges = joinRanges(due.map((gap) => toRange(gap, timeframe)));
  await fetchRanges(tracked, ranges, { ...context, onPage });
  await knownGaps.noteAsked(id, due, marketMs);
  const late = found.filter((openTime) => due.some((gap) => holds(gap, openTime)));
  await knownGaps.remove(id, late);
  return late.length;
}

function findLongGaps(
  gaps: readonly KnownGap[],
  { series: { timeframe }, newestOpenTime = -Infinity }: TrackedSeries,
): LongGap[] {
  return gaps
    .map(({ fromOpenTime, toOpenTime }) => ({
      fromOpenTime,
      toOpenTime,
      bars: (toOpenTime - fromOpenTime) / timeframeMs(timeframe) + 1,
    }))
    .filter(({ bars, fromOpenTime }) => bars >= LONG_GAP_BARS && fromOpenTime < newestOpenTime);
}

function toRange(gap: KnownGap, timeframe: TrackedSeries['series']['timeframe']): BarRange {
  return {
    first: barIndex(gap.fromOpenTime, timeframe),
    last: barIndex(gap.toOpenTime, timeframe),
  };
}

function joinRanges(ranges: readonly BarRange[]): BarRange[] {
  const bounds = ranges.flatMap(({ first, last }) => {
    const bars = [];
    for (let bar = first; bar <= last; bar++) bars.push(bar);
    return bars;
  });
  return toRanges(bounds, MERGE_BARS);
}

function holds({ fromOpenTime, toOpenTime }: KnownGap, openTime: number): boolean {
  return fromOpenTime <= openTime && openTime <= toOpenTime;
}
