/** What the code above an engine works with, the same for SQLite and MySQL. */

import type { Knex } from 'knex';

/** Where rows can be read from by SQL: a reader of its own, or the open database. */
export interface RowSource {
  /** The table that candles lie in. Any word may be its name: quote it in SQL. */
  readonly candleTable: string;
  /** Rows as arrays in the order of the selected columns. Places are `?`. */
  selectRows(sql: string, bindings: readonly (string | number)[]): Promise<readonly unknown[][]>;
}

/** A connection for reading alone, for a worker: it blocks nobody but itself. */
export interface Reader extends RowSource {
  /** Closes once; may be called again. */
  close(): Promise<void>;
}

/** A knex that is connected, migrated and set up, with what closes it. */
export interface OpenedKnex {
  readonly knex: Knex;
  readonly close: () => Promise<void>;
  /** What became of the file that is open, where that is not in its place any more. */
  readonly findFileFault?: () => string | undefined;
}
