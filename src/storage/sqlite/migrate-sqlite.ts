import type { Database } from 'better-sqlite3';
import type { Migration } from '../../../migrations/ddl.js';
import { BOOKKEEPING_TABLE } from '../../../migrations/index.js';
import { mayNotCreate, pendingMigrations } from '../connection/pending-migrations.js';
import { APPLICATION_ID } from './check-file.js';

const CREATE_BOOKKEEPING = `CREATE TABLE IF NOT EXISTS ${BOOKKEEPING_TABLE} (
  name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`;

/** What is migrated, and when that is. */
export interface SqliteMigration {
  readonly database: Database;
  readonly file: string;
  readonly migrations: readonly Migration[];
  readonly appliedAt: number;
  /** False refuses where a step is missing. Default true. */
  readonly mayCreate?: boolean | undefined;
}

/**
 * Brings the schema up to date in one transaction: a kill leaves all of it or nothing, and of several
 * processes that start together one does the work while the others wait for its lock.
 */
export function migrateSqlite(migration: SqliteMigration): void {
  const pending = readPending(migration);
  if (pending.length === 0) return;
  if (migration.mayCreate === false) throw mayNotCreate(migration.file, pending);
  migration.database.exec('BEGIN IMMEDIATE');
  try {
    applyPending(migration);
    migration.database.exec('COMMIT');
  } catch (error) {
    if (migration.database.inTransaction) migration.database.exec('ROLLBACK');
    throw error;
  }
}

function applyPending(migration: SqliteMigration): void {
  const { database, appliedAt } = migration;
  database.exec(CREATE_BOOKKEEPING);
  const record = database.prepare(`INSERT INTO ${BOOKKEEPING_TABLE} VALUES (?, ?)`);
  for (const step of readPending(migration)) {
    for (const statement of step.statements('sqlite')) database.exec(statement);
    record.run(step.name, appliedAt);
  }
  database.pragma(`application_id = ${APPLICATION_ID}`);
}

function readPending({ database, file, migrations }: SqliteMigration): readonly Migration[] {
  const known = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .get(BOOKKEEPING_TABLE);
  const applied = known
    ? database.prepare(`SELECT name FROM ${BOOKKEEPING_TABLE}`).pluck().all()
    : [];
  return pendingMigrations(migrations, applied.map(String), file);
}
