import type { Knex } from 'knex';
import type { Database } from '../database/database.js';

/**
 * The time of the database in epoch milliseconds, for a statement. MySQL goes by its own clock, so that two machines
 * agree; SQLite belongs to one machine, whose wall time it takes.
 */
export function databaseNow(
  { engine }: Pick<Database, 'engine'>,
  knex: Knex,
  wallMs: number,
): Knex.Raw {
  return engine === 'sqlite'
    ? knex.raw('?', [wallMs])
    : knex.raw('CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)');
}
