import type { Series } from '../domain/series.js';

export type SeriesState = 'waiting' | 'backfilling' | 'following' | 'failed';

/**
 * What collection knows of one series while it runs. Everything that must survive a restart is in the
 * stores; this is derived from them again.
 */
export interface TrackedSeries {
  series: Series;
  state: SeriesState;
  /** Open time up to which every bar is stored or known not to exist. */
  settledUntil: number;
  /** Open time of the newest stored candle. */
  newestOpenTime: number | undefined;
  /** Open time of the newest candle that listeners know of; undefined before the back-fill found any. */
  announcedUntil: number | undefined;
  /** Bars to fetch and fetched so far in the back-fill. */
  barsWanted: number;
  barsDone: number;
  /** Set while the venue sends candles from its own future. */
  hasFutureCandles: boolean;
  /**
   * Stored candles that turned out to lie in the future, by open time: put aside until the venue has
   * given good ones for them.
   */
  readonly futureStored: Set<number>;
  /** Failures since the last success. */
  failures: number;
  lastError: string | undefined;
  /** Whether the venue refuses it as it stands: it is asked for again now and then, without much hope. */
  isRefused: boolean;
  /** Wall time before which it is not asked for again. */
  notBeforeWallMs: number;
  isBusy: boolean;
}

export function trackSeries(series: Series): TrackedSeries {
  return {
    series,
    state: 'waiting',
    settledUntil: -Infinity,
    newestOpenTime: undefined,
    announcedUntil: undefined,
    barsWanted: 0,
    barsDone: 0,
    hasFutureCandles: false,
    futureStored: new Set(),
    failures: 0,
    lastError: undefined,
    isRefused: false,
    notBeforeWallMs: 0,
    isBusy: false,
  };
}

/** `BTC/USDT 1h`, for log lines. */
export function nameOf({ series }: TrackedSeries): string {
  return `${series.symbol} ${series.timeframe}`;
}
