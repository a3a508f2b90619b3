import { SPAN_BARS } from '../definition/block-layout.js';
import { derive, type Expression } from '../definition/expression.js';
import * as smoothing from '../kernels/smoothing.js';
import { absolute, change, minus, over, plus, scaled } from './arithmetic.js';
import { mean, rampMean, sum } from './windows.js';

export function sma(x: Expression, bars: number): Expression {
  return mean(x, bars);
}

/** Exponential moving average, seeded with the mean of its first bars at the start of the span. */
export function ema(x: Expression, bars: number): Expression {
  return derive({
    formula: `EMA(${x.formula}, ${bars})`,
    inputs: [x],
    lookbackBars: Infinity,
    kernel: smoothing.exponential(bars),
    reachBars: SPAN_BARS,
  });
}

/** Wilder's moving average: an EMA of weight 1 / n. */
export function wilder(x: Expression, bars: number): Expression {
  return derive({
    formula: `Wilder(${x.formula}, ${bars})`,
    inputs: [x],
    lookbackBars: Infinity,
    kernel: smoothing.wilder(bars),
    reachBars: SPAN_BARS,
  });
}

/** Linearly weighted moving average, the newest bar weighing most. */
export function wma(x: Expression, bars: number): Expression {
  return rampMean(x, bars);
}

/** Hull's moving average: WMA of twice the fast minus the slow WMA. */
export function hma(x: Expression, bars: number): Expression {
  const fast = wma(x, Math.floor(bars / 2));
  const raw = minus(scaled(2, fast), wma(x, bars));
  const inner = wma(raw, Math.floor(Math.sqrt(bars)));
  return { ...inner, formula: `HMA(${x.formula}, ${bars})` };
}

/** Triple EMA: 3·(EMA − EMA²) + EMA³ (Mulloy, 1994). */
export function tema(x: Expression, bars: number): Expression {
  const first = ema(x, bars);
  const second = ema(first, bars);
  const inner = plus(scaled(3, minus(first, second)), ema(second, bars));
  return { ...inner, formula: `TEMA(${x.formula}, ${bars})` };
}

/** Kaufman's efficiency ratio: net change over the path walked; 0 where nothing moved. */
export function efficiencyRatio(x: Expression, bars: number): Expression {
  const inner = over(absolute(change(x, bars)), sum(absolute(change(x)), bars));
  return { ...inner, formula: `efficiency(${x.formula}, ${bars})` };
}

/** Kaufman's adaptive moving average between EMA(2) and EMA(30). */
export function kama(x: Expression, bars: number): Expression {
  return derive({
    formula: `KAMA(${x.formula}, ${bars})`,
    inputs: [x, efficiencyRatio(x, bars)],
    lookbackBars: Infinity,
    kernel: smoothing.adaptive,
    reachBars: SPAN_BARS,
  });
}
