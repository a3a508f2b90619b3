import type { Expression } from '../definition/expression.js';
import {
  absolute,
  balanceOf,
  change,
  distance,
  gainOf,
  lag,
  lossOf,
  minus,
  named,
  over,
  plus,
  positionIn,
  scaled,
  shifted,
  smallerOf,
} from './arithmetic.js';
import { ema, sma, wilder } from './averages.js';
import type { Bars } from './inputs.js';
import { trueRange, typicalPrice } from './ranges.js';
import { highest, lowest, mean, meanDeviation, sum } from './windows.js';

/** Relative strength index (Wilder, 1978), 0 … 1; one half where nothing moved. */
export function rsi(x: Expression, length: number): Expression {
  return named(`RSI(${x.formula}, ${length})`, shifted(scaled(0.5, cmo(x, length)), 0.5));
}

/** Chande's momentum oscillator on Wilder's averages as TA-Lib has it, −1 … 1; it is 2·RSI − 1. */
export function cmo(x: Expression, length: number): Expression {
  const up = wilder(gainOf(change(x)), length);
  const down = wilder(lossOf(change(x)), length);
  return named(`CMO(${x.formula}, ${length})`, balanceOf(up, down));
}

/** Chande's own momentum oscillator, −1 … 1: net change over the path walked. */
export function chandeMomentum(x: Expression, length: number): Expression {
  const net = sum(change(x), length);
  const path = sum(absolute(change(x)), length);
  return named(`Chande momentum(${x.formula}, ${length})`, over(net, path));
}

/** Lane's fast stochastic %K: the close's place between lowest low and highest high, 0 … 1. */
export function stochasticFastK(bars: Bars, length: number): Expression {
  const inner = positionIn(bars.close, lowest(bars.low, length), highest(bars.high, length));
  return named(`${bars.prefix}%K(${length})`, inner);
}

/** Slow %K: the fast one smoothed over three bars. */
export function stochasticSlowK(bars: Bars, length: number): Expression {
  return named(`${bars.prefix}slow %K(${length})`, sma(stochasticFastK(bars, length), 3));
}

/** Slow %D: the slow %K smoothed over three bars. */
export function stochasticSlowD(bars: Bars, length: number): Expression {
  return named(`${bars.prefix}slow %D(${length})`, sma(stochasticSlowK(bars, length), 3));
}

/** Stochastic RSI: where the RSI lies among its own last values, 0 … 1. */
export function stochasticRsi(x: Expression, length: number): Expression {
  const line = rsi(x, length);
  const inner = positionIn(line, lowest(line, length), highest(line, length));
  return named(`StochRSI(${x.formula}, ${length})`, inner);
}

/** Commodity channel index (Lambert, 1980); 0 where nothing moved. */
export function cci(bars: Bars, length: number): Expression {
  const price = typicalPrice(bars);
  const unit = scaled(0.015, meanDeviation(price, length));
  return named(`${bars.prefix}CCI(${length})`, distance(price, sma(price, length), unit));
}

/** Rate of change as a fraction: x / x[t−n] − 1. */
export function roc(x: Expression, length: number): Expression {
  return named(`ROC(${x.formula}, ${length})`, shifted(over(x, lag(x, length)), -1));
}

/** True strength index (Blau, 1991): doubly smoothed change over doubly smoothed absolute change, −1 … 1. */
export function tsi(x: Expression, slow: number, fast: number): Expression {
  const move = change(x);
  const up = ema(ema(move, slow), fast);
  const all = ema(ema(absolute(move), slow), fast);
  return named(`TSI(${x.formula}, ${slow}, ${fast})`, over(up, all));
}

/** Ultimate oscillator (Williams, 1976): buying pressure over three lengths weighted 4, 2, 1; 0 … 1. */
export function ultimateOscillator(
  bars: Bars,
  [short, middle, long]: readonly [number, number, number],
): Expression {
  const previous = lag(bars.close, 1);
  const pressure = minus(bars.close, smallerOf(bars.low, previous));
  const range = trueRange(bars);
  const part = (length: number): Expression => over(sum(pressure, length), sum(range, length), 0.5);
  const total = plus(
    plus(scaled(4 / 7, part(short)), scaled(2 / 7, part(middle))),
    scaled(1 / 7, part(long)),
  );
  return named(`${bars.prefix}UltimateOscillator(${short}, ${middle}, ${long})`, total);
}

/** MACD line of a price: fast minus slow EMA, in the price's unit. */
export function macd(x: Expression, fast: number, slow: number): Expression {
  return named(`MACD(${x.formula}, ${fast}, ${slow})`, minus(ema(x, fast), ema(x, slow)));
}

export function macdSignal(x: Expression, lengths: readonly [number, number, number]): Expression {
  const [fast, slow, signal] = lengths;
  return named(
    `MACD signal(${x.formula}, ${fast}, ${slow}, ${signal})`,
    ema(macd(x, fast, slow), signal),
  );
}

export function macdHistogram(
  x: Expression,
  lengths: readonly [number, number, number],
): Expression {
  const [fast, slow, signal] = lengths;
  return named(
    `MACD histogram(${x.formula}, ${fast}, ${slow}, ${signal})`,
    minus(macd(x, fast, slow), macdSignal(x, lengths)),
  );
}

/** TRIX (Hutson, 1983): one-bar rate of change of the triple EMA. */
export function trix(x: Expression, length: number): Expression {
  const triple = ema(ema(ema(x, length), length), length);
  return named(`TRIX(${x.formula}, ${length})`, shifted(over(triple, lag(triple, 1)), -1));
}

/** Relative vigor index: smoothed bodies over smoothed ranges, −1 … 1 (Ehlers, 2002). */
export function vigorIndex(bars: Bars, length: number): Expression {
  const body = mean(minus(bars.close, bars.open), length);
  const range = mean(minus(bars.high, bars.low), length);
  return named(`${bars.prefix}RVI(${length})`, over(body, range));
}

/** Awesome oscillator of the median price: SMA(5) − SMA(34), in the price's unit (Williams). */
export function awesome(median: Expression): Expression {
  return named(`AO(${median.formula})`, minus(sma(median, 5), sma(median, 34)));
}
