import type { Connection, RowDataPacket } from 'mysql2/promise';
import { CANDLE_TABLE } from '../../migrations/ddl.js';
import { BOOKKEEPING_TABLE } from '../../migrations/index.js';
import { ConfigError } from '../lib/errors.js';
import { candleTableOf, locationText, type MysqlLocation } from '../storage/engine/location.js';
import { findSchemaProblems } from './mysql-types.js';

/** False where nothing was made yet; refuses what another program made, or a step too many or few. */
export async function findMysqlSchema(
  connection: Connection,
  location: MysqlLocation,
): Promise<boolean> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT table_name AS \`table\`, column_name AS \`column\`, data_type AS type,
      character_maximum_length AS length FROM information_schema.columns WHERE table_schema = DATABASE()`,
  );
  if (rows.length === 0) return false;
  const candleTable = candleTableOf(location);
  const found = rows.map(({ table, column, type, length }) => ({
    table: table === candleTable ? CANDLE_TABLE : String(table),
    column: String(column),
    type: String(type),
    length: length === null ? null : Number(length),
  }));
  if (!found.some(({ table }) => table === BOOKKEEPING_TABLE)) {
    throw new ConfigError(
      `${locationText(location)} belongs to another program: give MYSQL_DB a name of its own`,
    );
  }
  const problems = findSchemaProblems(found);
  if (problems.length === 0) return true;
  throw new ConfigError(
    `The schema of ${locationText(location)} is not the one that this program makes: ${problems.slice(0, 5).join('; ')}. An older one is brought up to date by a run without --dry-run`,
  );
}
