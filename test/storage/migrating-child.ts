import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import SqliteDatabase from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import type { Migration } from '../../migrations/ddl.js';
import { MIGRATIONS } from '../../migrations/index.js';
import { openDatabase } from '../../src/storage/database/database.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { connectionOptions } from '../../src/storage/mysql/connection-options.js';
import { migrateMysql } from '../../src/storage/mysql/migrate-mysql.js';
import { migrateSqlite } from '../../src/storage/sqlite/migrate-sqlite.js';
import { fixedClock } from './fixed-clock.js';

/** Meets the others not only in the first start, but in closing and in opening again. */
const OPENINGS = 50;

/**
 * A process that brings a schema up to date: whole, or until it kills itself inside the step named by
 * `killAt`, after the step's statements and before its bookkeeping.
 */
interface Order {
  readonly location: DatabaseLocation;
  readonly killAt?: string;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
if (order.killAt !== undefined) await migrateUntil(order.location, order.killAt);
else for (let opening = 0; opening < OPENINGS; opening++) await openWhole(order.location);

async function openWhole(location: DatabaseLocation): Promise<void> {
  const database = await openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER });
  await database.close();
}

async function migrateUntil(location: DatabaseLocation, killAt: string): Promise<void> {
  const migrations = MIGRATIONS.map((step) => (step.name === killAt ? deadly(step) : step));
  if (location.engine === 'sqlite') {
    const { file } = location;
    migrateSqlite({ database: new SqliteDatabase(file), file, migrations, appliedAt: 1 });
    return;
  }
  const connection = await createConnection(connectionOptions(location));
  await migrateMysql({ connection, database: location.database, migrations, appliedAt: 1 });
}

function deadly(step: Migration): Migration {
  function* statementsThenDeath(statements: readonly string[]): Generator<string> {
    yield* statements;
    process.kill(process.pid, 'SIGKILL');
  }
  return {
    name: step.name,
    statements: (dialect, candleTable) => {
      const statements = step.statements(dialect, candleTable);
      const iterator = (): Generator<string> => statementsThenDeath(statements);
      return Object.assign([...statements], { [Symbol.iterator]: iterator });
    },
  };
}
