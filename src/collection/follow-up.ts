import type { Candle } from '../domain/candle.js';
import {
  barIndex,
  barOpenTime,
  closeTimeOf,
  lastClosedOpenTime,
  timeframeMs,
} from '../domain/timeframe.js';
import type { MarketClock } from '../exchange/venue-clock.js';
import { confirmGaps, fetchRanges, type FillContext, type StoredPage } from './gap-repair.js';
import { pauseLeftMs, type TrackedSeries } from './tracked-series.js';

/** Bars before the newest known one that are read again: venues correct a bar soon after its close. */
const OVERLAP_BARS = 3;

/**
 * Whether a bar of the series has closed that is not settled, and its retry pause is over.
 * `delayMs` of market time after the close give the venue time to publish it.
 */
export function isDue(tracked: TrackedSeries, clock: MarketClock, delayMs: number): boolean {
  if (tracked.state !== 'following' || tracked.isBusy) return false;
  if (pauseLeftMs(tracked, clock) > 0) return false;
  const { timeframe, gridOffsetMs } = tracked.series;
  const marketMs = clock.marketMs() - delayMs;
  return lastClosedOpenTime(marketMs, timeframe, gridOffsetMs) > tracked.settledUntil;
}

/** Wall time until the series may be due; 0 when it is. */
export function wallMsUntilDue(
  tracked: TrackedSeries,
  clock: MarketClock,
  delayMs: number,
): number {
  const { timeframe } = tracked.series;
  const nextClose = closeTimeOf(tracked.settledUntil, timeframe) + timeframeMs(timeframe);
  return Math.max(pauseLeftMs(tracked, clock), clock.wallMsUntil(nextClose + delayMs));
}

export interface FollowedBars {
  /** Stored candles that are not announced to the listeners yet, ascending. */
  readonly candles: readonly Candle[];
  /** Whether any bar was settled that was not before. */
  readonly hasProgress: boolean;
}

/**
 * Reads what has closed since the last time and the few bars before it once more, by one request. A
 * bar that the venue does not show yet stays unsettled and is asked for again. Where it fails midway,
 * the next run announces what was stored: only `announcedUntil` says which candles are announced.
 */
export async function followSeries(
  tracked: TrackedSeries,
  context: FillContext & { readonly clock: MarketClock },
): Promise<FollowedBars> {
  const { timeframe, gridOffsetMs } = tracked.series;
  const { settledUntil: settledBefore, announcedUntil } = tracked;
  const newest = lastClosedOpenTime(context.clock.marketMs(), timeframe, gridOffsetMs);
  const last = barIndex(newest, timeframe);
  const firstNew = barIndex(settledBefore, timeframe) + 1;
  const unannounced = new Map<number, Candle>();
  const onPage = ({ candles }: StoredPage): void => {
    for (const candle of candles) {
      if (candle.openTime > (announcedUntil ?? -Infinity)) {
        unannounced.set(candle.openTime, candle);
      }
    }
  };
  // The second question for what was left out stores candles too.
  const reading = { ...context, onPage };
  const range = { first: firstNew - OVERLAP_BARS, last };
  const { absent, coveredUntil } = await fetchRanges(tracked, [range], reading);
  const isStillEmpty = tracked.newestOpenTime === undefined;
  if (announcedUntil === undefined && !isStillEmpty) {
    // Its first candle ever, or the first after answers that were empty by mistake: the back-fill runs once more.
    tracked.state = 'waiting';
    return { candles: [], hasProgress: true };
  }
  const gaps = isStillEmpty ? [] : absent.filter((bar) => bar >= firstNew);
  if (gaps.length > 0) await confirmGaps(tracked, gaps, reading);
  const settled = barOpenTime(coveredUntil ?? firstNew - 1, timeframe, tracked.series.gridOffsetMs);
  tracked.settledUntil = Math.max(settledBefore, settled);
  const candles = [...unannounced.values()].sort((one, other) => one.openTime - other.openTime);
  return { candles, hasProgress: tracked.settledUntil > settledBefore };
}
