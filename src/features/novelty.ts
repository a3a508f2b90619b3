import type { FeatureMatrix } from './feature-matrix.js';

/** Lowest and highest training value of each of a model's features, in its order. */
export interface FeatureRanges {
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
}

export interface RangeRequest {
  readonly matrix: FeatureMatrix;
  /** Columns of the model's features in the matrix, in the model's order. */
  readonly columns: readonly number[];
  /** 1 for each row that the model was trained on. */
  readonly isRowKept: Uint8Array;
}

export function rangesOf({ matrix, columns, isRowKept }: RangeRequest): FeatureRanges {
  const lowest = new Float32Array(columns.length).fill(Infinity);
  const highest = new Float32Array(columns.length).fill(-Infinity);
  columns.forEach((column, feature) => {
    for (let row = 0; row < matrix.rows; row++) {
      const value = matrix.values[column * matrix.rows + row] ?? NaN;
      if (isRowKept[row] === 0 || Number.isNaN(value)) continue;
      lowest[feature] = Math.min(lowest[feature] ?? Infinity, value);
      highest[feature] = Math.max(highest[feature] ?? -Infinity, value);
    }
  });
  return { lowest, highest };
}

/** Share of a row's features that lie outside what the model was trained on; missing ones count. */
export function noveltyShare(row: Float32Array, ranges: FeatureRanges): number {
  let outside = 0;
  for (let feature = 0; feature < row.length; feature++) {
    const value = row[feature] ?? NaN;
    const isInside =
      value >= (ranges.lowest[feature] ?? NaN) && value <= (ranges.highest[feature] ?? NaN);
    if (!isInside) outside++;
  }
  return row.length === 0 ? 0 : outside / row.length;
}

const BINS = 10;
/** Keeps the logarithm of an empty bin finite. */
const MIN_SHARE = 1e-4;

/**
 * Population stability index of a feature between the rows that a model was fitted on and newer ones:
 * Σ (q − p) · ln(q / p) over ten bins with the reference's deciles for borders. Under 0.1 little has
 * changed, above 0.25 much has (Siddiqi, Credit Risk Scorecards, 2006, ch. 9). Missing values are left out.
 *
 * @returns NaN where one side has no value
 */
export function populationStability(reference: Float32Array, newer: Float32Array): number {
  const borders = decileBorders(reference);
  return stabilityOf(countByBin(reference, borders), countByBin(newer, borders));
}

/** Deciles of the values that are not missing. */
export function decileBorders(values: Float32Array): readonly number[] {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  return Array.from(
    { length: BINS - 1 },
    (_, at) => known[Math.floor(((at + 1) * known.length) / BINS)] ?? NaN,
  );
}

/** Values of each bin; missing ones are left out. */
export function countByBin(values: Float32Array, borders: readonly number[]): readonly number[] {
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    const found = borders.findIndex((border) => value < border);
    const bin = found === -1 ? BINS - 1 : found;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** The index of two counts over the same bins; NaN where one side has no value. */
export function stabilityOf(reference: readonly number[], newer: readonly number[]): number {
  const [before, after] = [sum(reference), sum(newer)];
  if (before === 0 || after === 0) return NaN;
  return reference.reduce((total, count, bin) => {
    const p = Math.max(count / before, MIN_SHARE);
    const q = Math.max((newer[bin] ?? 0) / after, MIN_SHARE);
    return total + (q - p) * Math.log(q / p);
  }, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
