import type { Kernel, One, Three, Two } from './kernel.js';

export const add: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = (x[i] ?? NaN) + (y[i] ?? NaN);
};

export const subtract: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = (x[i] ?? NaN) - (y[i] ?? NaN);
};

export const multiply: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = (x[i] ?? NaN) * (y[i] ?? NaN);
};

/** x / y; where both are 0 (nothing moved, nothing traded) the neutral value, where only y is 0 missing. */
export function divide(neutral: number): Kernel<Two> {
  return (out, [x, y], { from, end }) => {
    for (let i = from; i < end; i++) {
      const numerator = x[i] ?? NaN;
      const denominator = y[i] ?? NaN;
      if (denominator !== 0) out[i] = numerator / denominator;
      else out[i] = numerator === 0 ? neutral : NaN;
    }
  };
}

/**
 * (x − y) / unit: how many units lie between two lines; 0 where both the gap and the unit are 0. A gap
 * within the rounding of the lines is 0: in a market that stands still the unit shrinks below it.
 */
export const distance: Kernel<Three> = (out, [x, y, unit], { from, end }) => {
  for (let i = from; i < end; i++) {
    const line = x[i] ?? NaN;
    const gap = line - (y[i] ?? NaN);
    const size = unit[i] ?? NaN;
    if (Math.abs(gap) <= ROUNDING * Math.abs(line)) out[i] = 0;
    else out[i] = size === 0 ? NaN : gap / size;
  }
};

/** (x − mean) / deviation; 0 where nothing varies. */
export const score: Kernel<Three> = (out, [x, mean, deviation], { from, end }) => {
  for (let i = from; i < end; i++) {
    const unit = deviation[i] ?? NaN;
    out[i] = unit === 0 ? 0 : ((x[i] ?? NaN) - (mean[i] ?? NaN)) / unit;
  }
};

/** (x − low) / (high − low): 0 at the low, 1 at the high, one half where they coincide but for rounding. */
export const position: Kernel<Three> = (out, [x, low, high], { from, end }) => {
  for (let i = from; i < end; i++) {
    const bottom = low[i] ?? NaN;
    const height = (high[i] ?? NaN) - bottom;
    const isFlat = Math.abs(height) <= ROUNDING * Math.abs(bottom);
    out[i] = isFlat ? 0.5 : ((x[i] ?? NaN) - bottom) / height;
  }
};

/** (x − y) / (x + y) of two amounts from 0 up: −1 … 1, and 0 where both are 0. */
export const balance: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) {
    const left = x[i] ?? NaN;
    const right = y[i] ?? NaN;
    const total = left + right;
    if (total !== 0) out[i] = (left - right) / total;
    else out[i] = left === right ? 0 : NaN;
  }
};

/** ln(x / y); missing unless both are above 0. */
export const logRatio: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) {
    const ratio = (x[i] ?? NaN) / (y[i] ?? NaN);
    out[i] = ratio > 0 && ratio < Infinity ? Math.log(ratio) : NaN;
  }
};

export const logarithm: Kernel<One> = (out, [x], { from, end }) => {
  for (let i = from; i < end; i++) {
    const value = x[i] ?? NaN;
    out[i] = value > 0 ? Math.log(value) : NaN;
  }
};

/** ln(1 + x) for ratios from 0 up whose tail is long. */
export const logOnePlus: Kernel<One> = (out, [x], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.log1p(x[i] ?? NaN);
};

export const absolute: Kernel<One> = (out, [x], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.abs(x[i] ?? NaN);
};

export const squareRoot: Kernel<One> = (out, [x], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.sqrt(x[i] ?? NaN);
};

export const sign: Kernel<One> = (out, [x], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.sign(x[i] ?? NaN);
};

/** max(x, 0): what went up. */
export const positivePart: Kernel<One> = (out, [x], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.max(x[i] ?? NaN, 0);
};

/** max(−x, 0): what went down, as an amount. */
export const negativePart: Kernel<One> = (out, [x], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.max(-(x[i] ?? NaN), 0);
};

export const larger: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.max(x[i] ?? NaN, y[i] ?? NaN);
};

export const smaller: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) out[i] = Math.min(x[i] ?? NaN, y[i] ?? NaN);
};

/** 1 where x > y, else 0. */
export const above: Kernel<Two> = (out, [x, y], { from, end }) => {
  for (let i = from; i < end; i++) {
    const left = x[i] ?? NaN;
    const right = y[i] ?? NaN;
    const isMissing = left !== left || right !== right;
    out[i] = isMissing ? NaN : Number(left > right);
  }
};

/** factor · x + offset. */
export function linear(factor: number, offset: number): Kernel<One> {
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) out[i] = factor * (x[i] ?? NaN) + offset;
  };
}

export function clamp(lowest: number, highest: number): Kernel<One> {
  return (out, [x], { from, end }) => {
    for (let i = from; i < end; i++) out[i] = Math.min(Math.max(x[i] ?? NaN, lowest), highest);
  };
}

/** The value `bars` ago. */
export function lag(bars: number): Kernel<One> {
  return (out, [x], { from, end }) => {
    const filled = Math.max(from, bars);
    for (let i = from; i < Math.min(filled, end); i++) out[i] = NaN;
    for (let i = filled; i < end; i++) out[i] = x[i - bars] ?? NaN;
  };
}

/** What is smaller than this share of a line may be rounding of its sums. */
const ROUNDING = 1e-12;
