import { CATALOGUE } from '../../src/features/catalogue.js';
import { featureId } from '../../src/features/definition/feature-definition.js';
import {
  computeFeatureMatrix,
  createFeatureWorkspace,
  REQUIRED_BARS,
  type FeatureMatrix,
} from '../../src/features/feature-matrix.js';
import type { CandleColumns } from '../../src/domain/candle-columns.js';
import { generateColumns, GOLDEN_REFERENCE, GOLDEN_SERIES } from './generated-series.js';

export const SERIES = generateColumns(GOLDEN_SERIES);
export const REFERENCE = generateColumns(GOLDEN_REFERENCE);
export const END = SERIES.firstIndex + SERIES.length;
/** The first bar from which on every row has its depth, whatever its place in its block. */
export const FULL = SERIES.firstIndex + REQUIRED_BARS;
export const WORKSPACE = createFeatureWorkspace();

/** The rows of [from, to) with the golden reference; the workspace is shared, as a worker does it. */
export function rowsOf(series: CandleColumns, from: number, to: number): FeatureMatrix {
  const range = { fromIndex: from, toIndex: to };
  return computeFeatureMatrix({ series, reference: REFERENCE, workspace: WORKSPACE, ...range });
}

/** The bits of one row, by bar number. */
export function bitsOf(matrix: FeatureMatrix, index: number): number[] {
  const bits = new Uint32Array(matrix.values.buffer);
  const row = index - matrix.firstIndex;
  return matrix.names.map((_, column) => bits[column * matrix.rows + row] ?? -1);
}

export function bitsFrom(row: Float32Array): number[] {
  return [...new Uint32Array(row.buffer)];
}

/** The column of one feature. */
export function valuesOf(matrix: FeatureMatrix, name: string): Float32Array {
  const column = matrix.names.indexOf(name);
  if (column < 0) throw new RangeError(`The matrix has no column ${name}`);
  return matrix.values.subarray(column * matrix.rows, (column + 1) * matrix.rows);
}

/** Values of every feature at a few bars of the golden series, by `name@version`. */
export function goldenValues(): ReadonlyMap<string, readonly number[]> {
  const matrix = rowsOf(SERIES, FULL, END);
  return new Map(
    CATALOGUE.map((definition) => {
      const column = valuesOf(matrix, definition.name);
      const values = GOLDEN_ROWS.map((row) => Number((column[row] ?? NaN).toPrecision(7)));
      return [featureId(definition), values];
    }),
  );
}

/** Rows after `FULL`, spread over blocks and places within them. */
const GOLDEN_ROWS = [0, 1, 67, 127, 128, 251, 300, 413, 555, 659];
