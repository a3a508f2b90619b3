import type { Connection, RowDataPacket } from 'mysql2/promise';
import { CANDLE_TABLE, type Migration } from '../../../migrations/ddl.js';
import { BOOKKEEPING_TABLE } from '../../../migrations/index.js';
import { ConfigError, TransientError } from '../../lib/errors.js';
import { mayNotCreate, pendingMigrations } from '../connection/pending-migrations.js';

/** How long one process waits for another that is creating the schema. */
const LOCK_WAIT_SEC = 60;
const DUPLICATE_COLUMN = 1060;
const DUPLICATE_INDEX = 1061;

export const CREATE_BOOKKEEPING = `CREATE TABLE IF NOT EXISTS ${BOOKKEEPING_TABLE} (
  name VARCHAR(64) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`;

/** What is migrated, and when that is. */
export interface MysqlMigration {
  readonly connection: Connection;
  readonly database: string;
  readonly migrations: readonly Migration[];
  readonly appliedAt: number;
  /** Default `market_data`. */
  readonly candleTable?: string | undefined;
  /** False refuses where a step is missing. Default true. */
  readonly mayCreate?: boolean | undefined;
}

/**
 * Brings the schema up to date under the server's named lock, which dies with its connection. DDL
 * commits at once on MySQL: a step is one guarded statement, so the step that a kill cut off from its
 * bookkeeping is simply taken again.
 */
export async function migrateMysql(migration: MysqlMigration): Promise<void> {
  const { connection, database } = migration;
  const tables = await tablesOf(migration);
  if (tables.length > 0 && !tables.includes(BOOKKEEPING_TABLE)) {
    throw new ConfigError(
      `Database ${database} belongs to another program (${tables.length} tables): give MYSQL_DB a name of its own`,
    );
  }
  const pending = tables.length > 0 ? await readPending(migration) : migration.migrations;
  if (pending.length === 0) {
    assertCandleTable(tables, migration);
    return;
  }
  if (migration.mayCreate === false) throw mayNotCreate(`database ${database}`, pending);
  await lock(migration);
  try {
    await connection.query(CREATE_BOOKKEEPING);
    await applyPending(migration);
  } finally {
    await connection.query('SELECT RELEASE_LOCK(?)', [lockName(database)]);
  }
}

async function applyPending(migration: MysqlMigration): Promise<void> {
  const record = `INSERT INTO ${BOOKKEEPING_TABLE} VALUES (?, ?)`;
  for (const step of await readPending(migration)) {
    for (const statement of step.statements('mysql', migration.candleTable)) {
      await take(migration.connection, statement);
    }
    await migration.connection.query(record, [step.name, migration.appliedAt]);
  }
}

/** MySQL cannot guard a new column or index: that it is there says that a kill cut its bookkeeping off. */
async function take(connection: Connection, statement: string): Promise<void> {
  try {
    await connection.query(statement);
  } catch (error) {
    const { errno } = error as { readonly errno?: number };
    if (errno !== DUPLICATE_COLUMN && errno !== DUPLICATE_INDEX) throw error;
  }
}

async function readPending(migration: MysqlMigration): Promise<readonly Migration[]> {
  const [rows] = await migration.connection.query<RowDataPacket[]>(
    `SELECT name FROM ${BOOKKEEPING_TABLE}`,
  );
  const applied = rows.map((row) => String(row['name']));
  return pendingMigrations(migration.migrations, applied, `database ${migration.database}`);
}

/** A name that was changed later would leave the candles behind under the old one. */
function assertCandleTable(
  tables: readonly string[],
  { database, candleTable = CANDLE_TABLE }: MysqlMigration,
): void {
  // Some servers keep all names in lower case.
  const isThere = tables.some((name) => name.toLowerCase() === candleTable.toLowerCase());
  if (isThere) return;
  throw new ConfigError(
    `Database ${database} has no table ${candleTable}: set MYSQL_MARKET_DATA_TABLE to the name under which its candles were stored, or take another MYSQL_DB`,
  );
}

async function tablesOf({ connection, database }: MysqlMigration): Promise<readonly string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?',
    [database],
  );
  return rows.map((row) => String(row['name']));
}

async function lock({ connection, database }: MysqlMigration): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS got', [
    lockName(database),
    LOCK_WAIT_SEC,
  ]);
  if (rows[0]?.['got'] === 1) return;
  throw new TransientError(
    `Another process has been creating the schema of ${database} for over ${LOCK_WAIT_SEC} s`,
  );
}

/** Names of locks belong to the whole server and have 64 characters at most. */
function lockName(database: string): string {
  return `evenkeel ${database}`.slice(0, 64);
}
