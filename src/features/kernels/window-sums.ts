import { SUM_BLOCK_BARS, type Kernel, type One, type Two } from './kernel.js';

/**
 * Sums over a window are put together from running sums, so that every window length costs the same.
 * The running sums restart at fixed bar numbers: they stay short, which keeps their digits, and they do
 * not depend on where a span begins. They count a missing value as 0; `validRun` says beside them how
 * many values in a row are there, and a window that contains a missing value is itself missing.
 * Stretches of exact zeros (a flat market, no trades) add nothing: their sum is exactly 0.
 */
export const runningSum: Kernel<One> = (out, [x], { from, end, phase }) => {
  let total = 0;
  for (let i = from; i < end; i++) {
    if (((i - phase) & LAST_IN_BLOCK) === 0) total = 0;
    const value = x[i] ?? NaN;
    if (value === value) total += value;
    out[i] = total;
  }
};

/** Running sum of x · y. */
export const runningProduct: Kernel<Two> = (out, [x, y], { from, end, phase }) => {
  let total = 0;
  for (let i = from; i < end; i++) {
    if (((i - phase) & LAST_IN_BLOCK) === 0) total = 0;
    const value = (x[i] ?? NaN) * (y[i] ?? NaN);
    if (value === value) total += value;
    out[i] = total;
  }
};

/** How many values up to here, without a break and counted from the first position written, are there. */
export const validRun: Kernel<One> = (out, [x], { from, end }) => {
  let run = 0;
  for (let i = from; i < end; i++) {
    const value = x[i] ?? NaN;
    run = value === value ? run + 1 : 0;
    out[i] = run;
  }
};

/** How many positions up to here, without a break, have both values. */
export const validPairRun: Kernel<Two> = (out, [x, y], { from, end }) => {
  let run = 0;
  for (let i = from; i < end; i++) {
    const value = (x[i] ?? NaN) + (y[i] ?? NaN);
    run = value === value ? run + 1 : 0;
    out[i] = run;
  }
};

/**
 * Sum over a window, from [running sum, valid run]: the rest of the block it begins in, the whole
 * blocks between, and the start of the block it ends in. The middle part is the same for a stretch of
 * positions, so it is added up once for each.
 */
export function windowSum(windowBars: number): Kernel<Two> {
  return (out, [sums, run], { from, end, phase }) => {
    let start = from;
    while (start < end) {
      const lastBefore = lastOfBlock(start - windowBars, phase);
      const stop = Math.min(end, lastOfBlock(start, phase) + 1, lastBefore + 1 + windowBars);
      let between = 0;
      for (let last = lastBefore; last < start; last += SUM_BLOCK_BARS) {
        if (last >= 0) between += sums[last] ?? NaN;
      }
      // The run grows by one a bar, so its last value tells that all of the stretch is there.
      const isComplete = (run[stop - 1] ?? 0) >= windowBars + stop - start;
      if (isComplete) {
        for (let i = start; i < stop; i++) {
          out[i] = (sums[i] ?? NaN) - (sums[i - windowBars] ?? NaN) + between;
        }
      } else {
        for (let i = start; i < stop; i++) {
          const outer = i < windowBars ? 0 : (sums[i - windowBars] ?? NaN);
          out[i] = (run[i] ?? 0) >= windowBars ? (sums[i] ?? NaN) - outer + between : NaN;
        }
      }
      start = stop;
    }
  };
}

/** Sum over a short window added up in full at each position: rounding weighs most there. */
export function directSum(windowBars: number): Kernel<One> {
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) {
      let total = i + 1 < windowBars ? NaN : 0;
      for (let k = Math.max(i - windowBars + 1, 0); k <= i; k++) total += x[k] ?? NaN;
      out[i] = total;
    }
  };
}

/**
 * Population variance from the window's [sum, sum of squares]. What lies within the rounding of the two
 * counts as 0.
 */
export function varianceOfSums(windowBars: number): Kernel<Two> {
  return (out, [sum, squares], { from, end }) => {
    for (let i = from; i < end; i++) {
      const mean = (sum[i] ?? NaN) / windowBars;
      const meanSquare = (squares[i] ?? NaN) / windowBars;
      const variance = meanSquare - mean * mean;
      out[i] = variance <= ROUNDING_SHARE * meanSquare ? 0 : variance;
    }
  };
}

/** Population variance over a short window, in two passes at each position. */
export function directVariance(windowBars: number): Kernel<One> {
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) {
      const start = i - windowBars + 1;
      let total = start < 0 ? NaN : 0;
      for (let k = Math.max(start, 0); k <= i; k++) total += x[k] ?? NaN;
      const mean = total / windowBars;
      let squares = 0;
      for (let k = Math.max(start, 0); k <= i; k++) squares += ((x[k] ?? NaN) - mean) ** 2;
      out[i] = squares / windowBars;
    }
  };
}

/** A variance below this share of the mean square is rounding, not movement. */
const ROUNDING_SHARE = 1e-12;

const LAST_IN_BLOCK = SUM_BLOCK_BARS - 1;

/** Position of the last bar of the block that a position lies in. */
function lastOfBlock(at: number, phase: number): number {
  return at + LAST_IN_BLOCK - ((at - phase) & LAST_IN_BLOCK);
}
