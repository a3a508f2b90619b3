import type { Connection, RowDataPacket } from 'mysql2/promise';
import { CANDLE_TABLE } from '../../migrations/ddl.js';
import { BOOKKEEPING_TABLE, MIGRATIONS } from '../../migrations/index.js';
import { ConfigError } from '../lib/errors.js';
import { candleTableOf, locationText, type MysqlLocation } from '../storage/connection/location.js';
import { readTableShapes } from './table-shapes.js';
import type { ColumnLimit } from './transfer-ports.js';

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

interface ColumnType {
  readonly type: string;
  readonly length: number | undefined;
}

type SchemaTypes = ReadonlyMap<string, ReadonlyMap<string, ColumnType>>;

const INTEGER_LIMITS: Readonly<Record<string, bigint>> = { smallint: 32_767n, tinyint: 127n };

/** The types that the schema's own statements give to the columns on MySQL, by table. */
export function readMysqlTypes(): SchemaTypes {
  const tables = new Map<string, Map<string, ColumnType>>();
  for (const sql of MIGRATIONS.flatMap((step) => step.statements('mysql'))) {
    const name = /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE) `(\w+)`/.exec(sql)?.[1];
    if (name === undefined) continue;
    const line = /^ +(?:ADD COLUMN \/\*M! IF NOT EXISTS \*\/ )?`(\w+)` (\w+)(?:\((\d+)\))?/gm;
    const columns = [...sql.matchAll(line)].map(
      ([, column = '', type = '', length]) =>
        [
          column,
          { type: type.toLowerCase(), length: length === undefined ? undefined : Number(length) },
        ] as const,
    );
    tables.set(name, new Map([...(tables.get(name) ?? []), ...columns]));
  }
  return tables;
}

/** Narrower columns than SQLite's, which takes any length and any whole number. */
export function limitsOf(table: string): readonly ColumnLimit[] {
  return [...(readMysqlTypes().get(table) ?? [])].flatMap(([column, { type, length }]) => {
    const most = length === undefined ? INTEGER_LIMITS[type] : BigInt(length);
    return most === undefined ? [] : [{ column, most }];
  });
}

/** A column as `information_schema` describes it. */
export interface FoundColumn {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly length: number | null;
}

/** How a schema that is there differs from this program's, in words; empty where it does not. */
export function findSchemaProblems(found: readonly FoundColumn[]): readonly string[] {
  const expected = readMysqlTypes();
  return readTableShapes().flatMap((table) => {
    const columns = found.filter((one) => one.table.toLowerCase() === table.name);
    if (columns.length === 0) return [`table ${table.name} is missing`];
    return table.columns.flatMap(({ name }) => {
      const column = columns.find((one) => one.column === name);
      if (column === undefined) return [`${table.name}.${name} is missing`];
      const type = expected.get(table.name)?.get(name);
      if (type === undefined || isSameType(type, column)) return [];
      return [`${table.name}.${name} is ${typeText(column)}, expected ${typeText(type)}`];
    });
  });
}

function isSameType(expected: ColumnType, found: FoundColumn): boolean {
  if (expected.type !== found.type) return false;
  return expected.length === undefined || expected.length === found.length;
}

function typeText({
  type,
  length,
}: {
  readonly type: string;
  readonly length?: number | null | undefined;
}): string {
  return type === 'varchar' ? `varchar(${String(length)})` : type;
}
