import { existsSync } from 'node:fs';
import type { Database as Connection } from 'better-sqlite3';
import knexModule, { type Knex } from 'knex';
import BetterSqlite3Client from 'knex/lib/dialects/better-sqlite3/index.js';
import { MIGRATIONS } from '../../../migrations/index.js';
import type { Clock } from '../../lib/clock.js';
import { TurnLimit } from '../../lib/turn-limit.js';
import type { SqliteLocation } from '../connection/location.js';
import type { OpenedKnex } from '../connection/connections.js';
import { mayNotCreate } from '../connection/pending-migrations.js';
import { assertWritable, inspectFile, OpenFile } from './check-file.js';
import { assertClosingSum, forgetClosingSum, writeClosingSum } from './closing-sum.js';
import { openWritable, SqliteConnection } from './connection.js';
import { isSqliteRetryable, translateSqliteOpenError } from './errors.js';
import { migrateSqlite } from './migrate-sqlite.js';

/** Longest wait for the one connection, which a transaction holds from its start to its end. */
const ACQUIRE_TIMEOUT_MS = 30_000;

/** Attempts to open while other processes hold the file's lock, with the pause between them. */
const OPEN_ATTEMPTS = 100;
const OPEN_PAUSE_MS = 50;

/**
 * @throws ConfigError when the file cannot be used, with what to do about it
 * @throws TransientError when another process keeps it locked
 */
export async function openSqlite(
  location: SqliteLocation,
  { clock, mayCreate }: { readonly clock: Clock; readonly mayCreate?: boolean | undefined },
): Promise<OpenedKnex> {
  const connection = await openChecked(location.file, { clock, mayCreate });
  const knex = knexModule.knex({
    client: clientOf(connection),
    connection: { filename: location.file },
    pool: { min: 1, max: 1 },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    compileSqlOnError: false,
    useNullAsDefault: true,
  });
  if (location.file === ':memory:') {
    return { knex, close: () => close(knex, connection) };
  }
  const openFile = new OpenFile(location.file);
  return {
    knex,
    findFileFault: () => openFile.findFault(),
    close: async () => {
      // The sum belongs to the file that was open, not to one that took its place.
      const isInPlace = openFile.findFault() === undefined;
      await close(knex, connection);
      if (isInPlace) writeClosingSum(location.file);
    },
  };
}

async function close(knex: Knex, connection: Connection): Promise<void> {
  await knex.destroy();
  // The pool only closes what it has handed out.
  connection.close();
}

async function openChecked(
  file: string,
  { clock, mayCreate }: { readonly clock: Clock; readonly mayCreate: boolean | undefined },
): Promise<Connection> {
  const isFile = file !== ':memory:';
  if (isFile) assertWritable(file);
  for (let attempt = 1; ; attempt++) {
    try {
      if (isFile) {
        assertClosingSum(file);
        inspectFile(file);
      }
      return openMigrated(file, { appliedAt: clock.wallMs(), mayCreate });
    } catch (error) {
      if (!isSqliteRetryable(error) || attempt >= OPEN_ATTEMPTS) {
        throw translateSqliteOpenError(error, file);
      }
      await clock.sleep(OPEN_PAUSE_MS);
    }
  }
}

function openMigrated(
  file: string,
  how: { readonly appliedAt: number; readonly mayCreate: boolean | undefined },
): Connection {
  // Refused before a file is made.
  if (how.mayCreate === false && file !== ':memory:' && !existsSync(file)) {
    throw mayNotCreate(file, MIGRATIONS);
  }
  const database = openWritable(file);
  try {
    if (file !== ':memory:') forgetClosingSum(file);
    migrateSqlite({ database, file, migrations: MIGRATIONS, ...how });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * knex's dialect, given a connection that is already open and checked. A statement is answered within the turn of the
 * event loop that runs it, so who gets the connection waits where that turn has become long. A transaction has it from
 * its start to its end, and waits once.
 */
function clientOf(connection: Connection): typeof Knex.Client {
  const turns = new TurnLimit();
  return class extends BetterSqlite3Client {
    override async acquireConnection(): Promise<SqliteConnection> {
      const acquired = (await super.acquireConnection()) as SqliteConnection;
      await turns.wait();
      return acquired;
    }

    override acquireRawConnection(): Promise<SqliteConnection> {
      return Promise.resolve(new SqliteConnection(connection));
    }

    override validateConnection(candidate: SqliteConnection): Promise<boolean> {
      return Promise.resolve(candidate.isOpen);
    }
  };
}
