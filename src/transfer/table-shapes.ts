import SqliteDatabase, { type Database } from 'better-sqlite3';
import { BOOKKEEPING_TABLE, MIGRATIONS } from '../../migrations/index.js';
import { assertDefined } from '../lib/invariant.js';

export type ColumnKind = 'integer' | 'real' | 'text';

export interface ColumnShape {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** What a transfer must know of one table. All of it follows from the schema itself. */
export interface TableShape {
  readonly name: string;
  /** In the table's order, without the local `id`. */
  readonly columns: readonly ColumnShape[];
  readonly hasLocalId: boolean;
  /** Columns that make a row the same row in both databases. */
  readonly identity: readonly string[];
  /** In which the source is read: an index of it. */
  readonly order: readonly string[];
  /**
   * True where the rows of a stretch of the order are selected by its bounds: the identity's last
   * column is a time, and the ones before it change rarely.
   */
  readonly isRange: boolean;
  /** The larger, compared one after the other, the newer. */
  readonly versions: readonly string[];
  /**
   * Differ between two databases that came by the same row on their own, and mean nothing then: when
   * it was stored, and a `uid` that is not what makes the row the same.
   */
  readonly incidental: readonly string[];
  /** Unique where they are set: one row must let go before another may take it. */
  readonly exclusive: readonly string[];
  /** Tables whose rows must be there first. */
  readonly parents: readonly string[];
}

/** Rows that mean something to one database only: who may trade there, what is still to be told, its schema's steps. */
const LOCAL_TABLES: ReadonlySet<string> = new Set(['leases', 'notifications', BOOKKEEPING_TABLE]);

/** The only local ids that other rows hold. Everything else refers by uid or by a natural key. */
export const MAPPED_COLUMN = 'series_id';
export const MAPPED_TABLE = 'series';
/** What a mapped row is known by in both databases. */
const MAPPED_IDENTITY: readonly string[] = ['venue', 'symbol', 'timeframe'];

const VERSION_COLUMNS = ['row_version', 'revision', 'created_at'];

/** Every table of the schema that a transfer copies, parents before their children. */
export function readTableShapes(): readonly TableShape[] {
  const reference = new SqliteDatabase(':memory:');
  try {
    for (const step of MIGRATIONS) {
      for (const statement of step.statements('sqlite')) reference.exec(statement);
    }
    return parentsFirst(tableNames(reference).map((name) => shapeOf(reference, name)));
  } finally {
    reference.close();
  }
}

function tableNames(reference: Database): readonly string[] {
  const names = reference
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
    )
    .pluck()
    .all();
  return names.filter((name) => !LOCAL_TABLES.has(name));
}

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

function shapeOf(reference: Database, table: string): TableShape {
  const info = reference.pragma(`table_info(${table})`) as ColumnInfo[];
  const hasLocalId = info.some((column) => column.name === 'id' && column.pk === 1);
  const columns = info
    .filter((column) => !(hasLocalId && column.name === 'id'))
    .map((column) => ({ name: column.name, kind: kindOf(table, column) }));
  columns.forEach((column) => {
    assertNoForeignId(table, column);
  });
  const identity = identityOf(reference, table, info);
  const isRange = isRangeOf(columns, identity);
  const versions = VERSION_COLUMNS.filter((name) => columns.some((column) => column.name === name));
  const byUid = identity.length === 1 && identity[0] === 'uid';
  return {
    name: table,
    columns,
    hasLocalId,
    identity,
    isRange,
    versions,
    order: isRange || !hasLocalId ? identity : ['id'],
    incidental: byUid
      ? []
      : ['uid', 'created_at'].filter((name) => columns.some((column) => column.name === name)),
    exclusive: uniqueKeys(reference, table)
      .flat()
      .filter((name) => info.some((column) => column.name === name && column.notnull === 0)),
    parents: parentsOf(reference, table, columns),
  };
}

function kindOf(table: string, { name, type }: ColumnInfo): ColumnKind {
  if (type === 'INTEGER') return 'integer';
  if (type === 'REAL') return 'real';
  if (type === 'TEXT') return 'text';
  throw new Error(`${table}.${name} has type ${type}, which the transfer does not know`);
}

/** A local id means another row in another database, so it must be known to be mapped. */
function assertNoForeignId(table: string, { name, kind }: ColumnShape): void {
  if (kind !== 'integer' || !name.endsWith('_id') || name === MAPPED_COLUMN) return;
  throw new Error(`${table}.${name} holds a local id that the transfer does not know to map`);
}

function identityOf(
  reference: Database,
  table: string,
  info: readonly ColumnInfo[],
): readonly string[] {
  if (table === MAPPED_TABLE) return MAPPED_IDENTITY;
  const primary = info.filter((column) => column.pk > 0).sort((one, other) => one.pk - other.pk);
  const names = primary.map((column) => column.name);
  if (names.length > 0 && !(names.length === 1 && names[0] === 'id')) return names;
  const whole = uniqueKeys(reference, table).filter((key) =>
    key.every((name) => info.some((column) => column.name === name && column.notnull === 1)),
  );
  const found = whole.find((key) => key.length === 1 && key[0] === 'uid') ?? whole[0];
  return assertDefined(found, `a uid or a natural key of ${table}`);
}

function uniqueKeys(reference: Database, table: string): readonly (readonly string[])[] {
  const indexes = reference.pragma(`index_list(${table})`) as { name: string; origin: string }[];
  return indexes
    .filter((index) => index.origin === 'u')
    .map((index) =>
      (reference.pragma(`index_info(${index.name})`) as { name: string }[]).map(({ name }) => name),
    );
}

function isRangeOf(columns: readonly ColumnShape[], identity: readonly string[]): boolean {
  const last = columns[identity.length - 1];
  return (
    identity.length > 1 &&
    last?.kind === 'integer' &&
    identity.every((name, at) => columns[at]?.name === name)
  );
}

function parentsOf(
  reference: Database,
  table: string,
  columns: readonly ColumnShape[],
): readonly string[] {
  const keys = reference.pragma(`foreign_key_list(${table})`) as { table: string }[];
  const mapped = columns.some((column) => column.name === MAPPED_COLUMN) ? [MAPPED_TABLE] : [];
  return [...new Set([...keys.map((key) => key.table), ...mapped])];
}

function parentsFirst(tables: readonly TableShape[]): readonly TableShape[] {
  const sorted: TableShape[] = [];
  const visit = (table: TableShape): void => {
    if (sorted.includes(table)) return;
    for (const parent of table.parents) {
      const found = tables.find(({ name }) => name === parent);
      if (found !== undefined && found !== table) visit(found);
    }
    sorted.push(table);
  };
  tables.forEach(visit);
  return sorted;
}
