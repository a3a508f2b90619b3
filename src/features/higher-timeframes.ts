import { timeframeMs, type Timeframe } from '../domain/timeframe.js';
import type { Column } from './kernels/kernel.js';

/** How many base bars make one bar of the nearer and of the farther timeframe above. */
export interface HigherTimeframes {
  readonly nearBars: number;
  readonly farBars: number;
}

/**
 * About four and about twenty-four bars, on lengths that divide a day or are whole days
 * (1h: 4h and 1d; 1d: one and four weeks).
 */
export const HIGHER_TIMEFRAMES: Readonly<Record<Timeframe, HigherTimeframes>> = {
  '1m': { nearBars: 5, farBars: 30 },
  '3m': { nearBars: 5, farBars: 20 },
  '5m': { nearBars: 3, farBars: 24 },
  '15m': { nearBars: 4, farBars: 24 },
  '30m': { nearBars: 4, farBars: 24 },
  '1h': { nearBars: 4, farBars: 24 },
  '2h': { nearBars: 4, farBars: 24 },
  '4h': { nearBars: 6, farBars: 24 },
  '6h': { nearBars: 4, farBars: 28 },
  '8h': { nearBars: 3, farBars: 21 },
  '12h': { nearBars: 4, farBars: 28 },
  '1d': { nearBars: 7, farBars: 28 },
  '1w': { nearBars: 4, farBars: 24 },
};

const WEEK_MS = 604_800_000;
/** Base bars shorter than a week count from the epoch, a Thursday; whole weeks open on Monday. */
const EPOCH_TO_MONDAY_MS = 345_600_000;

/** Bars of a higher timeframe that are complete within a span, and how many are closed at each base bar. */
export interface Resampled {
  readonly length: number;
  readonly open: Column;
  readonly high: Column;
  readonly low: Column;
  readonly close: Column;
  readonly volume: Column;
  /** By base position: how many higher bars are closed when that bar closes. */
  readonly closed: Column;
}

export interface BasePrices {
  readonly open: Column;
  readonly high: Column;
  readonly low: Column;
  readonly close: Column;
  readonly volume: Column;
}

export interface Resampling {
  readonly timeframe: Timeframe;
  /** Number of the base bar at position 0. */
  readonly firstIndex: number;
  readonly length: number;
  readonly groupBars: number;
}

/**
 * Resamples a span on UTC bounds. A group that began before the span is left out: what it would hold
 * depends on bars that the span does not have.
 */
export function resample(prices: BasePrices, resampling: Resampling): Resampled {
  const { firstIndex, length, groupBars } = resampling;
  const offset = firstIndex - mondayOffsetBars(resampling.timeframe, groupBars);
  const firstFull = (groupBars - (((offset % groupBars) + groupBars) % groupBars)) % groupBars;
  const count = Math.max(Math.floor((length - firstFull) / groupBars), 0);
  const resampled = allocate(count, length);
  for (let group = 0; group < count; group++) {
    aggregate(prices, resampled, { group, start: firstFull + group * groupBars, groupBars });
  }
  for (let i = 0; i < length; i++) {
    resampled.closed[i] = Math.max(Math.floor((i + 1 - firstFull) / groupBars), 0);
  }
  return resampled;
}

/** Base bars between the epoch and the first bound of groups that are whole weeks long. */
function mondayOffsetBars(timeframe: Timeframe, groupBars: number): number {
  const barMs = timeframeMs(timeframe);
  const isWeekly = barMs < WEEK_MS && (barMs * groupBars) % WEEK_MS === 0;
  return isWeekly ? EPOCH_TO_MONDAY_MS / barMs : 0;
}

function allocate(count: number, length: number): Resampled {
  const column = (): Column => new Float64Array(count);
  return {
    length: count,
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    closed: new Float64Array(length),
  };
}

interface Group {
  readonly group: number;
  readonly start: number;
  readonly groupBars: number;
}

function aggregate(prices: BasePrices, out: Resampled, { group, start, groupBars }: Group): void {
  let high = -Infinity;
  let low = Infinity;
  let volume = 0;
  for (let i = start; i < start + groupBars; i++) {
    high = Math.max(high, prices.high[i] ?? NaN);
    low = Math.min(low, prices.low[i] ?? NaN);
    volume += prices.volume[i] ?? NaN;
  }
  out.open[group] = prices.open[start] ?? NaN;
  out.high[group] = high;
  out.low[group] = low;
  out.close[group] = prices.close[start + groupBars - 1] ?? NaN;
  out.volume[group] = volume;
}
