import type { Clock } from '../lib/clock.js';
import type { TrackedSeries } from './tracked-series.js';

/** Longest pause after failures, and while a venue has not published a bar yet. */
export const RETRY_MAX_MS = 30_000;
/** A refused series, delisted say, is asked for again at this interval. */
export const REFUSED_RETRY_MS = 600_000;

/**
 * Wall time for which the series is not to be asked for. An end further away than any pause lasts
 * means that the clock was set back meanwhile: then the pause is over.
 */
export function pauseLeftMs(tracked: TrackedSeries, clock: Pick<Clock, 'wallMs'>): number {
  const leftMs = tracked.notBeforeWallMs - clock.wallMs();
  const longestMs = tracked.isRefused ? REFUSED_RETRY_MS : RETRY_MAX_MS;
  return leftMs > longestMs ? 0 : Math.max(0, leftMs);
}
