/** Where rows can be read from by SQL: a reader of its own, or the open database. */
export interface RowSource {
  /** The table that candles lie in. */
  readonly candleTable: string;
  /** Rows as arrays in the order of the selected columns. Places are `?`. */
  selectRows(sql: string, bindings: readonly (string | number)[]): Promise<readonly unknown[][]>;
}
