import { Readable } from 'node:stream';
import type { Connection, QueryOptions, ResultSetHeader } from 'mysql2/promise';
import { RejectedError } from '../lib/errors.js';
import { driverMessageOf } from '../storage/connection/driver-errors.js';
import type { MysqlLocation } from '../storage/connection/location.js';
import { translateMysqlError } from '../storage/mysql/errors.js';
import { fieldsOf, readField, type Line } from './lines.js';
import { mysqlName } from './mysql-reader.js';
import { chunksOf, releaseStatement, updateStatement } from './row-statements.js';
import type { TableShape } from './table-shapes.js';
import type { Changes, Refusal, WriteResult } from './transfer-ports.js';

/** Text of one INSERT at most: under the smallest usual `max_allowed_packet`. */
const INSERT_CHARS = 1_000_000;

/** Bytes handed to the driver at once while loading; it makes a packet of them. */
const LOAD_CHARS = 500_000;

/**
 * Server or connection does not allow loading from the client, in the numbers of MySQL (1148, 3948) and
 * MariaDB (4166): the slower statement does the same.
 */
const LOAD_FORBIDDEN: ReadonlySet<unknown> = new Set([1148, 3948, 4166]);

/** Writes lines to MySQL, within whatever transaction the connection is in. */
export class MysqlWriter {
  #mayLoad = true;

  readonly #connection: Connection;
  readonly #location: MysqlLocation;
  readonly #batchRows: number;

  constructor(connection: Connection, location: MysqlLocation, batchRows: number) {
    this.#connection = connection;
    this.#location = location;
    this.#batchRows = batchRows;
  }

  /** Stores all of the rows and answers true, or none where one of them is refused. */
  async tryInsert(table: TableShape, lines: readonly Line[]): Promise<boolean> {
    await this.#connection.query('SAVEPOINT before_insert');
    for (const batch of chunksOf(lines, this.#batchRows)) {
      if (await this.#insertBatch(table, batch)) continue;
      await this.#connection.query('ROLLBACK TO SAVEPOINT before_insert');
      return false;
    }
    return true;
  }

  /** Stores what can be; a row that the server refuses is handed back with the server's reason. */
  async write(table: TableShape, changes: Changes): Promise<WriteResult> {
    const refused: Refusal[] = [];
    const overtaken: Line[] = [];
    for (const line of changes.updates) {
      const outcome = await this.#update(table, line);
      if (outcome === 'overtaken') overtaken.push(line);
      else if (outcome !== 'updated') refused.push({ line, reason: outcome.reason });
    }
    if (changes.inserts.length > 0 && !(await this.tryInsert(table, changes.inserts))) {
      for (const batch of chunksOf(changes.inserts, this.#batchRows)) {
        refused.push(...(await this.#insertWhatFits(table, batch)));
      }
    }
    return { refused, overtaken };
  }

  /** Takes the exclusive columns from rows that are still as they were read. */
  async release(table: TableShape, lines: readonly Line[]): Promise<void> {
    const { sql, names } = releaseStatement(table, this.#name(table));
    for (const line of lines) {
      await this.#connection.query(sql, fieldsOf(table, line, names).map(readField));
    }
  }

  async #insertBatch(table: TableShape, lines: readonly Line[]): Promise<boolean> {
    if (this.#mayLoad) {
      try {
        return await this.#load(table, lines);
      } catch (error) {
        if (!LOAD_FORBIDDEN.has((error as { errno?: unknown }).errno)) throw error;
        this.#mayLoad = false;
      }
    }
    for (const part of partsOf(lines)) {
      if ((await this.#insert(table, part)) !== undefined) return false;
    }
    return true;
  }

  /**
   * LOAD DATA turns errors into warnings, also in strict mode, and leaves clashing rows out: only a
   * load of every row without any warning counts.
   */
  async #load(table: TableShape, lines: readonly Line[]): Promise<boolean> {
    const columns = table.columns.map(({ name }) => `\`${name}\``).join(', ');
    const query: QueryOptions = {
      sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${this.#name(table)} CHARACTER SET utf8mb4 (${columns})`,
      infileStreamFactory: () => Readable.from(piecesOf(lines)),
    };
    const [result] = await this.#connection.query<ResultSetHeader>(query);
    return result.warningStatus === 0 && result.affectedRows === lines.length;
  }

  /** Halves what is refused until the rows at fault are left alone. */
  async #insertWhatFits(table: TableShape, lines: readonly Line[]): Promise<Refusal[]> {
    const refused: Refusal[] = [];
    const waiting: (readonly Line[])[] = [...partsOf(lines)].reverse();
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      const reason = await this.#insert(table, part);
      if (reason === undefined) continue;
      const [line] = part;
      if (part.length === 1 && line !== undefined) {
        refused.push({ line, reason });
      } else {
        const half = Math.ceil(part.length / 2);
        waiting.push(part.slice(half), part.slice(0, half));
      }
    }
    return refused;
  }

  /** One statement for all rows: it stores all of them, or none and answers why. */
  async #insert(table: TableShape, lines: readonly Line[]): Promise<string | undefined> {
    const columns = table.columns.map(({ name }) => `\`${name}\``).join(', ');
    const rows = lines.map((line) => line.split('\t').map(readField));
    // Numbers go as text: the server reads them exactly, and refuses what is none.
    const sql = `INSERT INTO ${this.#name(table)} (${columns}) VALUES ?`;
    return this.#refusalOf(() => this.#connection.query(sql, [rows]));
  }

  async #update(
    table: TableShape,
    line: Line,
  ): Promise<'updated' | 'overtaken' | { readonly reason: string }> {
    const { sql, names } = updateStatement(table, this.#name(table));
    const values = fieldsOf(table, line, names).map(readField);
    let result: ResultSetHeader | undefined;
    const reason = await this.#refusalOf(async () => {
      [result] = await this.#connection.execute<ResultSetHeader>(sql, values);
    });
    if (reason !== undefined) return { reason };
    return result?.affectedRows === 1 ? 'updated' : 'overtaken';
  }

  /** Why the server refuses the rows of a statement, undefined where it does not. */
  async #refusalOf(work: () => Promise<unknown>): Promise<string | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (!(translateMysqlError(error, this.#location) instanceof RejectedError)) throw error;
      return driverMessageOf(error);
    }
  }

  #name(table: TableShape): string {
    return mysqlName(table, this.#location);
  }
}

/** Parts of a size that a statement may have. */
function partsOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const parts: Line[][] = [];
  let chars = INSERT_CHARS;
  for (const line of lines) {
    if (chars + line.length > INSERT_CHARS) {
      parts.push([]);
      chars = 0;
    }
    parts.at(-1)?.push(line);
    chars += line.length;
  }
  return parts;
}

function* piecesOf(lines: readonly Line[]): Generator<Buffer> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < LOAD_CHARS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
