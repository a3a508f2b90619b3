import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type { Clock } from '../src/lib/clock.js';
import { openDatabase, type Database } from '../src/storage/database/database.js';
import type { DatabaseLocation, MysqlLocation } from '../src/storage/connection/location.js';
import { openStores, type Stores } from '../src/storage/stores.js';
import { dropDatabase, mysqlLocation, mysqlSkipReason } from './mysql-server.js';
import { fixedClock } from './storage/fixed-clock.js';

export { fixedClock } from './storage/fixed-clock.js';
export {
  dropDatabase,
  mysqlLocation,
  mysqlSettings,
  mysqlSkipReason,
  onMysqlServer,
} from './mysql-server.js';

export interface TestDatabase {
  readonly database: Database;
  readonly stores: Stores;
}

/** A fresh SQLite database in memory with its stores, for tests that only need one. */
export async function openTestDatabase(
  options: { readonly clock?: Clock } = {},
): Promise<TestDatabase> {
  return openAt({ engine: 'sqlite', file: ':memory:' }, options.clock ?? fixedClock());
}

/** One real engine, as a suite sees it. */
export interface TestEngine {
  readonly name: 'sqlite' | 'mysql';
  /**
   * A fresh, empty database for one test, closed after it. Another call in the same test opens
   * another connection to the same database.
   */
  open(options?: { readonly clock?: Clock }): Promise<TestDatabase>;
  /** Where that database is. */
  location(): DatabaseLocation;
}

/**
 * Declares a suite once for each engine: SQLite in a temporary file, and the MariaDB or MySQL server
 * at `TEST_MYSQL_URL`, in a database of its own that is dropped in the end. Skipped by name where no
 * server answers.
 */
export function forEachEngine(declare: (engine: TestEngine) => void): void {
  describe('on SQLite', () => {
    declare(sqliteEngine());
  });
  const reason = mysqlSkipReason;
  const title = reason === undefined ? 'on MySQL' : `on MySQL (skipped: ${reason})`;
  describe.skipIf(reason !== undefined)(title, () => {
    declare(mysqlEngine());
  });
}

function sqliteEngine(): TestEngine {
  let folder: string | undefined;
  let count = 0;
  const opened: Database[] = [];
  const location = (): DatabaseLocation => {
    folder ??= mkdtempSync(path.join(tmpdir(), 'evenkeel-test-'));
    return { engine: 'sqlite', file: path.join(folder, `test-${count}.db`) };
  };
  afterEach(async () => {
    await closeAll(opened);
    count += 1;
  });
  afterAll(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  return { name: 'sqlite', location, open: opener(opened, location) };
}

function mysqlEngine(): TestEngine {
  const location = mysqlLocation();
  const opened: Database[] = [];
  beforeAll(async () => {
    // Makes the schema once; tests then only empty the tables that they filled.
    await closeAll([(await openAt(location, fixedClock())).database]);
  });
  afterEach(async () => {
    await closeAll(opened);
    await emptyTables(location);
  });
  afterAll(() => dropDatabase(location));
  return { name: 'mysql', location: () => location, open: opener(opened, () => location) };
}

function opener(opened: Database[], location: () => DatabaseLocation): TestEngine['open'] {
  return async (options) => {
    const test = await openAt(location(), options?.clock ?? fixedClock());
    opened.push(test.database);
    return test;
  };
}

async function openAt(location: DatabaseLocation, clock: Clock): Promise<TestDatabase> {
  const database = await openDatabase(location, { clock, logger: SILENT_LOGGER });
  return { database, stores: openStores(database, clock) };
}

async function closeAll(opened: Database[]): Promise<void> {
  await Promise.all(opened.splice(0).map((database) => database.close()));
}

async function emptyTables({ database }: MysqlLocation): Promise<void> {
  const { host, port, user, password } = mysqlLocation();
  const connection = await createConnection({ host, port, user, password, database });
  try {
    await connection.query('SET FOREIGN_KEY_CHECKS = 0');
    const [rows] = await connection.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()
        AND table_type = 'BASE TABLE' AND table_name <> 'evenkeel_migrations'`,
    );
    for (const { name } of rows as { name: string }[]) {
      await connection.query(`DELETE FROM \`${name}\``);
    }
  } finally {
    await connection.end();
  }
}
