import type { BarSpan } from '../history/market-history.js';
import type { RetrainingPeriod } from './retraining-periods.js';

/**
 * Why no model could be trained even at the last retraining date; undefined where one may be. For the walk, which says
 * it before anything is trained, and for the API, which answers before candles are read.
 *
 * @param series first and last bar of each symbol
 * @param needed candles without which nothing is trained
 */
export function findTooFewCandles(
  series: readonly BarSpan[],
  periods: readonly Pick<RetrainingPeriod, 'at' | 'fromIndex'>[],
  needed: number,
): string | undefined {
  const last = periods.at(-1);
  if (last === undefined) return undefined;
  const counts = series.map(({ firstIndex, lastIndex }) =>
    Math.min(last.fromIndex - firstIndex, lastIndex - firstIndex + 1),
  );
  const most = Math.max(0, ...counts);
  if (most >= needed) return undefined;
  const when = new Date(last.at).toISOString().slice(0, 16).replace('T', ' ');
  return (
    `at the last retraining date (${when} UTC) no symbol has more than ${most} candles before it, ` +
    `and ${needed} are needed (MIN_INITIAL_TRAIN_SAMPLES): start later, or have candles that begin earlier`
  );
}
