/** The ways in which a store writes a row: once, in place of another, or if nobody changed it. */

import type { Database } from '../database/database.js';
import { isDuplicateKey } from '../connection/driver-errors.js';
import type { InsertStatus, Row } from '../connection/row.js';
import { RejectedError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import { setImmediate } from 'node:timers/promises';

/** A row that clashed may be gone when it is looked for: a job that just ended. */
const ATTEMPTS = 3;

/**
 * Inserts a row that may be there already. `find` looks for the row by the key that makes it the
 * same; a row that clashes on another key is refused.
 */
export async function insertOnce<T>(
  database: Database,
  row: { readonly table: string; readonly values: Record<string, unknown> },
  find: () => Promise<T | undefined>,
): Promise<{ readonly status: InsertStatus; readonly row: T }> {
  for (let attempt = 1; ; attempt++) {
    const clash = await tryInsert(database, row);
    const found = await find();
    if (found !== undefined)
      return { status: clash === undefined ? 'inserted' : 'exists', row: found };
    if (attempt >= ATTEMPTS || clash === undefined) {
      throw clash ?? new Error(`Broken invariant: the row is not in ${row.table}`);
    }
  }
}

async function tryInsert(
  database: Database,
  row: { readonly table: string; readonly values: Record<string, unknown> },
): Promise<Error | undefined> {
  try {
    await database.run((knex) => knex(row.table).insert(row.values));
    return undefined;
  } catch (error) {
    if (error instanceof Error && isDuplicateKey(error)) return error;
    throw error;
  }
}

export interface KeyedRow {
  readonly table: string;
  /** Columns of the unique key that make it the same row. */
  readonly key: readonly string[];
  /** Stored whether the row is new or not, the key's columns among them. */
  readonly values: Record<string, unknown>;
  /** Columns of a new row that a later one leaves alone. */
  readonly whenNew: Record<string, unknown>;
}

/** Stores the one row of its key: adds it, or changes the one that is there and counts up its version. */
export async function upsertRow(database: Database, row: KeyedRow): Promise<void> {
  const { table, key, values, whenNew } = row;
  await database.run((knex) =>
    knex(table)
      .insert({ ...whenNew, ...values, row_version: 1 })
      .onConflict([...key])
      .merge({ ...values, row_version: knex.raw('??.row_version + 1', [table]) }),
  );
}

/**
 * Adds the rows whose keys are not there yet. The rows that are there keep every value: on MySQL
 * `ignore` would also swallow bad data, so one column of the key is set to itself.
 */
export async function insertMissing(
  database: Database,
  { table, key, rows }: Pick<KeyedRow, 'table' | 'key'> & { readonly rows: readonly Row[] },
): Promise<void> {
  await database.run((knex) =>
    knex(table)
      .insert([...rows])
      .onConflict([...key])
      .merge(key.slice(0, 1)),
  );
}

export interface RowUpdate {
  readonly table: string;
  readonly uid: string;
  readonly columns: Record<string, unknown>;
  /** The version that the change was made from. */
  readonly expectedRowVersion: number;
}

/**
 * Writes a changed row, if it is still the one that was read.
 *
 * @throws RejectedError when another change came first: read the row again and decide again
 */
export async function updateVersioned(database: Database, update: RowUpdate): Promise<Row> {
  const { table, uid, columns, expectedRowVersion } = update;
  const changed = await database.run((knex) =>
    knex(table)
      .where({ uid, row_version: expectedRowVersion })
      .update({ ...columns, row_version: expectedRowVersion + 1 }),
  );
  const row = await database.run((knex) => knex(table).where({ uid }).first<Row | undefined>());
  if (changed === 1) return assertDefined(row, `${uid} in ${table}`);
  const found = row === undefined ? 'is gone' : `has version ${String(row['row_version'])}`;
  throw new RejectedError(
    `Row ${uid} of ${table} was changed by another: expected version ${expectedRowVersion}, it ${found}`,
  );
}

/**
 * Cuts work on many rows into steps and lets the event loop run between them: better-sqlite3 holds
 * the loop for as long as a statement takes.
 */
export async function* inChunks<T>(
  rows: readonly T[],
  chunkRows: number,
): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < rows.length; from += chunkRows) {
    if (from > 0) await setImmediate();
    yield rows.slice(from, from + chunkRows);
  }
}
