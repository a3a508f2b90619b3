import SqliteDatabase, { type Database } from 'better-sqlite3';

/** Statements kept prepared: the stores have about 150 short ones. */
const CACHED_STATEMENTS = 256;

/** Longer ones are batches of many rows: rarely the same twice, and large when prepared. */
const CACHED_SQL_CHARS = 2_000;

/** Wait inside one statement for another process's lock. It blocks the event loop, so it is short. */
const BUSY_TIMEOUT_MS = 250;

/**
 * Pages of the file that a connection keeps, negative for KB: SQLite's own default. The driver's is 16 MB, which a file
 * of a hundred series fills, and the system keeps the same pages anyway.
 */
export const CACHE_SIZE = 'cache_size = -2000';

/** What knex needs of a prepared statement. */
interface PreparedStatement {
  readonly reader: boolean;
  all(bindings: readonly unknown[]): unknown[];
  run(bindings: readonly unknown[]): { changes: number; lastInsertRowid: number | bigint };
}

/**
 * The connection as knex sees it: statements are prepared once, and transactions end whatever happens.
 */
export class SqliteConnection {
  readonly #statements = new Map<string, PreparedStatement>();

  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  prepare(sql: string): PreparedStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#compile(sql);
    if (sql.length > CACHED_SQL_CHARS) return statement;
    if (this.#statements.size >= CACHED_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Runs one statement for each row; answers with the first value of each run's first row. */
  runEach(sql: string, rows: readonly (readonly unknown[])[]): unknown[] {
    const statement = this.#database.prepare<readonly unknown[]>(sql).pluck();
    return rows.map((row) => statement.get(row));
  }

  /** Runs one statement for each row; answers with how many rows of the table they changed. */
  changeEach(sql: string, rows: readonly (readonly unknown[])[]): number {
    const statement = this.prepare(sql);
    return rows.reduce((changes, row) => changes + statement.run(row).changes, 0);
  }

  /**
   * Does synchronous work as a transaction of its own that does not wait for the disk: a failing machine
   * may take back the last of these, never a part of one, and nothing that was stored in another way. No
   * other commit can come in between and be as weak.
   */
  withoutSync<T>(work: (connection: SqliteConnection) => T): T {
    const database = this.#database;
    // In a transaction SQLite would ignore the change and its commit decides.
    if (database.inTransaction) throw new Error('A transaction is open on this connection');
    database.pragma('synchronous = NORMAL');
    try {
      return database.transaction(() => work(this)).immediate();
    } finally {
      database.pragma('synchronous = FULL');
    }
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  close(): void {
    this.#database.close();
  }

  #compile(sql: string): PreparedStatement {
    // Takes the write lock at once: one that is taken half-way fails, however long one would wait.
    if (sql === 'BEGIN;') return this.#database.prepare<readonly unknown[]>('BEGIN IMMEDIATE');
    if (sql === 'COMMIT;') return this.#ending('COMMIT');
    if (sql === 'ROLLBACK') return this.#ending('ROLLBACK');
    return this.#database.prepare<readonly unknown[]>(sql);
  }

  /**
   * SQLite leaves a transaction open when its commit fails (disk full), and may have rolled it back
   * by itself before it is asked to; knex knows neither and would go on in the wrong one.
   */
  #ending(sql: 'COMMIT' | 'ROLLBACK'): PreparedStatement {
    const database = this.#database;
    const run = (): { changes: number; lastInsertRowid: number } => {
      try {
        if (sql === 'COMMIT' || database.inTransaction) database.exec(sql);
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK');
        throw error;
      }
      return { changes: 0, lastInsertRowid: 0 };
    };
    return { reader: false, run, all: () => [] };
  }
}

/**
 * Opens a file that is known to be ours with what every writing connection needs. `synchronous=FULL`:
 * WAL alone may lose the last commits when the machine fails, and a committed order has to stay
 * committed.
 */
export function openWritable(file: string): Database {
  const database = new SqliteDatabase(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    database.pragma(CACHE_SIZE);
    database.pragma('journal_size_limit = 67108864');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
