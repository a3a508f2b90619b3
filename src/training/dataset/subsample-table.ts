import type { FeatureTable } from './feature-file.js';

/** Which rows of a table are kept: at equal distances, with an own offset for each table. */
export interface Subsampling {
  /** Share of the rows that is kept, above 0; 1 keeps all. */
  readonly share: number;
  /** In [0, 1). */
  readonly offset: number;
}

/**
 * Takes rows at equal distances: neighbours share most of their label's window, so little is lost, and
 * no stretch of time is left out.
 */
export function subsampleTable(
  table: FeatureTable,
  subsampling: Subsampling | undefined,
): FeatureTable {
  if (subsampling === undefined || subsampling.share >= 1) return table;
  const rows = subsampleRows(table.rows, subsampling);
  const values = new Float32Array(rows.length * table.names.length);
  for (let column = 0; column < table.names.length; column++) {
    rows.forEach((row, at) => {
      values[column * rows.length + at] = table.values[column * table.rows + row] ?? NaN;
    });
  }
  return {
    names: table.names,
    rows: rows.length,
    values,
    labels: Int32Array.from(rows, (row) => table.labels[row] ?? -1),
    forwardReturns: Float32Array.from(rows, (row) => table.forwardReturns[row] ?? NaN),
    openTimes: Float64Array.from(rows, (row) => table.openTimes[row] ?? NaN),
  };
}

/** Row numbers that are kept, ascending. */
export function subsampleRows(count: number, { share, offset }: Subsampling): readonly number[] {
  const wanted = Math.max(1, Math.floor(count * share));
  return Array.from({ length: wanted }, (_, at) =>
    Math.min(count - 1, Math.floor(((at + offset) * count) / wanted)),
  );
}
