import SqliteDatabase, { type Database } from 'better-sqlite3';
import { BOOKKEEPING_TABLE, MIGRATIONS } from '../../migrations/index.js';
import { ConfigError, messageOf } from '../lib/errors.js';
import { pendingMigrations } from '../storage/connection/pending-migrations.js';
import { APPLICATION_ID } from '../storage/sqlite/check-file.js';

/** Rows by table. */
export type RowCounts = Readonly<Record<string, number>>;

/**
 * Opens a copy and reads it through.
 *
 * @throws ConfigError when it is damaged, not ours, or of a newer program
 */
export function checkCopy(file: string, name: string): RowCounts {
  let database: Database | undefined;
  try {
    database = new SqliteDatabase(file, { readonly: true });
    const found = database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw new ConfigError(`${name} is damaged: ${String(found)}`);
    if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
      throw new ConfigError(`${name} is no database of this program`);
    }
    const applied = database.prepare(`SELECT name FROM ${BOOKKEEPING_TABLE}`).pluck().all();
    pendingMigrations(MIGRATIONS, applied.map(String), name);
    return countRows(database);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${name} cannot be read as a database: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    database?.close();
  }
}

export function countRows(database: Database): RowCounts {
  const tables = database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all();
  return Object.fromEntries(
    tables.map((table) => [
      table,
      Number(database.prepare(`SELECT count(*) FROM \`${table}\``).pluck().get()),
    ]),
  );
}
