import { leaf, type Expression, derive } from '../definition/expression.js';
import { SPAN_BARS } from '../definition/block-layout.js';
import { newestClosed } from '../kernels/calendar.js';

/** The five columns of one grid of bars; prices are relative to the span's first close. */
export interface Bars {
  /** Put before the names of indicators, so that those of different grids stay apart. */
  readonly prefix: string;
  readonly open: Expression;
  readonly high: Expression;
  readonly low: Expression;
  readonly close: Expression;
  /** Missing until the first trade, so that a series without any volume has no volume features. */
  readonly volume: Expression;
}

export const BASE: Bars = {
  prefix: '',
  open: leaf('base.open', 'open', 'base'),
  high: leaf('base.high', 'high', 'base'),
  low: leaf('base.low', 'low', 'base'),
  close: leaf('base.close', 'close', 'base'),
  volume: leaf('base.volume', 'volume', 'base'),
};

function higherBars(grid: 'near' | 'far'): Bars {
  return {
    prefix: `${grid} `,
    open: leaf(`${grid}.open`, `${grid}.open`, grid),
    high: leaf(`${grid}.high`, `${grid}.high`, grid),
    low: leaf(`${grid}.low`, `${grid}.low`, grid),
    close: leaf(`${grid}.close`, `${grid}.close`, grid),
    volume: leaf(`${grid}.volume`, `${grid}.volume`, grid),
  };
}

/** Bars of the nearer higher timeframe. */
export const NEAR: Bars = higherBars('near');

/** Bars of the farther higher timeframe. */
export const FAR: Bars = higherBars('far');

/** How many bars of a higher timeframe are closed when a base bar closes. */
export const CLOSED_BARS = {
  near: leaf('near.closed', 'near.closed', 'base'),
  far: leaf('far.closed', 'far.closed', 'base'),
} as const;

/** The reference symbol's close at the same bars. */
export const REFERENCE_CLOSE = leaf('reference.close', 'reference', 'base');

/** The same, but missing where the series is its own reference and a comparison would say nothing. */
export const OTHER_CLOSE = leaf('other.close', 'other reference', 'base');

/** Open time in epoch milliseconds. */
export const OPEN_TIME = leaf('openTime', 'open time', 'base');

/** What an expression over a higher timeframe said when its newest bar closed, at each base bar. */
export function atBase(x: Expression): Expression {
  if (x.grid === 'base') return x;
  return derive({
    formula: `last closed ${x.formula}`,
    inputs: [x, CLOSED_BARS[x.grid]],
    lookbackBars: 0,
    kernel: newestClosed,
    grid: 'base',
    reachBars: SPAN_BARS,
  });
}
