import type { RetrainInterval } from '../../domain/backtest-run.js';
import { barOpenTime, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import type { BarSpan } from '../history/market-history.js';

const DAY_MS = 86_400_000;

const DAYS_OF: Readonly<Record<RetrainInterval, number>> = {
  '7d': 7,
  '1d': 1,
  '30d': 30,
  never: Infinity,
};

/** A retraining date and the bars that the models of it answer. */
export interface RetrainingPeriod {
  /** Epoch milliseconds: the open of the first bar. What has closed by then may be learnt from. */
  readonly at: number;
  /** Numbers of the bars [fromIndex, toIndex). */
  readonly fromIndex: number;
  readonly toIndex: number;
}

/**
 * The retraining dates inside a span: its first bar's open, and then every so many days. The last period reaches as far
 * as there are candles, not only to the end of the span, so that a run with a later end finds it complete.
 *
 * @param endIndex number of the bar after the last one that any symbol has
 */
export function retrainingPeriods(
  { firstIndex, lastIndex }: BarSpan,
  every: RetrainInterval,
  { timeframe, endIndex }: { readonly timeframe: Timeframe; readonly endIndex: number },
): readonly RetrainingPeriod[] {
  const bars = Math.max(1, Math.round((DAYS_OF[every] * DAY_MS) / timeframeMs(timeframe)));
  const periods: RetrainingPeriod[] = [];
  for (let fromIndex = firstIndex; fromIndex <= lastIndex; fromIndex += bars) {
    const toIndex = Math.min(fromIndex + bars, endIndex);
    periods.push({ at: barOpenTime(fromIndex, timeframe), fromIndex, toIndex });
  }
  return periods;
}
