import type { Interval } from '../../domain/model-record.js';
import type { Random } from '../../lib/seeded-random.js';

export interface BootstrapOptions {
  readonly blockRows: number;
  readonly resamples: number;
}

/** Neighbouring bars share their labels' windows: a day of hours is resampled as one block. */
export const DEFAULT_BOOTSTRAP: BootstrapOptions = { blockRows: 24, resamples: 1000 };

const TAIL = 0.05;

/**
 * Circular block bootstrap (Politis & Romano, 1992) of a weighted mean over rows in time order, with
 * one-sided 95 % percentile bounds. Sums over blocks come from prefix sums, so a resample costs one
 * step a block. Resamples in which no row counts are left out; NaN bounds mean that all were.
 *
 * @param values value of each row, 0 where the weight is 0
 * @param weight 1 for rows that count, else 0
 */
export function bootstrapMean(
  values: Float64Array,
  weight: Float64Array,
  random: Random,
  options: BootstrapOptions = DEFAULT_BOOTSTRAP,
): Interval {
  const valueSums = circularPrefixSums(values, options.blockRows);
  const weightSums = circularPrefixSums(weight, options.blockRows);
  const rows = values.length;
  const means: number[] = [];
  for (let resample = 0; resample < options.resamples; resample++) {
    let sum = 0;
    let count = 0;
    for (let filled = 0; filled < rows; filled += options.blockRows) {
      const length = Math.min(options.blockRows, rows - filled);
      const start = Math.floor(random() * rows);
      sum += (valueSums[start + length] ?? 0) - (valueSums[start] ?? 0);
      count += (weightSums[start + length] ?? 0) - (weightSums[start] ?? 0);
    }
    if (count > 0) means.push(sum / count);
  }
  means.sort((one, other) => one - other);
  const estimate = (valueSums[rows] ?? 0) / (weightSums[rows] ?? 0);
  return { estimate, lower: quantile(means, TAIL), upper: quantile(means, 1 - TAIL) };
}

/** Prefix sums over the values followed by their first `overlap` ones again. */
function circularPrefixSums(values: Float64Array, overlap: number): Float64Array {
  const sums = new Float64Array(values.length + overlap + 1);
  for (let at = 0; at < values.length + overlap; at++) {
    sums[at + 1] = (sums[at] ?? 0) + (values[at % values.length] ?? 0);
  }
  return sums;
}

/** Linear between neighbours, as numpy's default. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return NaN;
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}
