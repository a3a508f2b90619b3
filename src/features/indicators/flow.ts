import type { Expression } from '../definition/expression.js';
import {
  balanceOf,
  change,
  distance,
  isAbove,
  lag,
  named,
  over,
  positionIn,
  scaled,
  shifted,
  signOf,
  times,
} from './arithmetic.js';
import { ema } from './averages.js';
import type { Bars } from './inputs.js';
import { typicalPrice } from './ranges.js';
import { sum } from './windows.js';

/** Money flow index, 0 … 1: typical price times volume, up against down (Quong and Soudack, 1989). */
export function mfi(bars: Bars, length: number): Expression {
  const price = typicalPrice(bars);
  const flow = times(price, bars.volume);
  const up = sum(times(isAbove(price, lag(price, 1)), flow), length);
  const down = sum(times(isAbove(lag(price, 1), price), flow), length);
  const inner = shifted(scaled(0.5, balanceOf(up, down)), 0.5);
  return named(`${bars.prefix}MFI(${length})`, inner);
}

/** Where in its range a bar closed, −1 … 1; 0 for a bar without range. */
export function closeLocation(bars: Bars): Expression {
  const place = positionIn(bars.close, bars.low, bars.high);
  return named(`${bars.prefix}close location`, shifted(scaled(2, place), -1));
}

/** Chaikin's money flow, −1 … 1: close location weighted by volume. */
export function cmf(bars: Bars, length: number): Expression {
  const flow = sum(times(closeLocation(bars), bars.volume), length);
  return named(`${bars.prefix}CMF(${length})`, over(flow, sum(bars.volume, length)));
}

/** Share of the window's volume that traded on rising bars minus that on falling ones: a bounded OBV. */
export function signedVolumeShare(bars: Bars, length: number): Expression {
  const signed = sum(times(signOf(change(bars.close)), bars.volume), length);
  return named(`${bars.prefix}OBV share(${length})`, over(signed, sum(bars.volume, length)));
}

/** Distance of the close from the window's volume-weighted average price; 0 where nothing traded. */
export function vwapDistance(bars: Bars, length: number, unit: Expression): Expression {
  const flow = sum(times(typicalPrice(bars), bars.volume), length);
  const traded = sum(bars.volume, length);
  const inner = distance(times(bars.close, traded), flow, times(traded, unit));
  return named(`((${bars.prefix}close − VWAP(${length})) / ${unit.formula})`, inner);
}

/** Elder's force index relative to what moved and traded, −1 … 1. */
export function forceShare(bars: Bars, length: number): Expression {
  const force = times(change(bars.close), bars.volume);
  const size = times(signOf(force), force);
  return named(`${bars.prefix}Force share(${length})`, over(ema(force, length), ema(size, length)));
}
