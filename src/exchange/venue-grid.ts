import { floorToBar, timeframeMs, type Timeframe } from '../domain/timeframe.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** A row this close to the grid means the bar there: some venues stamp bars a few milliseconds off. */
const SNAP_MS = 1_000;
/** Share of the rows that must agree on an offset. */
const AGREEMENT = 0.9;

/** The open time on the grid that a row means; unchanged where it is further off. */
export function snapToGrid(openTime: number, timeframe: Timeframe, offsetMs: number): number {
  const nearest = floorToBar(openTime + SNAP_MS, timeframe, offsetMs);
  return Math.abs(openTime - nearest) <= SNAP_MS ? nearest : openTime;
}

/**
 * How much later a venue's bars open than the usual grid, by the rows of one answer; undefined where
 * they do not agree. Only days and weeks differ between venues: shorter bars open on whole multiples of
 * UTC everywhere, so that a row off that grid is a fault.
 */
export function learnGridOffset(
  openTimes: readonly number[],
  timeframe: Timeframe,
): number | undefined {
  const stepMs = timeframeMs(timeframe);
  if (stepMs < DAY_MS) return 0;
  const counts = new Map<number, number>();
  for (const openTime of openTimes) {
    const minute = Math.round(openTime / MINUTE_MS) * MINUTE_MS;
    const offset = minute - floorToBar(minute, timeframe);
    counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  const [best] = [...counts].sort((one, other) => other[1] - one[1]);
  return best !== undefined && best[1] >= openTimes.length * AGREEMENT ? best[0] : undefined;
}
