import { SPAN_BARS } from '../definition/block-layout.js';
import { derive, type Expression } from '../definition/expression.js';
import * as range from '../kernels/candle-range.js';
import { trailingBand } from '../kernels/smoothing.js';
import { absolute, balanceOf, lag, log, minus, named, over, plus, scaled } from './arithmetic.js';
import { wilder } from './averages.js';
import type { Bars } from './inputs.js';
import { atr, medianPrice, trueRange } from './ranges.js';
import { barsSinceHighest, barsSinceLowest, highest, lowest, sum } from './windows.js';

/** Wilder's +DI, 0 … 1: share of the true range that went further up. */
export function plusDi(bars: Bars, length: number): Expression {
  const move = wilder(directional(bars, 'up'), length);
  return named(`${bars.prefix}+DI(${length})`, over(move, wilder(trueRange(bars), length)));
}

/** Wilder's −DI, 0 … 1. */
export function minusDi(bars: Bars, length: number): Expression {
  const move = wilder(directional(bars, 'down'), length);
  return named(`${bars.prefix}−DI(${length})`, over(move, wilder(trueRange(bars), length)));
}

/** Direction alone: (+DI − −DI) / (+DI + −DI), −1 … 1. */
export function directionalBalance(bars: Bars, length: number): Expression {
  const up = wilder(directional(bars, 'up'), length);
  const down = wilder(directional(bars, 'down'), length);
  return named(`${bars.prefix}DI balance(${length})`, balanceOf(up, down));
}

/** Average directional index, 0 … 1: strength of a trend in either direction (Wilder, 1978). */
export function adx(bars: Bars, length: number): Expression {
  const strength = absolute(directionalBalance(bars, length));
  return named(`${bars.prefix}ADX(${length})`, wilder(strength, length));
}

/** Aroon oscillator (Chande, 1995), −1 … 1: how much newer the highest high is than the lowest low. */
export function aroonOscillator(bars: Bars, length: number): Expression {
  const down = barsSinceLowest(bars.low, length + 1);
  const up = barsSinceHighest(bars.high, length + 1);
  return named(`${bars.prefix}AroonOsc(${length})`, scaled(1 / length, minus(down, up)));
}

/** Vortex balance (Botes and Siepman, 2010): upward against downward movement between bars, −1 … 1. */
export function vortexBalance(bars: Bars, length: number): Expression {
  const up = sum(absolute(minus(bars.high, lag(bars.low, 1))), length);
  const down = sum(absolute(minus(bars.low, lag(bars.high, 1))), length);
  return named(`${bars.prefix}Vortex balance(${length})`, balanceOf(up, down));
}

/** Choppiness index (Dreiss), 0 … about 1: near 1 the market goes sideways. */
export function choppiness(bars: Bars, length: number): Expression {
  const path = sum(trueRange(bars), length);
  const box = minus(highest(bars.high, length), lowest(bars.low, length));
  const inner = scaled(1 / Math.log(length), log(over(path, box, 1)));
  return named(`${bars.prefix}Choppiness(${length})`, inner);
}

/** SuperTrend's trailing line (Seban): bands of `factor` ATR around the median price. */
export function superTrend(bars: Bars, length: number, factor: number): Expression {
  const middle = medianPrice(bars);
  const reach = scaled(factor, atr(bars, length));
  return derive({
    formula: `${bars.prefix}SuperTrend(${length}, ${factor})`,
    inputs: [bars.close, plus(middle, reach), minus(middle, reach)],
    lookbackBars: Infinity,
    kernel: trailingBand,
    reachBars: SPAN_BARS,
  });
}

function directional(bars: Bars, direction: 'up' | 'down'): Expression {
  return derive({
    formula: `${bars.prefix}${direction === 'up' ? '+DM' : '−DM'}`,
    inputs: [bars.high, bars.low],
    lookbackBars: 1,
    kernel: direction === 'up' ? range.directionalUp : range.directionalDown,
  });
}
