import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { BOOKKEEPING_TABLE, MIGRATIONS } from '../../migrations/index.js';
import { ConfigError, messageOf } from '../lib/errors.js';
import { pendingMigrations } from '../storage/connection/pending-migrations.js';
import { inspectFile } from '../storage/sqlite/check-file.js';
import { assertClosingSum } from '../storage/sqlite/closing-sum.js';
import { translateSqliteOpenError } from '../storage/sqlite/errors.js';
import { SqliteLineFormat, type RawRow } from './sqlite-line-format.js';
import { readValue, type Line } from './lines.js';
import { MAPPED_TABLE, type TableShape } from './table-shapes.js';
import type {
  Chunk,
  ChunkLimits,
  ColumnLimit,
  Cursor,
  IdMap,
  Refusal,
  Stretch,
  TransferSource,
} from './transfer-ports.js';

/** Text of a chunk at most, however few rows that are: rows of models hold long lists. */
const CHUNK_CHARS = 4_000_000;

/** Rows listed at most for each column that is too narrow. */
const MAX_UNSTORABLE_ROWS = 10_000;

/** Wait for a process that is just creating or repairing the file. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * A SQLite file as it is at one moment: opened read-only, in one read transaction, beside whatever
 * daemon writes to it. Nothing of the file changes.
 */
export class SqliteSource implements TransferSource {
  readonly #formats = new Map<string, SqliteLineFormat>();
  readonly #statements = new Map<string, Statement<unknown[], RawRow>>();
  #ids: IdMap = new Map();

  readonly place: string;
  readonly #database: Database;
  /** Sees what others commit, which the one that reads a moment does not. */
  readonly #watcher: { readonly database: Database; readonly version: unknown };

  private constructor(
    place: string,
    database: Database,
    watcher: { readonly database: Database; readonly version: unknown },
  ) {
    this.place = place;
    this.#database = database;
    this.#watcher = watcher;
  }

  /** @throws ConfigError naming what is wrong with the file, or that its schema is another one */
  static open(file: string): SqliteSource {
    if (!existsSync(file)) {
      throw new ConfigError(`There is no database ${file}: give SQLITE_FILE, DATA_DIR or --source`);
    }
    const opened: Database[] = [];
    try {
      // A flipped bit would be copied, and verified, as if it were a price.
      assertClosingSum(file);
      inspectFile(file);
      const [database, other] = [openReadOnly(file, opened), openReadOnly(file, opened)];
      const version = other.pragma('data_version', { simple: true });
      database.exec('BEGIN');
      assertSqliteSchema(database, file);
      return new SqliteSource(file, database, { database: other, version });
    } catch (error) {
      opened.forEach((database) => database.close());
      throw translateSqliteOpenError(error, file);
    }
  }

  count(table: TableShape): Promise<number> {
    const sql = `SELECT count(*) FROM \`${table.name}\``;
    return Promise.resolve(Number(this.#database.prepare(sql).pluck().get()));
  }

  async readChunk(
    table: TableShape,
    after: Cursor | undefined,
    limits: ChunkLimits,
  ): Promise<Chunk | undefined> {
    const chunk = new GrowingChunk(this.#formatOf(table));
    let cursor = after;
    while (chunk.rows < limits.maxRows && chunk.chars < CHUNK_CHARS) {
      const rows = this.#select(table, { after: cursor, limit: limits.stepRows });
      chunk.add(rows, this.#ids);
      if (rows.length < limits.stepRows) break;
      cursor = chunk.last;
      await setImmediate();
    }
    return chunk.finish();
  }

  async readAgain(table: TableShape, stretch: Stretch): Promise<Chunk> {
    const chunk = new GrowingChunk(this.#formatOf(table));
    chunk.add(this.#select(table, stretch), this.#ids);
    return Promise.resolve(chunk.finish() ?? { ...stretch, ...NOTHING });
  }

  findLine(table: TableShape, identity: readonly string[]): Promise<Line | undefined> {
    const format = this.#formatOf(table);
    const where = table.identity.map((name) => `\`${name}\` = ?`).join(' AND ');
    const row = this.#prepare(`${format.select} WHERE ${where}`).get(
      ...identity.map((field, at) => readValue(field, format.column(table.identity[at]))),
    );
    return Promise.resolve(row === undefined ? undefined : format.lineOf(row, this.#ids).line);
  }

  findUnstorableRows(
    table: TableShape,
    limits: readonly ColumnLimit[],
  ): Promise<readonly Refusal[]> {
    const format = this.#formatOf(table);
    const unstorable = limits.flatMap(({ column, most }) => {
      const isText = format.column(column).kind === 'text';
      const size = isText ? `length(\`${column}\`)` : `abs(\`${column}\`)`;
      const reason = `${column} holds ${isText ? `${most} characters` : String(most)} at most`;
      const rows = this.#prepare(
        `${format.select} WHERE ${size} > ? LIMIT ${MAX_UNSTORABLE_ROWS}`,
      ).all(most);
      return rows.map((row) => ({ line: format.lineOf(row, this.#ids).line, reason }));
    });
    return Promise.resolve([...new Map(unstorable.map((found) => [found.line, found])).values()]);
  }

  readIds(): Promise<ReadonlyMap<string, string>> {
    const sql = `SELECT venue || char(9) || symbol || char(9) || timeframe, CAST(id AS TEXT) FROM ${MAPPED_TABLE}`;
    const rows = this.#database.prepare<[], [string, string]>(sql).raw().all();
    return Promise.resolve(new Map(rows));
  }

  useIds(ids: IdMap): Promise<void> {
    this.#ids = ids;
    return Promise.resolve();
  }

  wasChanged(): Promise<boolean> {
    const { database, version } = this.#watcher;
    return Promise.resolve(database.pragma('data_version', { simple: true }) !== version);
  }

  close(): Promise<void> {
    this.#database.close();
    this.#watcher.database.close();
    return Promise.resolve();
  }

  #select(
    table: TableShape,
    part: { readonly after: Cursor | undefined; readonly limit: number } | Stretch,
  ): RawRow[] {
    const { select, orderList, orderPlaces } = this.#formatOf(table);
    const order = `ORDER BY ${orderList.slice(1, -1)}`;
    if ('first' in part) {
      const where = `WHERE ${orderList} >= ${orderPlaces} AND ${orderList} <= ${orderPlaces}`;
      return this.#prepare(`${select} ${where} ${order}`).all(...part.first, ...part.last);
    }
    const { after, limit } = part;
    if (after === undefined) return this.#prepare(`${select} ${order} LIMIT ?`).all(limit);
    const where = `WHERE ${orderList} > ${orderPlaces}`;
    return this.#prepare(`${select} ${where} ${order} LIMIT ?`).all(...after, limit);
  }

  #prepare(sql: string): Statement<unknown[], RawRow> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare<unknown[], RawRow>(sql).raw();
    this.#statements.set(sql, statement);
    return statement;
  }

  #formatOf(table: TableShape): SqliteLineFormat {
    const known = this.#formats.get(table.name);
    if (known !== undefined) return known;
    const format = new SqliteLineFormat(table);
    this.#formats.set(table.name, format);
    return format;
  }
}

const NOTHING = { lines: [], orphans: [], digest: { rows: 0, sum: 0 } } as const;

/** Rows as they are read, with their checksum. */
class GrowingChunk {
  readonly #lines: Line[] = [];
  readonly #orphans: Line[] = [];
  #first: Cursor | undefined;
  #sum = 0;
  last: Cursor | undefined;
  rows = 0;
  chars = 0;

  readonly #format: SqliteLineFormat;

  constructor(format: SqliteLineFormat) {
    this.#format = format;
  }

  add(rows: readonly RawRow[], ids: IdMap): void {
    for (const row of rows) {
      const { line, isOrphan } = this.#format.lineOf(row, ids);
      this.chars += line.length;
      if (isOrphan) {
        this.#orphans.push(line);
      } else {
        this.#sum += crc32(line);
        this.#lines.push(line);
      }
    }
    this.rows += rows.length;
    const [first, last] = [rows[0], rows.at(-1)];
    if (first !== undefined) this.#first ??= this.#format.cursorOf(first);
    if (last !== undefined) this.last = this.#format.cursorOf(last);
  }

  finish(): Chunk | undefined {
    const first = this.#first;
    const lines = this.#lines;
    const orphans = this.#orphans;
    const sum = this.#sum;
    const { last } = this;
    if (first === undefined || last === undefined) return undefined;
    return { first, last, lines, orphans, digest: { rows: lines.length, sum } };
  }
}

function openReadOnly(file: string, opened: Database[]): Database {
  const database = new SqliteDatabase(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  opened.push(database);
  return database;
}

/** Read-only means that the schema cannot be brought up to date here. */
export function assertSqliteSchema(database: Database, file: string): void {
  let applied: unknown[];
  try {
    applied = database.prepare(`SELECT name FROM ${BOOKKEEPING_TABLE}`).pluck().all();
  } catch (error) {
    throw new ConfigError(`${file} holds no data of this program (${messageOf(error)})`, {
      cause: error,
    });
  }
  const pending = pendingMigrations(MIGRATIONS, applied.map(String), file);
  if (pending.length === 0) return;
  throw new ConfigError(
    `The schema of ${file} is older than this program (${pending.length} steps are missing): start the daemon on it once, which brings it up to date`,
  );
}
