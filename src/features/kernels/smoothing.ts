import type { Kernel, One, Three, Two } from './kernel.js';

/**
 * Exponential smoothing out += weight · (x − out), seeded with the mean of the first `seedBars` values as
 * TA-Lib does. A missing value leaves the state as it is and is missing itself.
 */
export function smooth(seedBars: number, weight: number): Kernel<One> {
  return (out, [x], { end }) => {
    let seen = 0;
    let state = 0;
    for (let i = 0; i < end; i++) {
      const value = x[i] ?? NaN;
      if (value !== value) {
        out[i] = NaN;
        continue;
      }
      if (seen < seedBars) {
        seen++;
        state += value;
        if (seen === seedBars) state /= seedBars;
        out[i] = seen === seedBars ? state : NaN;
      } else {
        state += weight * (value - state);
        out[i] = state;
      }
    }
  };
}

/** EMA with weight 2 / (n + 1). */
export function exponential(bars: number): Kernel<One> {
  return smooth(bars, 2 / (bars + 1));
}

/** Wilder's smoothing with weight 1 / n (New Concepts in Technical Trading Systems, 1978). */
export function wilder(bars: number): Kernel<One> {
  return smooth(bars, 1 / bars);
}

/**
 * Kaufman's adaptive moving average from [price, efficiency ratio]: weight between the EMAs of 2 and 30
 * bars, squared (Trading Systems and Methods).
 */
export const adaptive: Kernel<Two> = (out, [x, efficiency], { end }) => {
  const fast = 2 / 3;
  const slow = 2 / 31;
  let state = NaN;
  for (let i = 0; i < end; i++) {
    const ratio = efficiency[i] ?? NaN;
    if (ratio === ratio) {
      const root = ratio * (fast - slow) + slow;
      const start = state === state ? state : (x[i - 1] ?? NaN);
      state = start + root * root * ((x[i] ?? NaN) - start);
    }
    out[i] = state;
  }
};

/**
 * SuperTrend's line from [close, upper band, lower band]: the band trails the price and changes sides
 * when the close crosses it (Olivier Seban).
 */
export const trailingBand: Kernel<Three> = (out, [close, upper, lower], { end }) => {
  let isUp = true;
  let ceiling = NaN;
  let floor = NaN;
  for (let i = 0; i < end; i++) {
    const price = close[i] ?? NaN;
    const previous = i > 0 ? (close[i - 1] ?? NaN) : NaN;
    const top = upper[i] ?? NaN;
    const bottom = lower[i] ?? NaN;
    ceiling = top < ceiling || previous > ceiling || ceiling !== ceiling ? top : ceiling;
    floor = bottom > floor || previous < floor || floor !== floor ? bottom : floor;
    if (isUp && price < floor) isUp = false;
    else if (!isUp && price > ceiling) isUp = true;
    out[i] = isUp ? floor : ceiling;
  }
};
