import SqliteDatabase, { type Database } from 'better-sqlite3';
import { readMysqlTypes } from '../../src/transfer/mysql-schema.js';
import {
  readTableShapes,
  type ColumnShape,
  type TableShape,
} from '../../src/transfer/table-shapes.js';

const MYSQL_TYPES = readMysqlTypes();

/** Values that a careless copy would change. */
const HARD_NUMBERS = [
  0, 1, -1.5, 0.1, 1e-7, 1.5e-7, 9.87e-9, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308,
  1e15, 1.5e15, 1234567890123456.8, 4503599627370497.5, 1e22, 0.30000000000000004,
  123456.78901234567, 9007199254740993,
];

const HARD_TEXTS = [
  '',
  ' ',
  'plain',
  "it's",
  '"quoted"',
  'a\tb',
  'line\nfeed',
  'back\\slash',
  '\\N',
  '\\',
  '\\t',
  'ünïcödé',
  '日本',
  '🙂🙂',
  'nul\0byte',
  'cr\r\nlf',
  '%s ? :name',
  'trailing ',
];

const HARD_INTEGERS = [0n, 1n, -1n, 1_700_000_000_000n, 9_007_199_254_740_993n, 2n ** 62n];

/**
 * Fills every table of a SQLite file with rows made from the schema alone, so that a table which is
 * added later is filled as well. Rows are told apart by `from` and onwards.
 */
export function fillTables(
  file: string,
  rows: { readonly from: number; readonly count: number },
): void {
  const database = new SqliteDatabase(file);
  try {
    database.pragma('foreign_keys = ON');
    database.transaction(() => {
      for (const table of readTableShapes()) fillTable(database, table, rows);
    })();
  } finally {
    database.close();
  }
}

function fillTable(
  database: Database,
  table: TableShape,
  { from, count }: { readonly from: number; readonly count: number },
): void {
  const keys = database.pragma(`foreign_key_list(${table.name})`) as ForeignKey[];
  const info = database.pragma(`table_info(${table.name})`) as { name: string; notnull: number }[];
  const indexes = database.pragma(`index_list(${table.name})`) as {
    name: string;
    unique: number;
  }[];
  const unique = indexes
    .filter((index) => index.unique === 1)
    .flatMap(({ name }) => database.pragma(`index_info(${name})`) as { name: string }[])
    .map(({ name }) => name);
  const names = table.columns.map(({ name }) => `\`${name}\``);
  const insert = database.prepare(
    `INSERT INTO \`${table.name}\` (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  const parents = new Map(
    [...keys, SERIES_KEY].map((key) => [key.from, parentValues(database, key)]),
  );
  for (let index = from; index < from + count; index++) {
    const values = table.columns.map((column) => {
      const held = parents.get(column.name);
      if (held !== undefined) return held[index % held.length];
      const isNullable = info.find(({ name }) => name === column.name)?.notnull === 0;
      if (isNullable && index % 3 === 0) return null;
      return unique.includes(column.name)
        ? uniqueValue(column, index)
        : valueOf(table, column, index);
    });
    insert.run(...values);
  }
}

interface ForeignKey {
  readonly from: string;
  readonly table: string;
  readonly to: string;
}

const SERIES_KEY: ForeignKey = { from: 'series_id', table: 'series', to: 'id' };

function parentValues(database: Database, { table, to }: ForeignKey): readonly unknown[] {
  return database.prepare(`SELECT \`${to}\` FROM \`${table}\` ORDER BY id`).pluck().all();
}

function uniqueValue({ name, kind }: ColumnShape, index: number): unknown {
  return kind === 'integer' ? index * 60_000 : `${name.slice(0, 4)}-${index}`;
}

/** As hard as the column allows. */
function valueOf(table: TableShape, { name, kind }: ColumnShape, index: number): unknown {
  const at = index + name.length;
  const type = MYSQL_TYPES.get(table.name)?.get(name);
  if (kind === 'real') return HARD_NUMBERS[at % HARD_NUMBERS.length];
  if (kind === 'text') {
    return (HARD_TEXTS[at % HARD_TEXTS.length] ?? '').slice(0, type?.length ?? undefined);
  }
  if (table.versions.includes(name)) return name === 'created_at' ? 1_700_000_000_000 + index : 1;
  return type?.type === 'tinyint' ? index % 2 : HARD_INTEGERS[at % HARD_INTEGERS.length];
}
