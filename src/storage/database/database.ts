/** One database on either engine: statements, transactions, retries. Every store works on it. */

import knexModule, { type Knex } from 'knex';
import type { Clock } from '../../lib/clock.js';
import { messageOf, TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { candleTableOf, locationText, type DatabaseLocation } from '../connection/location.js';
import {
  isMysqlDiskFull,
  isMysqlRetryable,
  isSafeToRepeat,
  translateMysqlError,
} from '../mysql/errors.js';
import type { Row } from '../connection/row.js';
import type { OpenedKnex, RowSource } from '../connection/connections.js';
import type { SqliteConnection } from '../sqlite/connection.js';
import { isSqliteDiskFault, isSqliteRetryable, translateSqliteError } from '../sqlite/errors.js';
import { openSqlite } from '../sqlite/open-sqlite.js';
import { translating } from '../connection/driver-errors.js';
import { assertOutside, duringTransaction } from './open-transactions.js';

/** Attempts at a statement or a transaction that the engine undid in favour of another one. */
const ATTEMPTS = 8;

const FIRST_PAUSE_MS = 5;

/** Tries, and the wall time of all together, when the connection was lost and nothing was done by it. */
const LOST_ATTEMPTS = 6;
const FIRST_LOST_PAUSE_MS = 100;
const LOST_LIMIT_MS = 5_000;

export interface DatabaseContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** False refuses where a step of the schema is missing. Default true. */
  readonly mayCreate?: boolean | undefined;
}

/** The part of knex's client that is used past its queries. */
interface ConnectionPool {
  acquireConnection(): Promise<SqliteConnection>;
  releaseConnection(connection: SqliteConnection): Promise<void>;
}

/** What synchronous work on SQLite may do. */
export type SyncStatements = Pick<SqliteConnection, 'runEach' | 'changeEach'>;

interface Scope {
  readonly location: DatabaseLocation;
  readonly clock: Clock;
  readonly opened: OpenedKnex;
  /** What kept the last row from being stored for want of space; shared with its transactions. */
  readonly disk: { fault: string | undefined };
}

/**
 * A connection to SQLite or MySQL, or one transaction of it. What it throws says by its class what to
 * do: `TransientError` try again later, `RejectedError` the row is wrong, `HaltError` the data is.
 */
export class Database implements RowSource {
  #closing: Promise<void> | undefined;
  #isFailingFast = false;

  readonly #knex: Knex;
  readonly #scope: Scope;
  readonly #isTransaction: boolean;

  constructor(knex: Knex, scope: Scope, isTransaction = false) {
    this.#knex = knex;
    this.#scope = scope;
    this.#isTransaction = isTransaction;
  }

  get engine(): 'sqlite' | 'mysql' {
    return this.#scope.location.engine;
  }

  get location(): DatabaseLocation {
    return this.#scope.location;
  }

  get candleTable(): string {
    return candleTableOf(this.#scope.location);
  }

  /**
   * Runs one statement. It may be run again when the engine undoes it, and after a lost connection
   * where that cannot do it twice.
   */
  run<T>(work: (knex: Knex) => PromiseLike<T>): Promise<T> {
    return this.#attempting(work, { isTransaction: false });
  }

  #attempting<T>(
    work: (knex: Knex) => PromiseLike<T>,
    kind: { readonly isTransaction: boolean },
  ): Promise<T> {
    if (this.#isTransaction) return this.#translating(() => work(this.#knex));
    assertOutside(this.#scope);
    return this.#retrying(() => this.#translating(() => work(this.#knex)), kind);
  }

  /**
   * Runs `work` as one transaction: all of it is stored or nothing. It may be run again from its start
   * when the engine undoes it, so it changes nothing but the database. Inside a transaction it joins.
   */
  transaction<T>(work: (tx: Database) => Promise<T>): Promise<T> {
    if (this.#isTransaction) return work(this);
    const begin = (knex: Knex): Promise<T> =>
      knex.transaction((trx) =>
        duringTransaction(this.#scope, () => work(new Database(trx, this.#scope, true))),
      );
    return this.#attempting(begin, { isTransaction: true });
  }

  /** What became of the file of SQLite, where it is not in its place any more. */
  findFileFault(): string | undefined {
    return this.#scope.opened.findFileFault?.();
  }

  /** Why rows could not be stored for want of space, until `probeWrite` stores one. */
  get diskFault(): string | undefined {
    return this.#scope.disk.fault;
  }

  /** Runs one writing statement, and forgets the disk's fault when it succeeds. */
  async probeWrite(sql: string, bindings: readonly (string | number)[]): Promise<void> {
    await this.#translating(() => this.#knex.raw(sql, [...bindings]));
    this.#scope.disk.fault = undefined;
  }

  /** One statement without another try: what it throws is how things are now. */
  async ask(sql: string, bindings: readonly (string | number)[] = []): Promise<readonly Row[]> {
    const found: unknown = await this.#translating(() => this.#knex.raw(sql, [...bindings]));
    return this.#rowsOf(found);
  }

  /** From now on a lost connection fails at once: the process is about to end. */
  failFast(): void {
    this.#isFailingFast = true;
  }

  /**
   * Runs a statement once for each row, inside a transaction on SQLite: there it takes a fraction of
   * what one statement for all rows does, whose text has to be put together and compiled.
   *
   * @returns the first value that each run answered with, undefined where it answered nothing
   */
  runEach(sql: string, rows: readonly (readonly unknown[])[]): Promise<readonly unknown[]> {
    if (!this.#isTransaction || this.engine !== 'sqlite') {
      throw new Error('Only a transaction on SQLite runs a statement for each row');
    }
    return this.run(async (knex) => {
      // Inside a transaction this is its own connection, which needs no release.
      const { client } = knex as { client: ConnectionPool };
      return (await client.acquireConnection()).runEach(sql, rows);
    });
  }

  /**
   * Does synchronous work on SQLite as a transaction of its own, or as a part of the one that is open:
   * for rows that can be had again, because the last of these transactions may be undone when the
   * machine fails. They need not wait for the disk, which takes several times as long as storing them,
   * and holds the event loop.
   */
  withoutSync<T>(work: (statements: SyncStatements) => T): Promise<T> {
    if (this.#isTransaction) {
      return this.run(async (knex) => {
        const { client } = knex as { client: ConnectionPool };
        return work(await client.acquireConnection());
      });
    }
    const attempt = async (knex: Knex): Promise<T> => {
      // The pool hands out the one connection, so no transaction is open on it meanwhile.
      const { client } = knex as { client: ConnectionPool };
      const connection = await client.acquireConnection();
      try {
        return connection.withoutSync(work);
      } finally {
        await client.releaseConnection(connection);
      }
    };
    return this.#attempting(attempt, { isTransaction: true });
  }

  /** For reads of some thousand rows at most: they hold the event loop on SQLite. */
  async selectRows(
    sql: string,
    bindings: readonly (string | number)[],
  ): Promise<readonly unknown[][]> {
    const rows = await this.selectObjects(sql, bindings);
    return rows.map((row) => Object.values(row));
  }

  /** The same with each row as an object. */
  async selectObjects(
    sql: string,
    bindings: readonly (string | number)[],
  ): Promise<readonly Row[]> {
    const found: unknown = await this.run((knex) => knex.raw(sql, [...bindings]));
    return this.#rowsOf(found);
  }

  /** Closes all connections once; later calls wait for the same. */
  close(): Promise<void> {
    this.#closing ??= this.#scope.opened.close();
    return this.#closing;
  }

  #rowsOf(found: unknown): readonly Row[] {
    // The MySQL driver answers with the rows and their description.
    return this.engine === 'sqlite' ? (found as Row[]) : (found as [Row[]])[0];
  }

  async #retrying<T>(
    attempt: () => Promise<T>,
    kind: { readonly isTransaction: boolean },
  ): Promise<T> {
    const { clock } = this.#scope;
    const startedMs = clock.wallMs();
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (error) {
        const wasMs = clock.wallMs() - startedMs;
        const pauseMs = this.#pauseBeforeRetry(error, { ...kind, failures, wasMs });
        if (pauseMs === undefined) throw error;
        await clock.sleep(pauseMs);
      }
    }
  }

  /** Undefined where another try would do harm or comes too late. */
  #pauseBeforeRetry(
    error: unknown,
    tried: {
      readonly isTransaction: boolean;
      readonly failures: number;
      readonly wasMs: number;
    },
  ): number | undefined {
    if (!(error instanceof TransientError)) return undefined;
    const doubled = 2 ** (tried.failures - 1);
    if (isSqliteRetryable(error.cause) || isMysqlRetryable(error.cause)) {
      return tried.failures < ATTEMPTS ? FIRST_PAUSE_MS * doubled : undefined;
    }
    if (this.#isFailingFast || tried.failures >= LOST_ATTEMPTS || tried.wasMs > LOST_LIMIT_MS) {
      return undefined;
    }
    return isSafeToRepeat(error.cause, tried) ? FIRST_LOST_PAUSE_MS * doubled : undefined;
  }

  #translating<T>(work: () => PromiseLike<T>): Promise<T> {
    return translating(work, (error) => {
      const translated = translate(error, this.#scope.location);
      if (isDiskFault(error)) this.#scope.disk.fault = messageOf(translated);
      return translated;
    });
  }
}

/** Opens the database and brings its schema up to date. */
export async function openDatabase(
  location: DatabaseLocation,
  context: DatabaseContext,
): Promise<Database> {
  const opened = await openKnex(location, context);
  return new Database(opened.knex, {
    location,
    clock: context.clock,
    opened,
    disk: { fault: undefined },
  });
}

async function openKnex(location: DatabaseLocation, context: DatabaseContext): Promise<OpenedKnex> {
  if (location.engine === 'sqlite') return openSqlite(location, context);
  // Megabytes of driver that a daemon on SQLite does without.
  const { openMysql } = await import('../mysql/open-mysql.js');
  return openMysql(location, context);
}

function isDiskFault(error: unknown): boolean {
  return isSqliteDiskFault(error) || isMysqlDiskFull(error);
}

function translate(error: unknown, location: DatabaseLocation): unknown {
  if (error instanceof knexModule.KnexTimeoutError) {
    return new TransientError(`No free connection to ${locationText(location)}`, { cause: error });
  }
  return location.engine === 'sqlite'
    ? translateSqliteError(error, location.file)
    : translateMysqlError(error, location);
}
