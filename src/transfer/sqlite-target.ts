import { existsSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { openDatabase } from '../storage/database/database.js';
import { driverCodeOf, driverMessageOf } from '../storage/connection/driver-errors.js';
import { inspectFile } from '../storage/sqlite/check-file.js';
import { forgetClosingSum, writeClosingSum } from '../storage/sqlite/closing-sum.js';
import { translateSqliteError, translateSqliteOpenError } from '../storage/sqlite/errors.js';
import { SqliteLineFormat, type RawRow } from './sqlite-line-format.js';
import { fieldsOf, readValue, type Line } from './lines.js';
import { releaseStatement, type RowStatement, updateStatement } from './row-statements.js';
import { assertSqliteSchema } from './sqlite-source.js';
import { MAPPED_TABLE, type TableShape } from './table-shapes.js';
import type {
  Changes,
  ColumnLimit,
  Digest,
  IdMap,
  Refusal,
  Selector,
  SqlValue,
  TargetReader,
  TransferTarget,
  WriteResult,
} from './transfer-ports.js';

const BUSY_TIMEOUT_MS = 10_000;

/** Its own ids mean what they say. */
const OWN_IDS: IdMap = { get: (id) => id };

export interface SqliteTargetOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isReadOnly: boolean;
}

/** A SQLite file that rows are copied to. */
export class SqliteTarget implements TransferTarget {
  readonly #statements = new Map<string, Statement<SqlValue[]>>();

  readonly place: string;
  /** Undefined where a dry run found no file. */
  readonly #database: Database | undefined;
  readonly #isReadOnly: boolean;

  private constructor(place: string, database: Database | undefined, isReadOnly: boolean) {
    this.place = place;
    this.#database = database;
    this.#isReadOnly = isReadOnly;
  }

  /** @throws ConfigError when the file cannot be used, or its schema is another one */
  static async open(file: string, options: SqliteTargetOptions): Promise<SqliteTarget> {
    if (options.isReadOnly && !existsSync(file)) {
      return new SqliteTarget(file, undefined, true);
    }
    try {
      if (options.isReadOnly) inspectFile(file);
      else await (await openDatabase({ engine: 'sqlite', file }, options)).close();
      const database = new SqliteDatabase(file, {
        readonly: options.isReadOnly,
        timeout: BUSY_TIMEOUT_MS,
      });
      if (options.isReadOnly) {
        assertSqliteSchema(database, file);
      } else {
        forgetClosingSum(file);
        database.pragma('foreign_keys = ON');
      }
      return new SqliteTarget(file, database, options.isReadOnly);
    } catch (error) {
      throw translateSqliteOpenError(error, file);
    }
  }

  get hasSchema(): boolean {
    return this.#database !== undefined;
  }

  limitsOf(): readonly ColumnLimit[] {
    return [];
  }

  isEmpty(table: TableShape): Promise<boolean> {
    const found = this.#open.prepare(`SELECT 1 FROM \`${table.name}\` LIMIT 1`).get();
    return Promise.resolve(found === undefined);
  }

  async digest(table: TableShape, selectors: readonly Selector[]): Promise<Digest> {
    const lines = await this.readLines(table, selectors);
    return { rows: lines.length, sum: lines.reduce((sum, line) => sum + crc32(line), 0) };
  }

  readLines(table: TableShape, selectors: readonly Selector[]): Promise<readonly Line[]> {
    const format = new SqliteLineFormat(table);
    const lines = selectors.flatMap(({ where, values }) =>
      this.#open
        .prepare<SqlValue[], RawRow>(`${format.select} WHERE ${where}`)
        .raw()
        .all(...values)
        .map((row) => format.lineOf(row, OWN_IDS).line),
    );
    return Promise.resolve(lines);
  }

  openReaders(): Promise<readonly TargetReader[]> {
    return Promise.resolve([this]);
  }

  readExclusive(table: TableShape): Promise<readonly Line[]> {
    const where = table.exclusive.map((name) => `\`${name}\` IS NOT NULL`).join(' OR ');
    return this.readLines(table, [{ where, values: [] }]);
  }

  release(table: TableShape, lines: readonly Line[]): Promise<void> {
    const statement = releaseStatement(table, `\`${table.name}\``);
    for (const line of lines) this.#run(table, statement, line);
    return Promise.resolve();
  }

  readIds(): Promise<ReadonlyMap<string, string>> {
    const sql = `SELECT venue || char(9) || symbol || char(9) || timeframe, CAST(id AS TEXT) FROM ${MAPPED_TABLE}`;
    return Promise.resolve(new Map(this.#open.prepare<[], [string, string]>(sql).raw().all()));
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#open.exec('BEGIN IMMEDIATE');
      const result = await work();
      this.#open.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#open.inTransaction) this.#open.exec('ROLLBACK');
      throw translateSqliteError(error, this.place);
    }
  }

  tryInsert(table: TableShape, lines: readonly Line[]): Promise<boolean> {
    this.#open.exec('SAVEPOINT before_insert');
    const statement = insertStatement(table);
    const isStored = lines.every((line) => typeof this.#run(table, statement, line) !== 'string');
    this.#open.exec(isStored ? 'RELEASE before_insert' : 'ROLLBACK TO before_insert');
    return Promise.resolve(isStored);
  }

  write(table: TableShape, { inserts, updates }: Changes): Promise<WriteResult> {
    const refused: Refusal[] = [];
    const overtaken: Line[] = [];
    const update = updateStatement(table, `\`${table.name}\``);
    for (const line of updates) {
      const changed = this.#run(table, update, line);
      if (typeof changed === 'string') refused.push({ line, reason: changed });
      else if (changed === 0) overtaken.push(line);
    }
    const insert = insertStatement(table);
    for (const line of inserts) {
      const reason = this.#run(table, insert, line);
      if (typeof reason === 'string') refused.push({ line, reason });
    }
    return Promise.resolve({ refused, overtaken });
  }

  close(): Promise<void> {
    this.#database?.close();
    if (!this.#isReadOnly) writeClosingSum(this.place);
    return Promise.resolve();
  }

  #prepare(sql: string): Statement<SqlValue[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#open.prepare<SqlValue[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  get #open(): Database {
    if (this.#database === undefined) throw new Error('Broken invariant: there is no file to read');
    return this.#database;
  }

  /** Rows changed, or why the database refuses this one. */
  #run(table: TableShape, { sql, names }: RowStatement, line: Line): number | string {
    const fields = fieldsOf(table, line, names);
    const values = names.map((name, at): SqlValue => {
      const column = table.columns.find((one) => one.name === name);
      const field = fields[at] ?? '';
      return column === undefined ? field : readValue(field, column);
    });
    try {
      return this.#prepare(sql).run(...values).changes;
    } catch (error) {
      if (!(driverCodeOf(error) ?? '').startsWith('SQLITE_CONSTRAINT')) throw error;
      return driverMessageOf(error);
    }
  }
}

function insertStatement(table: TableShape): RowStatement {
  const names = table.columns.map(({ name }) => name);
  const list = names.map((name) => `\`${name}\``).join(', ');
  const places = names.map(() => '?').join(', ');
  return { sql: `INSERT INTO \`${table.name}\` (${list}) VALUES (${places})`, names };
}
