import { derive, type Expression } from '../definition/expression.js';
import { score } from '../kernels/elementwise.js';
import * as extremes from '../kernels/extremes.js';
import { SUM_BLOCK_BARS } from '../kernels/kernel.js';
import * as sums from '../kernels/window-sums.js';
import * as shape from '../kernels/window-shape.js';
import { minus, scaled, squareRoot, times } from './arithmetic.js';

/** Windows up to this length are added up in full; longer ones are put together from running sums. */
const LONGEST_DIRECT_WINDOW = 8;

export function sum(x: Expression, bars: number): Expression {
  const formula = `sum(${x.formula}, ${bars})`;
  if (bars <= LONGEST_DIRECT_WINDOW) {
    return derive({
      formula,
      inputs: [x],
      lookbackBars: bars - 1,
      kernel: sums.directSum(bars),
    });
  }
  return derive({
    formula,
    inputs: [runningSum(x), run(x)],
    lookbackBars: bars,
    kernel: sums.windowSum(bars),
    reachBars: x.reachBars + bars - 1,
  });
}

export function mean(x: Expression, bars: number): Expression {
  return { ...scaled(1 / bars, sum(x, bars)), formula: `mean(${x.formula}, ${bars})` };
}

/** Population variance. */
export function variance(x: Expression, bars: number): Expression {
  const formula = `variance(${x.formula}, ${bars})`;
  if (bars <= LONGEST_DIRECT_WINDOW) {
    const kernel = sums.directVariance(bars);
    return derive({ formula, inputs: [x], lookbackBars: bars - 1, kernel });
  }
  return derive({
    formula,
    inputs: [sum(x, bars), sumOfProducts(x, x, bars)],
    lookbackBars: 0,
    kernel: sums.varianceOfSums(bars),
  });
}

/** Population standard deviation. */
export function deviation(x: Expression, bars: number): Expression {
  return { ...squareRoot(variance(x, bars)), formula: `std(${x.formula}, ${bars})` };
}

/** (x − mean) / std over a window; 0 where nothing varies. */
export function standardised(x: Expression, bars: number): Expression {
  return derive({
    formula: `zscore(${x.formula}, ${bars})`,
    inputs: [x, mean(x, bars), deviation(x, bars)],
    lookbackBars: 0,
    kernel: score,
  });
}

export function covariance(x: Expression, y: Expression, bars: number): Expression {
  const product = scaled(1 / bars, sumOfProducts(x, y, bars));
  const inner = minus(product, times(mean(x, bars), mean(y, bars)));
  return { ...inner, formula: `covariance(${x.formula}, ${y.formula}, ${bars})` };
}

export function correlation(x: Expression, y: Expression, bars: number): Expression {
  return derive({
    formula: `correlation(${x.formula}, ${y.formula}, ${bars})`,
    inputs: [covariance(x, y, bars), variance(x, bars), variance(y, bars)],
    lookbackBars: 0,
    kernel: shape.correlation,
  });
}

/** Population skewness. */
export function skewness(x: Expression, bars: number): Expression {
  return derive({
    formula: `skewness(${x.formula}, ${bars})`,
    inputs: [mean(x, bars), meanPower(x, 2, bars), meanPower(x, 3, bars)],
    lookbackBars: 0,
    kernel: shape.skewness,
  });
}

/** Population excess kurtosis. */
export function kurtosis(x: Expression, bars: number): Expression {
  return derive({
    formula: `kurtosis(${x.formula}, ${bars})`,
    inputs: [mean(x, bars), meanPower(x, 2, bars), meanPower(x, 3, bars), meanPower(x, 4, bars)],
    lookbackBars: 0,
    kernel: shape.kurtosis,
  });
}

/** Linearly weighted moving average. */
export function rampMean(x: Expression, bars: number): Expression {
  return derive({
    formula: `WMA(${x.formula}, ${bars})`,
    inputs: [x],
    lookbackBars: bars - 1,
    kernel: shape.rampMean(bars),
  });
}

/** Least-squares slope per bar. */
export function slope(x: Expression, bars: number): Expression {
  return derive({
    formula: `slope(${x.formula}, ${bars})`,
    inputs: [x],
    lookbackBars: bars - 1,
    kernel: shape.slope(bars),
  });
}

/** R² of the least-squares line. */
export function rSquared(x: Expression, bars: number): Expression {
  return derive({
    formula: `R²(${x.formula}, ${bars})`,
    inputs: [slope(x, bars), variance(x, bars)],
    lookbackBars: 0,
    kernel: shape.explainedShare(bars),
  });
}

export function barsSinceHighest(x: Expression, bars: number): Expression {
  return derive({
    formula: `bars since highest(${x.formula}, ${bars})`,
    inputs: [x],
    lookbackBars: bars - 1,
    kernel: extremes.barsSinceHighest(bars),
  });
}

export function barsSinceLowest(x: Expression, bars: number): Expression {
  return derive({
    formula: `bars since lowest(${x.formula}, ${bars})`,
    inputs: [x],
    lookbackBars: bars - 1,
    kernel: extremes.barsSinceLowest(bars),
  });
}

export function highest(x: Expression, bars: number): Expression {
  return extreme('highest', x, { bars, since: barsSinceHighest(x, bars) });
}

export function lowest(x: Expression, bars: number): Expression {
  return extreme('lowest', x, { bars, since: barsSinceLowest(x, bars) });
}

export function meanDeviation(x: Expression, bars: number): Expression {
  return derive({
    formula: `mean deviation(${x.formula}, ${bars})`,
    inputs: [x, mean(x, bars)],
    lookbackBars: bars - 1,
    kernel: shape.meanDeviation(bars),
    reachBars: x.reachBars + bars - 1,
  });
}

/** Share of the window's other values below the newest one. */
export function percentileRank(x: Expression, bars: number): Expression {
  return derive({
    formula: `rank(${x.formula}, ${bars})`,
    inputs: [x, run(x)],
    lookbackBars: bars - 1,
    kernel: shape.percentileRank(bars),
  });
}

function extreme(
  name: string,
  x: Expression,
  { bars, since }: { readonly bars: number; readonly since: Expression },
): Expression {
  return derive({
    formula: `${name}(${x.formula}, ${bars})`,
    inputs: [x, since],
    lookbackBars: bars - 1,
    kernel: extremes.valueAtOffset,
    reachBars: since.reachBars,
  });
}

function meanPower(x: Expression, power: 2 | 3 | 4, bars: number): Expression {
  const square = times(x, x);
  const factor = power === 2 ? x : square;
  const other = power === 4 ? square : x;
  return scaled(1 / bars, sumOfProducts(factor, other, bars));
}

function sumOfProducts(x: Expression, y: Expression, bars: number): Expression {
  return derive({
    formula: `sum(${x.formula} × ${y.formula}, ${bars})`,
    inputs: [runningProduct(x, y), x === y ? run(x) : pairRun(x, y)],
    lookbackBars: bars,
    kernel: sums.windowSum(bars),
    reachBars: Math.max(x.reachBars, y.reachBars) + bars - 1,
  });
}

function runningSum(x: Expression): Expression {
  return derive({
    formula: `running sum(${x.formula})`,
    inputs: [x],
    lookbackBars: SUM_BLOCK_BARS - 1,
    kernel: sums.runningSum,
    startsAtBlock: true,
  });
}

function runningProduct(x: Expression, y: Expression): Expression {
  return derive({
    formula: `running sum(${x.formula} × ${y.formula})`,
    inputs: [x, y],
    lookbackBars: SUM_BLOCK_BARS - 1,
    kernel: sums.runningProduct,
    startsAtBlock: true,
  });
}

function run(x: Expression): Expression {
  return derive({
    formula: `valid run(${x.formula})`,
    inputs: [x],
    lookbackBars: 0,
    kernel: sums.validRun,
  });
}

function pairRun(x: Expression, y: Expression): Expression {
  return derive({
    formula: `valid run(${x.formula}, ${y.formula})`,
    inputs: [x, y],
    lookbackBars: 0,
    kernel: sums.validPairRun,
  });
}
