import type { CandleColumns } from '../../src/domain/candle-columns.js';
import { getFeatureNumber } from '../../src/features/catalogue.js';
import { END, FULL, REFERENCE, rowsOf, SERIES } from './feature-rows.js';

const MATRIX = rowsOf(SERIES, FULL, END);

/** One bar of the golden series, for formulas computed from its raw candles by other code. */
export interface NaiveRow {
  readonly index: number;
  /** The last `bars` values of a column, oldest first, that end `lag` bars ago. */
  last(name: PriceName, bars: number, lag?: number): number[];
  /** One value, `lag` bars ago. */
  at(name: PriceName, lag?: number): number;
  /** The last log returns of one bar, oldest first. */
  returns(bars: number, lag?: number): number[];
  /** The same of the reference symbol. */
  referenceReturns(bars: number, lag?: number): number[];
  /** Value of a feature of the catalogue at the bar. */
  feature(name: string): number;
}

type PriceName = 'open' | 'high' | 'low' | 'close' | 'volume';

/** A few dozen bars at many places within their blocks. */
export const NAIVE_ROWS: readonly NaiveRow[] = Array.from({ length: 30 }, (_, k) =>
  rowAt(FULL + 22 * k),
);

function rowAt(index: number): NaiveRow {
  const last = (name: PriceName, bars: number, lag = 0): number[] => {
    const end = index - SERIES.firstIndex + 1 - lag;
    return [...SERIES[name].subarray(end - bars, end)];
  };
  return {
    index,
    last,
    at: (name, lag = 0) => last(name, 1, lag)[0] ?? NaN,
    returns: (bars, lag = 0) => logReturns(SERIES, { end: index - lag, bars }),
    referenceReturns: (bars, lag = 0) => logReturns(REFERENCE, { end: index - lag, bars }),
    feature: (name) =>
      MATRIX.values[getFeatureNumber(name) * MATRIX.rows + index - MATRIX.firstIndex] ?? NaN,
  };
}

interface Stretch {
  /** Number of its last bar. */
  readonly end: number;
  readonly bars: number;
}

function logReturns(columns: CandleColumns, { end, bars }: Stretch): number[] {
  const last = end - columns.firstIndex;
  const closes = [...columns.close.subarray(last - bars, last + 1)];
  return closes.slice(1).map((close, i) => Math.log(close / (closes[i] ?? NaN)));
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function mean(values: readonly number[]): number {
  return total(values) / values.length;
}

/** Mean of the power of the distances from the mean. */
export function centralMoment(values: readonly number[], power: number): number {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** power));
}

/** Population standard deviation. */
export function deviation(values: readonly number[]): number {
  return Math.sqrt(centralMoment(values, 2));
}

export function covariance(x: readonly number[], y: readonly number[]): number {
  const [middleX, middleY] = [mean(x), mean(y)];
  return mean(x.map((value, i) => (value - middleX) * ((y[i] ?? NaN) - middleY)));
}

export function correlation(x: readonly number[], y: readonly number[]): number {
  return covariance(x, y) / (deviation(x) * deviation(y));
}

/** (a − b) / (a + b). */
export function balance(a: number, b: number): number {
  return a + b === 0 ? 0 : (a - b) / (a + b);
}

export function times(x: readonly number[], y: readonly number[]): number[] {
  return x.map((value, i) => value * (y[i] ?? NaN));
}
