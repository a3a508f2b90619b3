import { derive, type Expression } from '../definition/expression.js';
import * as range from '../kernels/candle-range.js';
import { minus, named, over, plus, positionIn, scaled, squareRoot } from './arithmetic.js';
import { ema, sma, wilder } from './averages.js';
import type { Bars } from './inputs.js';
import { highest, deviation, lowest, mean } from './windows.js';

export function trueRange(bars: Bars): Expression {
  return derive({
    formula: `${bars.prefix}TR`,
    inputs: [bars.high, bars.low, bars.close],
    lookbackBars: 1,
    kernel: range.trueRange,
  });
}

/** Average true range, Wilder's smoothing. */
export function atr(bars: Bars, length: number): Expression {
  return named(`${bars.prefix}ATR(${length})`, wilder(trueRange(bars), length));
}

/** (high + low + close) / 3. */
export function typicalPrice(bars: Bars): Expression {
  const total = plus(plus(bars.high, bars.low), bars.close);
  return named(`${bars.prefix}typical price`, scaled(1 / 3, total));
}

export function medianPrice(bars: Bars): Expression {
  return named(`${bars.prefix}median price`, scaled(0.5, plus(bars.high, bars.low)));
}

/** A channel around a middle line. */
export interface Channel {
  readonly upper: Expression;
  readonly middle: Expression;
  readonly lower: Expression;
}

/** Bollinger's bands: two population standard deviations around the SMA. */
export function bollinger(close: Expression, length: number): Channel {
  return around(sma(close, length), scaled(2, deviation(close, length)));
}

/** Keltner's channel: two ATR around the EMA of the close. */
export function keltner(bars: Bars, length: number): Channel {
  return around(ema(bars.close, length), scaled(2, atr(bars, length)));
}

/** Donchian's channel: highest high and lowest low. */
export function donchian(bars: Bars, length: number): Channel {
  const upper = highest(bars.high, length);
  const lower = lowest(bars.low, length);
  return { upper, lower, middle: scaled(0.5, plus(upper, lower)) };
}

/** Where a line lies in a channel: 0 at the lower bound, 1 at the upper one. */
export function positionInChannel(x: Expression, channel: Channel): Expression {
  return positionIn(x, channel.lower, channel.upper);
}

/** Width of a channel relative to its middle. */
export function channelWidth(channel: Channel): Expression {
  return over(minus(channel.upper, channel.lower), channel.middle);
}

/** Parkinson's volatility per bar over a window. */
export function parkinson(bars: Bars, length: number): Expression {
  const single = derive({
    formula: `${bars.prefix}Parkinson`,
    inputs: [bars.high, bars.low],
    lookbackBars: 0,
    kernel: range.parkinson,
  });
  return named(`${bars.prefix}Parkinson(${length})`, squareRoot(mean(single, length)));
}

/** Garman and Klass's volatility per bar over a window. */
export function garmanKlass(bars: Bars, length: number): Expression {
  const single = derive({
    formula: `${bars.prefix}Garman-Klass`,
    inputs: [bars.open, bars.high, bars.low, bars.close],
    lookbackBars: 0,
    kernel: range.garmanKlass,
  });
  return named(`${bars.prefix}Garman-Klass(${length})`, squareRoot(mean(single, length)));
}

/** Rogers and Satchell's volatility per bar over a window. */
export function rogersSatchell(bars: Bars, length: number): Expression {
  const single = derive({
    formula: `${bars.prefix}Rogers-Satchell`,
    inputs: [bars.open, bars.high, bars.low, bars.close],
    lookbackBars: 0,
    kernel: range.rogersSatchell,
  });
  return named(`${bars.prefix}Rogers-Satchell(${length})`, squareRoot(mean(single, length)));
}

function around(middle: Expression, reach: Expression): Channel {
  return { upper: plus(middle, reach), middle, lower: minus(middle, reach) };
}
