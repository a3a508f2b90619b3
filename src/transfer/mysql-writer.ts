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

/** Text of one INSERT at most, where the server would take more: larger ones are not faster. */
const INSERT_BYTES = 1_000_000;

/** Text handed to the driver at once while loading; it makes a packet of each piece. */
const LOAD_CHARS = 500_000;

/** Room in a packet for what is not values: the statement's own words. */
const HEAD_BYTES = 4_096;

export interface WriterLimits {
  /** Rows of one statement. */
  readonly batchRows: number;
  /** Longest statement that the server takes (`max_allowed_packet`). */
  readonly packetBytes: number;
}

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
  readonly #limits: WriterLimits;

  constructor(connection: Connection, location: MysqlLocation, limits: WriterLimits) {
    this.#connection = connection;
    this.#location = location;
    this.#limits = limits;
  }

  /** Stores all of the rows and answers true, or none where one of them is refused. */
  async tryInsert(table: TableShape, lines: readonly Line[]): Promise<boolean> {
    const { packetBytes } = this.#limits;
    if (lines.some((line) => isLonger(line, packetBytes))) return false;
    await this.#connection.query('SAVEPOINT before_insert');
    for (const batch of chunksOf(lines, this.#limits.batchRows)) {
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
      for (const batch of chunksOf(changes.inserts, this.#limits.batchRows)) {
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
    for (const part of this.#partsOf(table, lines)) {
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
      infileStreamFactory: () =>
        Readable.from(piecesOf(lines, this.#limits.packetBytes - HEAD_BYTES)),
    };
    const [result] = await this.#connection.query<ResultSetHeader>(query);
    return result.warningStatus === 0 && result.affectedRows === lines.length;
  }

  /** Halves what is refused until the rows at fault are left alone. */
  async #insertWhatFits(table: TableShape, lines: readonly Line[]): Promise<Refusal[]> {
    const refused: Refusal[] = [];
    const waiting: (readonly Line[])[] = [...this.#partsOf(table, lines)].reverse();
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
    const sql = this.#connection.format(`INSERT INTO ${this.#name(table)} (${columns}) VALUES ?`, [
      rows,
    ]);
    return (
      this.#tooLong(Buffer.byteLength(sql)) ?? this.#refusalOf(() => this.#connection.query(sql))
    );
  }

  async #update(
    table: TableShape,
    line: Line,
  ): Promise<'updated' | 'overtaken' | { readonly reason: string }> {
    const { sql, names } = updateStatement(table, this.#name(table));
    const values = fieldsOf(table, line, names).map(readField);
    const tooLong = this.#tooLong(HEAD_BYTES + Buffer.byteLength(line));
    if (tooLong !== undefined) return { reason: tooLong };
    let result: ResultSetHeader | undefined;
    const reason = await this.#refusalOf(async () => {
      [result] = await this.#connection.execute<ResultSetHeader>(sql, values);
    });
    if (reason !== undefined) return { reason };
    return result?.affectedRows === 1 ? 'updated' : 'overtaken';
  }

  /** Why a statement of so many bytes cannot be sent: the server would close the connection. */
  #tooLong(bytes: number): string | undefined {
    const { packetBytes } = this.#limits;
    if (bytes < packetBytes) return undefined;
    return `it takes a statement of ${bytes} bytes, and max_allowed_packet is ${packetBytes}: raise it at the server`;
  }

  /** Parts of a size that a statement may have; a row that is too long alone is a part of its own. */
  #partsOf(table: TableShape, lines: readonly Line[]): readonly (readonly Line[])[] {
    const most = Math.min(INSERT_BYTES, this.#limits.packetBytes - HEAD_BYTES);
    const parts: Line[][] = [];
    let bytes = most;
    for (const line of lines) {
      // At most each character is escaped, and each value stands in quotes.
      const lineBytes = 2 * Buffer.byteLength(line) + 6 * table.columns.length;
      if (bytes + lineBytes > most) {
        parts.push([]);
        bytes = 0;
      }
      parts.at(-1)?.push(line);
      bytes += lineBytes;
    }
    return parts;
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

function isLonger(line: Line, bytes: number): boolean {
  // No character takes more than three bytes for each of its UTF-16 units.
  return line.length * 3 >= bytes && Buffer.byteLength(line) >= bytes;
}

function* piecesOf(lines: readonly Line[], pieceBytes: number): Generator<Buffer> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < LOAD_CHARS) continue;
    yield* cut(Buffer.from(text), pieceBytes);
    text = '';
  }
  if (text !== '') yield* cut(Buffer.from(text), pieceBytes);
}

function* cut(bytes: Buffer, pieceBytes: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    yield bytes.subarray(from, from + pieceBytes);
  }
}
