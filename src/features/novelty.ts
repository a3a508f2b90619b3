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
