import { barIndex, lastClosedOpenTime, type Timeframe } from '../domain/timeframe.js';
import type { UnquotedSymbol } from './quotes.js';
import {
  nameOf,
  type LongGap,
  type SeriesRepair,
  type SeriesState,
  type TrackedSeries,
} from './tracked-series.js';

export type CollectionPhase = 'idle' | 'connecting' | 'backfilling' | 'following' | 'stopped';

export interface SeriesStatus {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly state: SeriesState;
  readonly barsWanted: number;
  readonly barsDone: number;
  readonly newestOpenTime: number | undefined;
  readonly barsBehind: number;
  readonly hasFutureCandles: boolean;
  readonly hasVolume: boolean;
  /** Why the newest answers had not one usable row. */
  readonly refusal: string | undefined;
  readonly longGaps: readonly LongGap[];
  /** How many bars the venue keeps, where that is known to be the reason of a long gap. */
  readonly keepsOnlyBars: number | undefined;
  readonly firstBarAt: number | undefined;
  readonly lastError: string | undefined;
  /** A person asked for a repair, which has not ended yet. */
  readonly isRepairWanted: boolean;
  readonly lastRepair: SeriesRepair | undefined;
  /** Whether the venue refuses it as it stands. */
  readonly isRefused: boolean;
}

export interface StaleAlarm {
  /** Series in which closed bars have been missing for longer than allowed, and by how many bars. */
  readonly stale: readonly { readonly name: string; readonly barsBehind: number }[];
  /** Whether that holds for every series that is followed: the venue or the way to it is gone. */
  readonly isEverythingStale: boolean;
}

/** What health checks, status and logs read of collection. */
export interface CollectionStatus {
  readonly phase: CollectionPhase;
  /** The file that holds collection at the moment. */
  readonly pausedBy: string | undefined;
  readonly progress: {
    readonly percentage: number;
    readonly barsDone: number;
    readonly barsWanted: number;
    readonly seriesReady: number;
    readonly seriesTotal: number;
  };
  readonly series: readonly SeriesStatus[];
  /** Configured symbols and timeframes that the venue does not have, each with the reason. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  readonly staleAlarm: StaleAlarm;
  /** Why prices are not being refreshed, where they are not. */
  readonly quotesError: string | undefined;
  /** Symbols without a usable quote in the newest answer. */
  readonly unquoted: readonly UnquotedSymbol[];
}

export interface StatusOptions {
  readonly phase: CollectionPhase;
  readonly pausedBy: string | undefined;
  readonly marketMs: number;
  readonly staleAfterBars: number;
  readonly refused: CollectionStatus['refused'];
  readonly quotesError: string | undefined;
  readonly unquoted: readonly UnquotedSymbol[];
}

export function toCollectionStatus(
  tracked: readonly TrackedSeries[],
  options: StatusOptions,
): CollectionStatus {
  const { phase, pausedBy, marketMs, staleAfterBars, refused, quotesError, unquoted } = options;
  const sum = (of: (one: TrackedSeries) => number): number =>
    tracked.reduce((total, one) => total + of(one), 0);
  const barsWanted = sum((one) => one.barsWanted);
  const barsDone = sum((one) => Math.min(one.barsDone, one.barsWanted));
  const seriesReady = tracked.filter((one) => one.state === 'following').length;
  return {
    phase,
    pausedBy,
    progress: {
      percentage: percentageOf(tracked),
      barsDone,
      barsWanted,
      seriesReady,
      seriesTotal: tracked.length,
    },
    series: tracked.map((one) => toSeriesStatus(one, marketMs)),
    refused,
    staleAlarm: raiseStaleAlarm(tracked, { marketMs, allowedBars: staleAfterBars }),
    quotesError,
    unquoted,
  };
}

/** Nothing more comes by itself: every series has its newest candle, or the venue refuses it. */
export function isUpToDate({ phase, pausedBy, series }: CollectionStatus): boolean {
  if (pausedBy !== undefined || phase === 'idle' || phase === 'connecting') return false;
  return series.every(
    (one) => one.isRefused || (one.state === 'following' && one.barsBehind === 0),
  );
}

/** What the settings name and the venue refuses, each with the reason. */
export function listRefused({ series, refused }: CollectionStatus): string[] {
  return [
    ...refused.map(({ name, reason }) => `${name}: ${reason}`),
    ...series
      .filter(({ isRefused }) => isRefused)
      .map(({ symbol, timeframe, lastError }) => {
        return `${symbol} ${timeframe}: ${lastError ?? 'refused'}`;
      }),
  ];
}

/** Each series counts alike: how many bars those not begun will need is not known yet. */
function percentageOf(tracked: readonly TrackedSeries[]): number {
  if (tracked.length === 0) return 0;
  const shares = tracked.map((one) => {
    if (one.state === 'following') return 1;
    return one.barsWanted === 0 ? 0 : Math.min(1, one.barsDone / one.barsWanted);
  });
  const total = shares.reduce((sum, share) => sum + share, 0);
  return Math.floor((100 * total) / tracked.length);
}

function toSeriesStatus(one: TrackedSeries, marketMs: number): SeriesStatus {
  const { symbol, timeframe, hasVolume, firstBarAt } = one.series;
  return {
    symbol,
    timeframe,
    state: one.state,
    barsWanted: one.barsWanted,
    barsDone: one.barsDone,
    newestOpenTime: one.newestOpenTime,
    barsBehind: barsBehind(one, marketMs),
    hasFutureCandles: one.hasFutureCandles || one.futureStored.size > 0,
    hasVolume,
    refusal: one.refusal,
    longGaps: one.longGaps,
    keepsOnlyBars: one.keepsOnlyBars,
    firstBarAt,
    lastError: one.lastError,
    isRepairWanted: one.isRepairWanted,
    lastRepair: one.lastRepair,
    isRefused: one.isRefused,
  };
}

/** Closed bars that are neither stored nor known not to exist, at that market time. */
export function barsBehind(tracked: TrackedSeries, marketMs: number): number {
  const { timeframe, gridOffsetMs } = tracked.series;
  const closed = barIndex(lastClosedOpenTime(marketMs, timeframe, gridOffsetMs), timeframe);
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
    .filter((one) => barsBehind(one, options.marketMs) > options.allowedBars)
    .map((one) => ({ name: nameOf(one), barsBehind: barsBehind(one, options.marketMs) }));
  return { stale, isEverythingStale: stale.length > 0 && stale.length === followed.length };
}
