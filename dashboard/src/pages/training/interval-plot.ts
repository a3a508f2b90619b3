import { signed } from '../../lib/format';
import { DIGITS, type Comparison } from './experiment-words';

export interface IntervalRow {
  readonly comparison: Comparison;
  /** Ends of the 95 % interval and the estimate, in pixels; undefined where nothing is known. */
  readonly interval:
    { readonly from: number; readonly to: number; readonly at: number } | undefined;
  /** Estimates of the single series. */
  readonly series: readonly { readonly key: string; readonly x: number; readonly text: string }[];
}

export interface IntervalPlot {
  /** In the order of the comparisons. */
  readonly rows: readonly IntervalRow[];
  readonly zero: number;
  readonly ticks: readonly {
    readonly x: number;
    readonly text: string;
    readonly anchor: 'start' | 'middle' | 'end';
  }[];
}

/** Beside the outermost mark, so that it is seen whole. */
const MARGIN = 8;
/** Less than this is not told from nothing. */
const LEAST_REACH = 1e-4;

/** Intervals of comparisons on one axis that has 0 in its middle, in pixels of a place of that width. */
export function plotOf(comparisons: readonly Comparison[], width: number): IntervalPlot {
  const values = comparisons.flatMap(({ lower, upper, by_series: series }) => [
    lower,
    upper,
    ...series.map(({ estimate }) => estimate),
  ]);
  const reach = Math.max(LEAST_REACH, ...values.map((value) => Math.abs(value ?? 0)));
  const half = Math.max(1, width / 2 - MARGIN);
  const x = (value: number): number => width / 2 + (value / reach) * half;
  return {
    rows: comparisons.map((one) => rowOf(one, x)),
    zero: x(0),
    ticks: [
      { x: x(-reach), text: signed(-reach, DIGITS), anchor: 'start' },
      { x: x(0), text: '0', anchor: 'middle' },
      { x: x(reach), text: signed(reach, DIGITS), anchor: 'end' },
    ],
  };
}

function rowOf(comparison: Comparison, x: (value: number) => number): IntervalRow {
  const { estimate, lower, upper, by_series: series } = comparison;
  const isKnown = estimate !== null && lower !== null && upper !== null;
  return {
    comparison,
    interval: isKnown ? { from: x(lower), to: x(upper), at: x(estimate) } : undefined,
    series: series.flatMap(({ series: name, estimate: value }) =>
      value === null ? [] : [{ key: name, x: x(value), text: `${name}: ${signed(value, DIGITS)}` }],
    ),
  };
}
