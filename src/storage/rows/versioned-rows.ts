import { RejectedError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import type { Row } from '../engine/row.js';

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
 * @throws RejectedError when another change came first: read again and decide anew
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
