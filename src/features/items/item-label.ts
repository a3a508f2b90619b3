import type { ItemSequence } from './item-row.js';

const DAY_MS = 86_400_000;

/** The unit of the forecast is days, whatever the timeframe. */
export const ITEM_HORIZON_DAYS = 7;
const HORIZON_MS = ITEM_HORIZON_DAYS * DAY_MS;
/** A price that is older than half the window says little about its end. */
const MAX_STALE_MS = HORIZON_MS / 2;

/**
 * Log return from entry `at` to the price seven days later, which is that of the newest entry by then.
 * NaN where the seven days are not over, or where nothing was priced in their second half.
 */
export function itemForwardReturn({ openTimes, prices }: ItemSequence, at: number): number {
  const due = (openTimes[at] ?? NaN) + HORIZON_MS;
  if (!((openTimes[openTimes.length - 1] ?? -Infinity) >= due)) return NaN;
  let end = at;
  while ((openTimes[end + 1] ?? Infinity) <= due) end++;
  if (end === at || (openTimes[end] ?? NaN) < due - MAX_STALE_MS) return NaN;
  return Math.log((prices[end] ?? NaN) / (prices[at] ?? NaN));
}
