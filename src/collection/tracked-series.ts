import type { Series } from '../domain/market.js';
import type { Clock } from '../lib/clock.js';

/** Longest pause after failures, and while a venue has not published a bar yet. */
export const RETRY_MAX_MS = 30_000;
/** A refused series, delisted say, is asked for again at this interval. */
export const REFUSED_RETRY_MS = 600_000;

export type SeriesState = 'waiting' | 'backfilling' | 'following' | 'failed';

/** What came of asking again for all that is missing in a series. */
export interface SeriesRepair {
  /** Market time. */
  readonly endedAt: number;
  /** Candles that were missing and are stored now. */
  readonly found: number;
  /** Bars that the venue does not have either. */
  readonly missing: number;
}

export interface LongGap {
  readonly fromOpenTime: number;
  readonly toOpenTime: number;
  readonly bars: number;
}

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
   * Stored candles that turned out to lie in the future, by open time: in quarantine until the venue has
   * given good ones for them.
   */
  readonly futureStored: Set<number>;
  /** Why the newest answers had not one usable row; undefined once one has. */
  refusal: string | undefined;
  /** Market time at which known gaps are asked for again. */
  gapsDueAt: number;
  /** Set while a person's repair waits or is under way. */
  isRepairWanted: boolean;
  lastRepair: SeriesRepair | undefined;
  /** Long stretches that the venue does not have, between candles that it had. */
  longGaps: readonly LongGap[];
  /** How many bars the venue keeps, where an answer has shown it. */
  keepsOnlyBars: number | undefined;
  /** Failures since the last success. */
  failures: number;
  lastError: string | undefined;
  /** Whether the venue refuses it as it stands: it is asked for again only every ten minutes. */
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
    refusal: undefined,
    gapsDueAt: -Infinity,
    isRepairWanted: false,
    lastRepair: undefined,
    longGaps: [],
    keepsOnlyBars: undefined,
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

/**
 * Wall time for which the series is not to be asked for. An end further away than any pause lasts
 * means that the clock was set back meanwhile: then the pause is over.
 */
export function pauseLeftMs(tracked: TrackedSeries, clock: Pick<Clock, 'wallMs'>): number {
  const leftMs = tracked.notBeforeWallMs - clock.wallMs();
  const longestMs = tracked.isRefused ? REFUSED_RETRY_MS : RETRY_MAX_MS;
  return leftMs > longestMs ? 0 : Math.max(0, leftMs);
}
