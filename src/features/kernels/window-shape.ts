import type { Column, Four, Kernel, One, Three, Two } from './kernel.js';

/** Mean absolute deviation from the window's mean, from [x, mean]; computed in full at each position. */
export function meanDeviation(windowBars: number): Kernel<Two> {
  return (out, [x, mean], { from, end }) => {
    for (let i = from; i < end; i++) {
      const centre = mean[i] ?? NaN;
      let total = 0;
      for (let k = Math.max(i - windowBars + 1, 0); k <= i; k++) {
        total += Math.abs((x[k] ?? NaN) - centre);
      }
      out[i] = total / windowBars;
    }
  };
}

/**
 * Share of the window's other values that lie below the newest one, equals counting half; from
 * [values, valid run].
 */
export function percentileRank(windowBars: number): Kernel<Two> {
  return (out, [x, run], { from, end }) => {
    for (let i = from; i < end; i++) {
      const newest = x[i] ?? NaN;
      let halves = 0;
      for (let k = Math.max(i - windowBars + 1, 0); k < i; k++) {
        const value = x[k] ?? NaN;
        halves += (value < newest ? 1 : 0) + (value <= newest ? 1 : 0);
      }
      out[i] = (run[i] ?? 0) >= windowBars ? halves / (2 * (windowBars - 1)) : NaN;
    }
  };
}

/**
 * Population skewness Σ(x−m)³ / n / s³ from the window's raw moments [mean, mean square, mean cube];
 * 0 where nothing varies.
 */
export const skewness: Kernel<Three> = (out, [m1, m2, m3], { from, end }) => {
  for (let i = from; i < end; i++) {
    const mean = m1[i] ?? NaN;
    const square = m2[i] ?? NaN;
    const variance = spread(mean, square);
    const cubed = (m3[i] ?? NaN) - 3 * mean * square + 2 * mean * mean * mean;
    out[i] = variance === 0 ? 0 : cubed / (variance * Math.sqrt(variance));
  }
};

/** Population excess kurtosis from the raw moments [mean, square, cube, fourth]; 0 where nothing varies. */
export const kurtosis: Kernel<Four> = (out, [m1, m2, m3, m4], { from, end }) => {
  for (let i = from; i < end; i++) {
    const mean = m1[i] ?? NaN;
    const square = m2[i] ?? NaN;
    const variance = spread(mean, square);
    const fourth =
      (m4[i] ?? NaN) -
      4 * mean * (m3[i] ?? NaN) +
      6 * mean * mean * square -
      3 * mean * mean * mean * mean;
    out[i] = variance === 0 ? 0 : fourth / (variance * variance) - 3;
  }
};

/** Correlation from [covariance, variance of x, variance of y]; 0 where one of them does not vary. */
export const correlation: Kernel<Three> = (out, [covariance, varianceX, varianceY], range) => {
  for (let i = range.from; i < range.end; i++) {
    const scale = Math.sqrt((varianceX[i] ?? NaN) * (varianceY[i] ?? NaN));
    const value = scale === 0 ? 0 : (covariance[i] ?? NaN) / scale;
    out[i] = Math.min(Math.max(value, -1), 1);
  }
};

/** Linearly weighted moving average: the oldest bar weighs 1, the newest as much as the window is long. */
export function rampMean(windowBars: number): Kernel<One> {
  const weights = Float64Array.from({ length: windowBars }, (_, k) => k + 1);
  const divisor = (windowBars * (windowBars + 1)) / 2;
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) {
      out[i] = (x[i] ?? NaN) + weightedGaps(x, i, weights) / divisor;
    }
  };
}

/** Least-squares slope per bar: the weights are the centred times. */
export function slope(windowBars: number): Kernel<One> {
  const weights = Float64Array.from({ length: windowBars }, (_, k) => k - (windowBars - 1) / 2);
  const divisor = (windowBars * (windowBars * windowBars - 1)) / 12;
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) out[i] = weightedGaps(x, i, weights) / divisor;
  };
}

/**
 * Σ weight · (x − newest x) over the window that ends at a position: exactly 0 in a flat one. Two sums
 * side by side, so that one addition need not wait for the other.
 */
function weightedGaps(x: Column, at: number, weights: Float64Array): number {
  const start = at - weights.length + 1;
  if (start < 0) return NaN;
  const newest = x[at] ?? NaN;
  let even = 0;
  let odd = 0;
  for (let k = 0; k + 1 < weights.length; k += 2) {
    even += (weights[k] ?? NaN) * ((x[start + k] ?? NaN) - newest);
    odd += (weights[k + 1] ?? NaN) * ((x[start + k + 1] ?? NaN) - newest);
  }
  // The newest value's own gap is 0, so a window of odd length has nothing left to add.
  return even + odd;
}

/** Share of the variance that the line explains, from [slope, variance]; 0 in a flat window. */
export function explainedShare(windowBars: number): Kernel<Two> {
  const meanSpreadOfTime = (windowBars * windowBars - 1) / 12;
  return (out, [slopes, variance], { from, end }) => {
    for (let i = from; i < end; i++) {
      const rise = slopes[i] ?? NaN;
      const spreadOfLine = variance[i] ?? NaN;
      const share = (rise * rise * meanSpreadOfTime) / spreadOfLine;
      out[i] = spreadOfLine === 0 ? 0 : Math.min(share, 1);
    }
  };
}

/** What is left of a variance after rounding: nothing below a 10⁻¹² of the mean square. */
function spread(mean: number, meanSquare: number): number {
  const variance = meanSquare - mean * mean;
  if (variance !== variance) return NaN;
  return variance > 1e-12 * meanSquare ? variance : 0;
}

/**
 * How many bars in a row had the same sign, from signs or changes: 3 after three rises, −2 after two
 * falls, 0 after a bar without change; counted up to `longestBars`, so that the reach is bounded.
 */
export function streak(longestBars: number): Kernel<One> {
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) {
      const direction = Math.sign(x[i] ?? NaN);
      const oldest = Math.max(i - longestBars + 1, 0);
      let k = i;
      while (k > oldest && Math.sign(x[k - 1] ?? NaN) === direction) k--;
      out[i] = direction * (i - k + 1);
    }
  };
}
