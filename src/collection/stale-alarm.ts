import { barIndex, lastClosedOpenTime } from '../domain/timeframe.js';
import { nameOf, type TrackedSeries } from './tracked-series.js';

export interface StaleAlarm {
  /** Series in which closed bars have been missing for longer than allowed, and by how many bars. */
  readonly stale: readonly { readonly name: string; readonly barsBehind: number }[];
  /** Whether that holds for every series that is followed: the venue or the way to it is gone. */
  readonly isEverythingStale: boolean;
}

/** Closed bars that are neither stored nor known not to exist, at that market time. */
export function barsBehind(tracked: TrackedSeries, marketMs: number): number {
  const { timeframe } = tracked.series;
  const closed = barIndex(lastClosedOpenTime(marketMs, timeframe), timeframe);
  if (!Number.isFinite(tracked.settledUntil)) return 0;
  return Math.max(0, closed - barIndex(tracked.settledUntil, timeframe));
}

/** Market time decides, so that a scaled or a stopped market raises no false alarm. */
export function raiseStaleAlarm(
  tracked: readonly TrackedSeries[],
  options: { readonly marketMs: number; readonly allowedBars: number },
): StaleAlarm {
  const followed = tracked.filter((one) => one.state === 'following');
  const stale = followed
    .map((one) => ({ name: nameOf(one), barsBehind: barsBehind(one, options.marketMs) }))
    .filter((one) => one.barsBehind > options.allowedBars);
  return { stale, isEverythingStale: stale.length > 0 && stale.length === followed.length };
}
