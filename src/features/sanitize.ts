import type { FeatureMatrix } from './feature-matrix.js';

/** A feature missing in more than this share of the training rows is dropped before any row is. */
export const MOST_MISSING_SHARE = 0.2;

export type DropReason = 'constant' | 'non-finite' | 'mostly missing' | 'duplicate';

export interface DroppedFeature {
  readonly name: string;
  readonly reason: DropReason;
}

export interface Sanitization {
  readonly initialFeatures: number;
  readonly finalFeatures: number;
  /** Names of the features that are left, in the matrix's order. */
  readonly kept: readonly string[];
  /** Their column numbers in the matrix. */
  readonly keptColumns: readonly number[];
  readonly dropped: readonly DroppedFeature[];
  /** 1 for each row of the whole matrix that is usable and has every kept feature. */
  readonly isRowKept: Uint8Array;
  readonly rowsKept: number;
}

export interface TrainingRows {
  /** First row of the training range. */
  readonly from: number;
  /** Row after the last of the training range. */
  readonly to: number;
  /**
   * Keeps features that are constant or copies of others here. In a pool they may differ for another
   * instrument, and all instruments need the same features.
   */
  readonly keepConstantFeatures?: boolean | undefined;
}

/**
 * Chooses features by the usable rows of the training range alone. Features that are mostly missing,
 * constant or a copy of an earlier one are dropped first, then the rows that still miss a value. So a
 * short history loses its long windows and keeps its rows. Infinite values are looked for in all rows;
 * the catalogue never yields one.
 */
export function sanitize(matrix: FeatureMatrix, training: TrainingRows): Sanitization {
  const rows = usableRows(matrix, training);
  const dropped: DroppedFeature[] = [];
  const kept: number[] = [];
  const copies = new Map<string, number[]>();
  matrix.names.forEach((name, column) => {
    const values = columnOf(matrix, column);
    const reason = training.keepConstantFeatures
      ? findGap(values, rows)
      : (findFault(values, rows) ?? findCopy({ matrix, column, rows, copies }));
    if (reason === undefined) kept.push(column);
    else dropped.push({ name, reason });
  });
  const isRowKept = completeRows(matrix, kept);
  return {
    initialFeatures: matrix.names.length,
    finalFeatures: kept.length,
    kept: kept.map((column) => matrix.names[column] ?? ''),
    keptColumns: kept,
    dropped,
    isRowKept,
    rowsKept: isRowKept.reduce((total, flag) => total + flag, 0),
  };
}

/** Keeps every feature, for a model that uses them already, and drops the rows that miss one. */
export function keepAllFeatures(matrix: FeatureMatrix): Sanitization {
  const keptColumns = matrix.names.map((_, column) => column);
  const isRowKept = completeRows(matrix, keptColumns);
  return {
    initialFeatures: matrix.names.length,
    finalFeatures: matrix.names.length,
    kept: matrix.names,
    keptColumns,
    dropped: [],
    isRowKept,
    rowsKept: isRowKept.reduce((total, flag) => total + flag, 0),
  };
}

function usableRows(matrix: FeatureMatrix, { from, to }: TrainingRows): readonly number[] {
  const rows: number[] = [];
  for (let row = Math.max(from, 0); row < Math.min(to, matrix.rows); row++) {
    if (matrix.isUsable[row] === 1) rows.push(row);
  }
  return rows;
}

function columnOf(matrix: FeatureMatrix, column: number): Float32Array {
  return matrix.values.subarray(column * matrix.rows, (column + 1) * matrix.rows);
}

function findGap(values: Float32Array, rows: readonly number[]): DropReason | undefined {
  const reason = findFault(values, rows);
  return reason === 'constant' ? undefined : reason;
}

function findFault(values: Float32Array, rows: readonly number[]): DropReason | undefined {
  if (values.includes(Infinity) || values.includes(-Infinity)) return 'non-finite';
  let missing = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  for (const row of rows) {
    const value = values[row] ?? NaN;
    if (Number.isNaN(value)) missing++;
    else {
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
    }
  }
  if (missing > MOST_MISSING_SHARE * rows.length || missing === rows.length)
    return 'mostly missing';
  return lowest === highest ? 'constant' : undefined;
}

interface CopySearch {
  readonly matrix: FeatureMatrix;
  readonly column: number;
  readonly rows: readonly number[];
  /** Columns kept so far by a digest of their values. */
  readonly copies: Map<string, number[]>;
}

function findCopy({ matrix, column, rows, copies }: CopySearch): DropReason | undefined {
  const values = columnOf(matrix, column);
  const digest = digestOf(values, rows);
  const alike = copies.get(digest) ?? [];
  const isCopy = alike.some((other) => isEqual(columnOf(matrix, other), values, rows));
  if (isCopy) return 'duplicate';
  copies.set(digest, [...alike, column]);
  return undefined;
}

/** Sums over the rows: equal for equal columns, and nearly always different for others. */
function digestOf(values: Float32Array, rows: readonly number[]): string {
  let sum = 0;
  let moment = 0;
  for (const row of rows) {
    const value = values[row] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    moment += value * row;
  }
  return `${sum}:${moment}`;
}

function isEqual(left: Float32Array, right: Float32Array, rows: readonly number[]): boolean {
  return rows.every((row) => {
    const [x, y] = [left[row] ?? NaN, right[row] ?? NaN];
    return x === y || (Number.isNaN(x) && Number.isNaN(y));
  });
}

function completeRows(matrix: FeatureMatrix, kept: readonly number[]): Uint8Array {
  const isKept = matrix.isUsable.slice();
  for (const column of kept) {
    const values = columnOf(matrix, column);
    for (let row = 0; row < matrix.rows; row++) {
      if (Number.isNaN(values[row] ?? NaN)) isKept[row] = 0;
    }
  }
  return isKept;
}
