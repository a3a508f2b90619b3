import type { Four, Kernel, Three, Two } from './kernel.js';

/** True range from [high, low, close]; missing at the first bar, which has no previous close. */
export const trueRange: Kernel<Three> = (out, [high, low, close], { from, end }) => {
  for (let i = from; i < end; i++) {
    const top = high[i] ?? NaN;
    const bottom = low[i] ?? NaN;
    const previous = i > 0 ? (close[i - 1] ?? NaN) : NaN;
    out[i] = Math.max(top - bottom, Math.abs(top - previous), Math.abs(bottom - previous));
  }
};

/** Wilder's +DM from [high, low]: how much further up than down this bar went than the last. */
export const directionalUp: Kernel<Two> = (out, [high, low], { from, end }) => {
  for (let i = from; i < end; i++) {
    const up = i > 0 ? (high[i] ?? NaN) - (high[i - 1] ?? NaN) : NaN;
    const down = i > 0 ? (low[i - 1] ?? NaN) - (low[i] ?? NaN) : NaN;
    out[i] = up !== up || down !== down ? NaN : up > down && up > 0 ? up : 0;
  }
};

/** Wilder's −DM from [high, low]. */
export const directionalDown: Kernel<Two> = (out, [high, low], { from, end }) => {
  for (let i = from; i < end; i++) {
    const up = i > 0 ? (high[i] ?? NaN) - (high[i - 1] ?? NaN) : NaN;
    const down = i > 0 ? (low[i - 1] ?? NaN) - (low[i] ?? NaN) : NaN;
    out[i] = up !== up || down !== down ? NaN : down > up && down > 0 ? down : 0;
  }
};

/** Parkinson's variance of one bar from [high, low]: ln(H/L)² / (4 ln 2) (Journal of Business, 1980). */
export const parkinson: Kernel<Two> = (out, [high, low], { from, end }) => {
  const factor = 1 / (4 * Math.LN2);
  for (let i = from; i < end; i++) {
    const range = Math.log((high[i] ?? NaN) / (low[i] ?? NaN));
    out[i] = factor * range * range;
  }
};

/**
 * Garman and Klass's variance of one bar from [open, high, low, close]:
 * ½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)² (Journal of Business, 1980).
 */
export const garmanKlass: Kernel<Four> = (out, [open, high, low, close], { from, end }) => {
  const factor = 2 * Math.LN2 - 1;
  for (let i = from; i < end; i++) {
    const range = Math.log((high[i] ?? NaN) / (low[i] ?? NaN));
    const body = Math.log((close[i] ?? NaN) / (open[i] ?? NaN));
    out[i] = 0.5 * range * range - factor * body * body;
  }
};

/**
 * Rogers and Satchell's variance of one bar from [open, high, low, close], free of drift:
 * ln(H/C) ln(H/O) + ln(L/C) ln(L/O) (Annals of Applied Probability, 1991).
 */
export const rogersSatchell: Kernel<Four> = (out, [open, high, low, close], { from, end }) => {
  for (let i = from; i < end; i++) {
    const top = high[i] ?? NaN;
    const bottom = low[i] ?? NaN;
    const up = Math.log(top / (close[i] ?? NaN)) * Math.log(top / (open[i] ?? NaN));
    const down = Math.log(bottom / (close[i] ?? NaN)) * Math.log(bottom / (open[i] ?? NaN));
    out[i] = up + down;
  }
};
