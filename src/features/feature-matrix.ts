import type { CandleColumns } from '../domain/candle-columns.js';
import { blockStart, BLOCK_BARS, SPAN_BARS } from './definition/block-layout.js';
import { CATALOGUE, getFeatureNumber, COMPARISONS } from './catalogue.js';
import {
  createWorkspace,
  neededSteps,
  planExpressions,
  runPlan,
  type Workspace,
} from './feature-plan.js';
import type { Column, Range } from './kernels/kernel.js';
import { layOutSpan, type Sources, type SpanInputs } from './span-inputs.js';
import { findSpanStart, firstUnknown } from './span.js';

/** Bars before a row that must be stored for the row to be usable whatever its place in its block. */
export const REQUIRED_BARS = SPAN_BARS;

/** Feature rows of consecutive bars, column by column: feature j of row i is `values[j * rows + i]`. */
export interface FeatureMatrix {
  /** Number of the bar of row 0. */
  readonly firstIndex: number;
  readonly rows: number;
  readonly names: readonly string[];
  /** NaN is a missing value; nothing else is not finite. */
  readonly values: Float32Array;
  /** 0 for rows whose history is not known in full; all of their values are missing. */
  readonly isUsable: Uint8Array;
  /** 1 for rows whose reference is not known in full; their reference features are missing. */
  readonly isReferenceMissing: Uint8Array;
}

export interface FeatureRow {
  readonly values: Float32Array;
  readonly isUsable: boolean;
  readonly isReferenceMissing: boolean;
}

export interface MatrixRequest {
  readonly series: CandleColumns;
  /**
   * The reference symbol's bars of the same timeframe, at the same bar numbers. Pass the very same
   * object as `series` for the reference symbol itself: what compares the two is then 0.
   */
  readonly reference: CandleColumns | undefined;
  /** Number of the first row's bar. */
  readonly fromIndex: number;
  /** Number of the bar after the last row. */
  readonly toIndex: number;
  /** Names in the order of the columns wanted; all of the catalogue by default. */
  readonly features?: readonly string[] | undefined;
  /** Buffers to use again: makes single rows several times faster. */
  readonly workspace?: Workspace | undefined;
}

export interface RowRequest extends Omit<MatrixRequest, 'fromIndex' | 'toIndex'> {
  /** Number of the row's bar. */
  readonly index: number;
}

const PLAN = planExpressions(CATALOGUE.map((definition) => definition.expression));
const ALL_NAMES: readonly string[] = CATALOGUE.map((definition) => definition.name);

/** Buffers for any number of matrices and rows, one after the other (about 1 MB). */
export function createFeatureWorkspace(): Workspace {
  return createWorkspace(PLAN);
}

/**
 * Computes the rows of bars [fromIndex, toIndex). A row is a pure function of at most `REQUIRED_BARS`
 * bars up to its own: the same bit for bit whichever rows are computed with it and wherever the given
 * columns begin.
 *
 * @throws RangeError for a feature that is unknown or asked for twice, or a reference of another timeframe
 */
export function computeFeatureMatrix(request: MatrixRequest): FeatureMatrix {
  const { fromIndex, toIndex } = request;
  const names = request.features ?? ALL_NAMES;
  const rows = Math.max(toIndex - fromIndex, 0);
  const matrix: FeatureMatrix = {
    firstIndex: fromIndex,
    rows,
    names,
    values: new Float32Array(rows * names.length),
    isUsable: new Uint8Array(rows),
    isReferenceMissing: new Uint8Array(rows),
  };
  const workspace = request.workspace ?? createFeatureWorkspace();
  const outputs = names.map((name) => PLAN.outputs[getFeatureNumber(name)] ?? -1);
  const needed = neededSteps(PLAN, outputs);
  const job: Job = { sources: request, matrix, workspace, needed, columns: columnsOf(outputs) };
  for (let index = fromIndex; index < toIndex; index = blockStart(index) + BLOCK_BARS) {
    computeBlock(job, index, Math.min(toIndex, blockStart(index) + BLOCK_BARS));
  }
  if (request.reference?.close === request.series.close) levelComparisons(matrix);
  clearUnusable(matrix);
  return matrix;
}

/** The row of one bar, by the same path as a matrix. */
export function computeFeatureRow(request: RowRequest): FeatureRow {
  const { index, ...rest } = request;
  const matrix = computeFeatureMatrix({ ...rest, fromIndex: index, toIndex: index + 1 });
  return {
    values: matrix.values,
    isUsable: matrix.isUsable[0] === 1,
    isReferenceMissing: matrix.isReferenceMissing[0] === 1,
  };
}

interface Job {
  readonly sources: Sources;
  readonly matrix: FeatureMatrix;
  readonly workspace: Workspace;
  readonly needed: Uint8Array;
  /** For each step the column that it fills, or −1. */
  readonly columns: Int32Array;
}

function columnsOf(outputs: readonly number[]): Int32Array {
  const columns = new Int32Array(PLAN.steps.length).fill(-1);
  outputs.forEach((output, column) => {
    if (columns[output] !== -1) throw new RangeError('A feature is asked for twice');
    columns[output] = column;
  });
  return columns;
}

/** Computes the rows [fromRow, toRow), which lie in one block, as far as their history is known. */
function computeBlock(job: Job, fromRow: number, toRow: number): void {
  const { series } = job.sources;
  const start = findSpanStart(series, fromRow);
  if (start === undefined) return;
  const firstRow = Math.max(fromRow, start);
  const endRow = firstUnknown(series, start, toRow);
  if (endRow <= firstRow) return;
  const inputs = layOutSpan(job.sources, { start, firstRow, endRow });
  flagRows(job.matrix, inputs, firstRow);
  const { matrix, columns, needed } = job;
  runPlan(job.workspace, inputs, {
    needed,
    take: (step, source) => {
      const column = columns[step] ?? -1;
      if (column < 0) return;
      const at = column * matrix.rows + firstRow - matrix.firstIndex;
      store({ values: matrix.values, at }, source, inputs.rows);
    },
  });
}

function flagRows(matrix: FeatureMatrix, inputs: SpanInputs, firstRow: number): void {
  const { from, end } = inputs.referenceBars;
  const count = inputs.rows.end - inputs.rows.from;
  for (let index = firstRow; index < firstRow + count; index++) {
    matrix.isUsable[index - matrix.firstIndex] = 1;
    matrix.isReferenceMissing[index - matrix.firstIndex] = index >= from && index < end ? 0 : 1;
  }
}

interface Target {
  readonly values: Float32Array;
  readonly at: number;
}

/** Narrows to float32. What it cannot hold is missing, and there is only one NaN, so that bits compare. */
function store({ values, at }: Target, source: Column, { from, end }: Range): void {
  const offset = at - from;
  for (let i = from; i < end; i++) {
    const value = source[i] ?? NaN;
    values[offset + i] = Math.abs(value) <= MAX_FLOAT32 ? value : NaN;
  }
}

/** Against itself the reference is neither strong nor weak: a constant, so that it can join a pool. */
function levelComparisons({ rows, names, values }: FeatureMatrix): void {
  names.forEach((name, column) => {
    if (COMPARISONS.has(name)) values.fill(0, column * rows, (column + 1) * rows);
  });
}

/** Rows that were not computed have no values. */
function clearUnusable({ rows, names, values, isUsable }: FeatureMatrix): void {
  for (let row = 0; row < rows; row++) {
    if (isUsable[row] === 1) continue;
    for (let column = 0; column < names.length; column++) values[column * rows + row] = NaN;
  }
}

const MAX_FLOAT32 = 3.4028234663852886e38;
