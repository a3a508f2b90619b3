import { derive, type Expression } from '../definition/expression.js';
import { streak as streakKernel } from '../kernels/window-shape.js';
import { largerOf, minus, named, over, smallerOf } from './arithmetic.js';
import type { Bars } from './inputs.js';

export function range(bars: Bars): Expression {
  return named(`${bars.prefix}range`, minus(bars.high, bars.low));
}

export function body(bars: Bars): Expression {
  return named(`${bars.prefix}body`, minus(bars.close, bars.open));
}

export function upperWick(bars: Bars): Expression {
  return named(`${bars.prefix}upper wick`, minus(bars.high, largerOf(bars.open, bars.close)));
}

export function lowerWick(bars: Bars): Expression {
  return named(`${bars.prefix}lower wick`, minus(smallerOf(bars.open, bars.close), bars.low));
}

/** Signed body as a share of the range, −1 … 1. */
export function bodyShare(bars: Bars): Expression {
  return over(body(bars), range(bars));
}

/** Bars in a row of the same sign, counted up to a limit. */
export function streak(x: Expression, longestBars: number): Expression {
  return derive({
    formula: `streak(${x.formula}, ${longestBars})`,
    inputs: [x],
    lookbackBars: longestBars - 1,
    kernel: streakKernel(longestBars),
  });
}
