import { crc32 } from 'node:zlib';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { ConfigError } from '../lib/errors.js';
import { locationText, type MysqlLocation } from '../storage/connection/location.js';
import { connect } from '../storage/mysql/connect.js';
import { sessionSetup } from '../storage/mysql/connection-options.js';
import { translateMysqlOpenError } from '../storage/mysql/errors.js';
import { readValue, type Line } from './lines.js';
import { lineSql, mysqlName, MysqlReader } from './mysql-reader.js';
import { findMysqlSchema } from './mysql-schema.js';
import { MAPPED_COLUMN, MAPPED_TABLE, readTableShapes, type TableShape } from './table-shapes.js';
import type {
  Chunk,
  ChunkLimits,
  Cursor,
  IdMap,
  Refusal,
  SqlValue,
  Stretch,
  TransferSource,
} from './transfer-ports.js';

/** A MySQL or MariaDB database as it is at one moment, in one read-only transaction. */
export class MysqlSource implements TransferSource {
  readonly #reader: MysqlReader;
  #ids: IdMap = new Map();

  readonly #location: MysqlLocation;
  readonly #connection: Connection;
  /** Sees what others commit. */
  readonly #watcher: Connection;

  private constructor(location: MysqlLocation, connection: Connection, watcher: Connection) {
    this.#location = location;
    this.#connection = connection;
    this.#watcher = watcher;

    this.#reader = new MysqlReader(connection, location);
  }

  /** @throws ConfigError when there is no data of this program */
  static async open(location: MysqlLocation): Promise<MysqlSource> {
    const opened: Connection[] = [];
    try {
      for (let at = 0; at < 2; at++) {
        const { connection } = await connect(location);
        opened.push(connection);
        const setup = sessionSetup(location);
        await connection.query(setup.sql, setup.values);
        await connection.query('SET SESSION TRANSACTION READ ONLY');
      }
      const [connection, watcher] = opened;
      if (connection === undefined || watcher === undefined) throw new Error('no connection');
      if (!(await findMysqlSchema(connection, location))) {
        throw new ConfigError(`${locationText(location)} holds no data of this program`);
      }
      await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
      return new MysqlSource(location, connection, watcher);
    } catch (error) {
      opened.forEach((connection) => {
        connection.destroy();
      });
      throw translateMysqlOpenError(error, location);
    }
  }

  get place(): string {
    return locationText(this.#location);
  }

  count(table: TableShape): Promise<number> {
    return this.#countOn(this.#connection, table);
  }

  async readChunk(
    table: TableShape,
    after: Cursor | undefined,
    limits: ChunkLimits,
  ): Promise<Chunk | undefined> {
    const where = after === undefined ? '' : `WHERE ${afterSql(table)}`;
    const values = after === undefined ? [] : afterValues(after);
    const rows = await this.#select(table, `${where} ${orderSql(table)} LIMIT ?`, [
      ...values,
      limits.stepRows,
    ]);
    return this.#toChunk(table, rows);
  }

  async readAgain(table: TableShape, { first, last }: Stretch): Promise<Chunk> {
    const names = `(${table.order.map((name) => `\`${name}\``).join(', ')})`;
    const places = `(${table.order.map(() => '?').join(', ')})`;
    const where = `WHERE ${names} >= ${places} AND ${names} <= ${places} ${orderSql(table)}`;
    const chunk = this.#toChunk(table, await this.#select(table, where, [...first, ...last]));
    return chunk ?? { first, last, lines: [], orphans: [], digest: { rows: 0, sum: 0 } };
  }

  async findLine(table: TableShape, identity: readonly string[]): Promise<Line | undefined> {
    const where = table.identity.map((name) => `\`${name}\` = ?`).join(' AND ');
    const values = identity.map((field, at) => {
      const column = table.columns.find(({ name }) => name === table.identity[at]);
      return column === undefined ? field : readValue(field, column);
    });
    const rows = await this.#select(table, `WHERE ${where}`, values);
    return this.#toChunk(table, rows)?.lines[0];
  }

  /** SQLite holds whatever MySQL does. */
  findUnstorableRows(): Promise<readonly Refusal[]> {
    return Promise.resolve([]);
  }

  async readIds(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#reader.select(
      `SELECT CONCAT_WS('\\t', venue, symbol, timeframe), CAST(id AS CHAR) FROM ${MAPPED_TABLE}`,
      [],
    );
    return new Map(rows.map((row) => [String(row[0]), String(row[1])]));
  }

  useIds(ids: IdMap): Promise<void> {
    this.#ids = ids;
    return Promise.resolve();
  }

  /** By the number of rows: a daemon at work adds some every minute. */
  async wasChanged(): Promise<boolean> {
    for (const table of readTableShapes()) {
      const now = await this.#countOn(this.#watcher, table);
      if (now !== (await this.count(table))) return true;
    }
    return false;
  }

  async close(): Promise<void> {
    await this.#connection.end();
    await this.#watcher.end();
  }

  async #countOn(connection: Connection, table: TableShape): Promise<number> {
    const sql = `SELECT COUNT(*) FROM ${mysqlName(table, this.#location)}`;
    const [rows] = await connection.query<RowDataPacket[]>({ sql, rowsAsArray: true });
    return Number((rows as unknown as unknown[][])[0]?.[0]);
  }

  #select(
    table: TableShape,
    rest: string,
    values: readonly SqlValue[],
  ): Promise<readonly unknown[][]> {
    const order = table.order.map((name) => `CAST(\`${name}\` AS CHAR)`).join(', ');
    const sql = `SELECT ${lineSql(table)}, ${order} FROM ${mysqlName(table, this.#location)} ${rest}`;
    return this.#reader.select(sql, values);
  }

  #toChunk(table: TableShape, rows: readonly unknown[][]): Chunk | undefined {
    const [first, last] = [rows[0], rows.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const mappedAt = table.columns.findIndex(({ name }) => name === MAPPED_COLUMN);
    const lines: Line[] = [];
    const orphans: Line[] = [];
    let sum = 0;
    for (const row of rows) {
      const line = this.#mapped(String(row[0]), mappedAt);
      if (line === undefined) {
        orphans.push(String(row[0]));
        continue;
      }
      lines.push(line);
      sum += crc32(line);
    }
    const digest = { rows: lines.length, sum };
    return { first: cursorOf(table, first), last: cursorOf(table, last), lines, orphans, digest };
  }

  #mapped(line: Line, at: number): Line | undefined {
    if (at === -1) return line;
    const fields = line.split('\t');
    const id = this.#ids.get(fields[at] ?? '');
    return id === undefined ? undefined : fields.with(at, id).join('\t');
  }
}

function cursorOf(table: TableShape, row: readonly unknown[]): Cursor {
  return table.order.map((name, at) => {
    const text = String(row[at + 1]);
    const isText = table.columns.find((column) => column.name === name)?.kind === 'text';
    return isText ? text : BigInt(text);
  });
}

function orderSql(table: TableShape): string {
  return `ORDER BY ${table.order.map((name) => `\`${name}\``).join(', ')}`;
}

/** Spelt out, since the server finds no range of an index in `(a, b) > (?, ?)`. */
function afterSql(table: TableShape): string {
  const terms = table.order.map((name, at) => {
    const equal = table.order.slice(0, at).map((before) => `\`${before}\` = ?`);
    return `(${[...equal, `\`${name}\` > ?`].join(' AND ')})`;
  });
  return `(${terms.join(' OR ')})`;
}

function afterValues(after: Cursor): SqlValue[] {
  return after.flatMap((_, at) => after.slice(0, at + 1));
}
