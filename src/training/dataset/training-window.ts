import {
  barIndex,
  barOpenTime,
  lastClosedOpenTime,
  timeframeMs,
  type Timeframe,
} from '../../domain/timeframe.js';
import { ConfigError } from '../../lib/errors.js';
import { REQUIRED_BARS } from '../../features/feature-matrix.js';

const DAY_MS = 86_400_000;
const DAYS_A_MONTH = 365 / 12;
/** Least length of a window: six months hold too few weekly bars. */
const MIN_WINDOW_BARS = 600;

/** Bars that a fit sees, and those before them that their features look back on. */
export interface TrainingWindow {
  /** Number of the first bar that may be a row. */
  readonly fromIndex: number;
  /** Number of the bar after the newest closed one. */
  readonly toIndex: number;
  /** Open time from which candles are loaded: the features' depth before the first row. */
  readonly loadFromOpenTime: number;
  readonly fromOpenTime: number;
  readonly lastOpenTime: number;
}

/** As of the training options; declared here so that datasets need no others. */
interface WindowOptions {
  readonly historyDays: number | 'auto';
  readonly trainMonthsBack: number;
}

/** The training window at a market time. */
export function trainingWindowAt(
  marketMs: number,
  timeframe: Timeframe,
  options: WindowOptions,
): TrainingWindow {
  return windowOf(marketMs, timeframe, windowBars(timeframe, options));
}

/** The newest bars that have closed by a market time. */
export function windowOf(marketMs: number, timeframe: Timeframe, bars: number): TrainingWindow {
  const lastOpenTime = lastClosedOpenTime(marketMs, timeframe);
  const toIndex = barIndex(lastOpenTime, timeframe) + 1;
  const fromIndex = Math.max(0, toIndex - bars);
  return {
    fromIndex,
    toIndex,
    loadFromOpenTime: barOpenTime(Math.max(0, fromIndex - REQUIRED_BARS), timeframe),
    fromOpenTime: barOpenTime(fromIndex, timeframe),
    lastOpenTime,
  };
}

/** Length of the window in bars. */
export function windowBars(timeframe: Timeframe, options: WindowOptions): number {
  const { historyDays, trainMonthsBack } = options;
  if (historyDays !== 'auto') return Math.ceil((historyDays * DAY_MS) / timeframeMs(timeframe));
  const days = trainMonthsBack * DAYS_A_MONTH;
  return Math.max(MIN_WINDOW_BARS, Math.ceil((days * DAY_MS) / timeframeMs(timeframe)));
}

/**
 * @throws ConfigError where training would wait for ever for more candles than its window can hold
 */
export function assertReachableSamples(
  options: WindowOptions & {
    readonly timeframes: readonly Timeframe[];
    readonly minInitialTrainSamples: number;
  },
): void {
  const { timeframes, minInitialTrainSamples: wanted } = options;
  for (const timeframe of timeframes) {
    const held = windowBars(timeframe, options);
    if (wanted <= held) continue;
    throw new ConfigError(
      `MIN_INITIAL_TRAIN_SAMPLES=${wanted} can never be met: the training window holds ${held} candles of ` +
        `${timeframe}. Lower it, or widen the window by HISTORY_DAYS or TRAIN_MONTHS_BACK`,
    );
  }
}

/** A length in whole days, `183d`. */
export function trainingPeriodText(bars: number, timeframe: Timeframe): string {
  return `${Math.max(1, Math.round((bars * timeframeMs(timeframe)) / DAY_MS))}d`;
}
