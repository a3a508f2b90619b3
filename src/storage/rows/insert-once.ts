import type { Database } from '../database/database.js';
import { isDuplicateKey } from '../engine/driver-error.js';
import type { InsertStatus } from '../engine/row.js';

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
