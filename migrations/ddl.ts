/** The SQL dialects that one schema is written for. */
export type SqlDialect = 'sqlite' | 'mysql';

/** One step of the schema: on MySQL a single guarded statement, because DDL commits there at once. */
export interface Migration {
  /** Without an extension, so that it is the same from TypeScript and from the build. */
  readonly name: string;
  /** The candle table's name may be another one on MySQL. */
  statements(dialect: SqlDialect, candleTable?: string): readonly string[];
}

/** Name of the candle table where nobody chose another. */
export const CANDLE_TABLE = 'market_data';

/**
 * SQL types by what a column holds. Lengths count characters; unique keys must stay under InnoDB's
 * 3,072 bytes at 4 bytes a character. Decimals are exact text, since both engines' drivers disagree
 * about DECIMAL; times are epoch milliseconds; flags are 0 or 1.
 */
const SQL_TYPES = {
  uid: ['TEXT', 'VARCHAR(26)'],
  venue: ['TEXT', 'VARCHAR(128)'],
  symbol: ['TEXT', 'VARCHAR(191)'],
  timeframe: ['TEXT', 'VARCHAR(8)'],
  word: ['TEXT', 'VARCHAR(64)'],
  label: ['TEXT', 'VARCHAR(255)'],
  keyText: ['TEXT', 'VARCHAR(400)'],
  text: ['TEXT', 'MEDIUMTEXT'],
  json: ['TEXT', 'MEDIUMTEXT'],
  decimal: ['TEXT', 'VARCHAR(96)'],
  double: ['REAL', 'DOUBLE'],
  integer: ['INTEGER', 'BIGINT'],
  small: ['INTEGER', 'SMALLINT'],
  flag: ['INTEGER', 'TINYINT'],
  time: ['INTEGER', 'BIGINT'],
} as const;

type ColumnType = keyof typeof SQL_TYPES;

/** A type, with `?` where the column may be NULL. */
export type ColumnSpec = ColumnType | `${ColumnType}?`;

export interface TableDefinition {
  readonly name: string;
  /** In the table's order. Tables get a local `id` in front unless they have a primary key. */
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  /** A natural primary key instead of the local `id`: the rows are then stored in its order. */
  readonly primaryKey?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[])[];
  /** Column to `table.column`. Only parents that are always stored first. */
  readonly references?: Readonly<Record<string, string>>;
}

/** The step that creates one table with its keys and indexes, doing nothing where it exists. */
export function createTable(name: string, table: TableDefinition): Migration {
  return {
    name,
    statements: (dialect) => (dialect === 'sqlite' ? sqliteTable(table) : [mysqlTable(table)]),
  };
}

export interface AddedColumn {
  readonly type: ColumnSpec;
  /** What the rows have that are there already; a column without it may be NULL. */
  readonly default?: string | number;
}

/** The step that adds columns at the end of a table; rows that are there get the defaults. */
export function addColumns(
  name: string,
  table: string,
  columns: Readonly<Record<string, AddedColumn>>,
): Migration {
  const sqlOf = (dialect: SqlDialect): string[] =>
    Object.entries(columns).map(([column, { type, default: value }]) => {
      const filled = value === undefined ? '' : ` DEFAULT ${literal(value)}`;
      return `${quote(column)} ${columnSql(type, dialect)}${filled}`;
    });
  // MariaDB reads what MySQL takes for a comment. MySQL knows no such guard: there the step is known
  // to have been taken by its error.
  const guard = '/*M! IF NOT EXISTS */';
  return {
    name,
    statements: (dialect) =>
      dialect === 'sqlite'
        ? sqlOf(dialect).map((sql) => `ALTER TABLE ${quote(table)} ADD COLUMN ${sql}`)
        : [
            `ALTER TABLE ${quote(table)}\n${sqlOf(dialect)
              .map((sql) => `  ADD COLUMN ${guard} ${sql}`)
              .join(',\n')}`,
          ],
  };
}

/** The step that adds an index to a table that is there. */
export function addIndex(
  name: string,
  index: { readonly table: string; readonly name: string; readonly columns: readonly string[] },
): Migration {
  const body = `${quote(index.name)} ON ${quote(index.table)} ${list(index.columns)}`;
  // As with a column: MySQL knows no guard, and says by its error that the index is there.
  const guard = (dialect: SqlDialect): string =>
    dialect === 'sqlite' ? 'IF NOT EXISTS' : '/*M! IF NOT EXISTS */';
  return { name, statements: (dialect) => [`CREATE INDEX ${guard(dialect)} ${body}`] };
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

function sqliteTable(table: TableDefinition): string[] {
  const options = table.primaryKey === undefined ? 'STRICT' : 'STRICT, WITHOUT ROWID';
  const key = table.primaryKey === undefined ? '`id` INTEGER PRIMARY KEY' : undefined;
  const unique = (table.unique ?? []).map((columns) => `UNIQUE ${list(columns)}`);
  const body = tableBody(table, { dialect: 'sqlite', key, constraints: unique });
  const create = `CREATE TABLE IF NOT EXISTS ${quote(table.name)} (\n${body}\n) ${options}`;
  const indexes = (table.indexes ?? []).map((columns) => {
    const name = quote(`${table.name}_by_${columns.join('_')}`);
    return `CREATE INDEX IF NOT EXISTS ${name} ON ${quote(table.name)} ${list(columns)}`;
  });
  return [create, ...indexes];
}

function mysqlTable(table: TableDefinition): string {
  const key =
    table.primaryKey === undefined ? '`id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY' : undefined;
  const unique = (table.unique ?? []).map(
    (columns, at) => `UNIQUE KEY \`u${at}\` ${list(columns)}`,
  );
  const indexes = (table.indexes ?? []).map((columns, at) => `KEY \`i${at}\` ${list(columns)}`);
  const body = tableBody(table, { dialect: 'mysql', key, constraints: [...unique, ...indexes] });
  const options = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';
  return `CREATE TABLE IF NOT EXISTS ${quote(table.name)} (\n${body}\n) ${options}`;
}

interface BodyParts {
  readonly dialect: SqlDialect;
  readonly key: string | undefined;
  readonly constraints: readonly string[];
}

function tableBody(table: TableDefinition, parts: BodyParts): string {
  const columns = Object.entries(table.columns).map(
    ([name, spec]) => `${quote(name)} ${columnSql(spec, parts.dialect)}`,
  );
  const primary = table.primaryKey === undefined ? [] : [`PRIMARY KEY ${list(table.primaryKey)}`];
  const references = Object.entries(table.references ?? {}).map(([column, target]) => {
    const [parent = '', parentColumn = ''] = target.split('.');
    return `FOREIGN KEY (${quote(column)}) REFERENCES ${quote(parent)} (${quote(parentColumn)})`;
  });
  const lines = [...columns, ...primary, ...parts.constraints, ...references];
  return [...(parts.key === undefined ? [] : [parts.key]), ...lines]
    .map((line) => `  ${line}`)
    .join(',\n');
}

function columnSql(spec: ColumnSpec, dialect: SqlDialect): string {
  const isNullable = spec.endsWith('?');
  const type = (isNullable ? spec.slice(0, -1) : spec) as ColumnType;
  const [sqlite, mysql] = SQL_TYPES[type];
  return `${dialect === 'sqlite' ? sqlite : mysql} ${isNullable ? 'NULL' : 'NOT NULL'}`;
}

function list(columns: readonly string[]): string {
  return `(${columns.map(quote).join(', ')})`;
}

/** Both engines take backticks around a name. */
function quote(name: string): string {
  return `\`${name}\``;
}
