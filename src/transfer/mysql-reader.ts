import type { Connection, RowDataPacket } from 'mysql2/promise';
import { candleTableOf, type MysqlLocation } from '../storage/connection/location.js';
import { translateMysqlError } from '../storage/mysql/errors.js';
import { translating } from '../storage/connection/driver-errors.js';
import type { Line } from './lines.js';
import type { TableShape } from './table-shapes.js';
import type { Digest, Selector, TargetReader } from './transfer-ports.js';
import { CANDLE_TABLE } from '../../migrations/ddl.js';

/** Reads rows as lines and sums, within whatever transaction the connection is in. */
export class MysqlReader implements TargetReader {
  readonly #connection: Connection;
  readonly #location: MysqlLocation;

  constructor(connection: Connection, location: MysqlLocation) {
    this.#connection = connection;
    this.#location = location;
  }

  async digest(table: TableShape, selectors: readonly Selector[]): Promise<Digest> {
    const total = { rows: 0, sum: 0 };
    for (const { where, values } of selectors) {
      const [row] = await this.select(
        `SELECT COUNT(*), COALESCE(SUM(CRC32(${lineSql(table)})), 0) FROM ${this.#name(table)} WHERE ${where}`,
        values,
      );
      total.rows += Number(row?.[0]);
      total.sum += Number(row?.[1]);
    }
    return total;
  }

  async readLines(table: TableShape, selectors: readonly Selector[]): Promise<readonly Line[]> {
    const lines: Line[] = [];
    for (const { where, values } of selectors) {
      const rows = await this.select(
        `SELECT ${lineSql(table)} FROM ${this.#name(table)} WHERE ${where}`,
        values,
      );
      for (const row of rows) lines.push(String(row[0]));
    }
    return lines;
  }

  async select(sql: string, values: Selector['values']): Promise<readonly unknown[][]> {
    const query = { sql, values: [...values], rowsAsArray: true };
    const [rows] = await translating(
      () => this.#connection.query<RowDataPacket[]>(query),
      (error) => translateMysqlError(error, this.#location),
    );
    return rows as unknown as unknown[][];
  }

  #name(table: TableShape): string {
    return mysqlName(table, this.#location);
  }
}

/** The table's name on the server, quoted: candles may lie in a table of another name. */
export function mysqlName(table: TableShape, location: MysqlLocation): string {
  return `\`${table.name === CANDLE_TABLE ? candleTableOf(location) : table.name}\``;
}

/** The row as a line, made by the server. */
export function lineSql(table: TableShape): string {
  const fields = table.columns.map(({ name, kind }) => {
    const column = `\`${name}\``;
    if (kind !== 'text') return `COALESCE(${column}, '\\\\N')`;
    const escaped = `REPLACE(REPLACE(REPLACE(${column}, '\\\\', '\\\\\\\\'), '\\t', '\\\\t'), '\\n', '\\\\n')`;
    return `COALESCE(${escaped}, '\\\\N')`;
  });
  return `CONCAT_WS('\\t', ${fields.join(', ')})`;
}
