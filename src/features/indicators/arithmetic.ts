import { derive, type Expression } from '../definition/expression.js';
import * as elementwise from '../kernels/elementwise.js';
import type { Kernel, One, Two } from '../kernels/kernel.js';

/** Gives what is computed the name that the field knows it by. */
export function named(formula: string, expression: Expression): Expression {
  return { ...expression, formula };
}

export function plus(x: Expression, y: Expression): Expression {
  return binary(`(${x.formula} + ${y.formula})`, [x, y], elementwise.add);
}

export function minus(x: Expression, y: Expression): Expression {
  return binary(`(${x.formula} − ${y.formula})`, [x, y], elementwise.subtract);
}

export function times(x: Expression, y: Expression): Expression {
  return binary(`(${x.formula} · ${y.formula})`, [x, y], elementwise.multiply);
}

/** x / y; `neutral` where both are 0. */
export function over(x: Expression, y: Expression, neutral = 0): Expression {
  const suffix = neutral === 0 ? '' : ` or ${neutral}`;
  return binary(`(${x.formula} / ${y.formula}${suffix})`, [x, y], elementwise.divide(neutral));
}

/** (x − y) / unit. */
export function distance(x: Expression, y: Expression, unit: Expression): Expression {
  return derive({
    formula: `((${x.formula} − ${y.formula}) / ${unit.formula})`,
    inputs: [x, y, unit],
    lookbackBars: 0,
    kernel: elementwise.distance,
  });
}

/** Where x lies between two lines: 0 at the low, 1 at the high. */
export function positionIn(x: Expression, low: Expression, high: Expression): Expression {
  return derive({
    formula: `position of ${x.formula} in [${low.formula}, ${high.formula}]`,
    inputs: [x, low, high],
    lookbackBars: 0,
    kernel: elementwise.position,
  });
}

/** (x − y) / (x + y) of two amounts. */
export function balanceOf(x: Expression, y: Expression): Expression {
  const formula = `balance(${x.formula}, ${y.formula})`;
  return binary(formula, [x, y], elementwise.balance);
}

export function logRatio(x: Expression, y: Expression): Expression {
  return binary(`ln(${x.formula} / ${y.formula})`, [x, y], elementwise.logRatio);
}

export function log(x: Expression): Expression {
  return unary(`ln(${x.formula})`, x, elementwise.logarithm);
}

/** ln(1 + x). */
export function logOnePlus(x: Expression): Expression {
  return unary(`ln(1 + ${x.formula})`, x, elementwise.logOnePlus);
}

export function absolute(x: Expression): Expression {
  return unary(`|${x.formula}|`, x, elementwise.absolute);
}

export function squareRoot(x: Expression): Expression {
  return unary(`√(${x.formula})`, x, elementwise.squareRoot);
}

export function signOf(x: Expression): Expression {
  return unary(`sign(${x.formula})`, x, elementwise.sign);
}

export function gainOf(x: Expression): Expression {
  return unary(`max(${x.formula}, 0)`, x, elementwise.positivePart);
}

export function lossOf(x: Expression): Expression {
  return unary(`max(−(${x.formula}), 0)`, x, elementwise.negativePart);
}

export function largerOf(x: Expression, y: Expression): Expression {
  return binary(`max(${x.formula}, ${y.formula})`, [x, y], elementwise.larger);
}

export function smallerOf(x: Expression, y: Expression): Expression {
  return binary(`min(${x.formula}, ${y.formula})`, [x, y], elementwise.smaller);
}

/** 1 where x > y, else 0. */
export function isAbove(x: Expression, y: Expression): Expression {
  return binary(`[${x.formula} > ${y.formula}]`, [x, y], elementwise.above);
}

export function scaled(factor: number, x: Expression): Expression {
  return unary(`(${toShortText(factor)} · ${x.formula})`, x, elementwise.linear(factor, 0));
}

export function shifted(x: Expression, offset: number): Expression {
  const sign = offset < 0 ? '−' : '+';
  return unary(`(${x.formula} ${sign} ${Math.abs(offset)})`, x, elementwise.linear(1, offset));
}

export function clamped(x: Expression, lowest: number, highest: number): Expression {
  const formula = `clamp(${x.formula}, ${lowest}, ${highest})`;
  return unary(formula, x, elementwise.clamp(lowest, highest));
}

/** The value `bars` ago. */
export function lag(x: Expression, bars: number): Expression {
  return derive({
    formula: `${x.formula}[t−${bars}]`,
    inputs: [x],
    lookbackBars: bars,
    kernel: elementwise.lag(bars),
  });
}

/** x minus its value `bars` ago. */
export function change(x: Expression, bars = 1): Expression {
  return minus(x, lag(x, bars));
}

function toShortText(factor: number): string {
  const text = String(Number(Math.abs(factor).toPrecision(6)));
  return factor < 0 ? `−${text}` : text;
}

function unary(formula: string, x: Expression, kernel: Kernel<One>): Expression {
  return derive({ formula, inputs: [x], lookbackBars: 0, kernel });
}

function binary(
  formula: string,
  inputs: readonly [Expression, Expression],
  kernel: Kernel<Two>,
): Expression {
  return derive({ formula, inputs, lookbackBars: 0, kernel });
}
