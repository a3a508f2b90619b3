import { timeframeMs, type Timeframe } from '../domain/timeframe.js';

const DAY_MS = 86_400_000;
/** A twelfth of a year of 365 days. */
const DAYS_A_MONTH = 365 / 12;
/** Training refuses fewer, even where the months come to less. */
const MIN_TRAINING_BARS = 600;
/** A feature row spans at most so many bars before its own; see the anchored blocks of `features`. */
const FEATURE_DEPTH_BARS = 640;

export interface HistorySettings {
  /** `HISTORY_DAYS`: how far back training shall reach. */
  readonly historyDays: number | 'auto';
  /** `TRAIN_MONTHS_BACK`, which decides when `historyDays` is `auto`. */
  readonly trainMonthsBack: number;
}

/** Bars of that timeframe to keep: the training window and, on top, what its first row looks back on. */
export function historyBars(timeframe: Timeframe, settings: HistorySettings): number {
  const { historyDays, trainMonthsBack } = settings;
  const days = historyDays === 'auto' ? trainMonthsBack * DAYS_A_MONTH : historyDays;
  const bars = Math.ceil((days * DAY_MS) / timeframeMs(timeframe));
  const trainingBars = historyDays === 'auto' ? Math.max(bars, MIN_TRAINING_BARS) : bars;
  return trainingBars + FEATURE_DEPTH_BARS;
}
