import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Clock } from '../lib/clock.js';
import { TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { openDatabase } from '../storage/database/database.js';
import { driverCodeOf, translating } from '../storage/connection/driver-errors.js';
import { locationText, type MysqlLocation } from '../storage/connection/location.js';
import { connect } from '../storage/mysql/connect.js';
import { sessionSetup } from '../storage/mysql/connection-options.js';
import {
  isMysqlRetryable,
  translateMysqlError,
  translateMysqlOpenError,
} from '../storage/mysql/errors.js';
import type { Line } from './lines.js';
import { mysqlName, MysqlReader } from './mysql-reader.js';
import { MysqlWriter } from './mysql-writer.js';
import { MAPPED_TABLE, type TableShape } from './table-shapes.js';
import { findMysqlSchema, limitsOf } from './mysql-schema.js';
import type {
  Changes,
  ColumnLimit,
  Digest,
  Selector,
  TargetReader,
  TransferTarget,
  WriteResult,
} from './transfer-ports.js';

/** How long a run waits for another one into the same database, or for a killed one's last statement. */
const LOCK_WAIT_SEC = 30;

/** Attempts at a transaction that the server undid in favour of another one. */
const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 20;

export interface MysqlTargetOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Rows sent by one statement. */
  readonly batchRows: number;
  /** For a dry run: every session is read-only, and a missing database counts as empty. */
  readonly isReadOnly: boolean;
  /** False does without LOAD DATA, as where the server forbids it. Default true. */
  readonly mayLoad?: boolean | undefined;
}

interface OpenedTarget {
  readonly connection: Connection;
  readonly hasSchema: boolean;
  /** Longest statement that the server takes. */
  readonly packetBytes: number;
}

/** A MySQL or MariaDB database that rows are copied to over one connection, and verified over two. */
export class MysqlTarget implements TransferTarget {
  readonly #reader: MysqlReader;
  readonly #writer: MysqlWriter;
  /** Reads beside the first one. */
  #second: Connection | undefined;

  readonly #location: MysqlLocation;
  readonly #connection: Connection;
  readonly hasSchema: boolean;
  readonly #options: MysqlTargetOptions;

  private constructor(
    location: MysqlLocation,
    { connection, hasSchema, packetBytes }: OpenedTarget,
    options: MysqlTargetOptions,
  ) {
    this.#location = location;
    this.#connection = connection;
    this.hasSchema = hasSchema;
    this.#options = options;
    this.#reader = new MysqlReader(connection, location);
    this.#writer = new MysqlWriter(connection, location, {
      batchRows: options.batchRows,
      packetBytes,
    });
  }

  /**
   * Brings the schema up to date first, unless it is a dry run.
   *
   * @throws ConfigError when the server refuses the user, or the schema is not this program's
   * @throws TransientError when the server does not answer, or another run is at work
   */
  static async open(location: MysqlLocation, options: MysqlTargetOptions): Promise<MysqlTarget> {
    if (!options.isReadOnly) await (await openDatabase(location, options)).close();
    try {
      const { connection, hasDatabase } = await openSession(location, options);
      try {
        await setUpSession(connection, location, options.isReadOnly);
        if (!options.isReadOnly) await lockTransfers(connection, location);
        const hasSchema = hasDatabase && (await findMysqlSchema(connection, location));
        const packetBytes = await readPacketBytes(connection);
        return new MysqlTarget(location, { connection, hasSchema, packetBytes }, options);
      } catch (error) {
        connection.destroy();
        throw error;
      }
    } catch (error) {
      throw translateMysqlOpenError(error, location);
    }
  }

  get place(): string {
    return locationText(this.#location);
  }

  limitsOf(table: TableShape): readonly ColumnLimit[] {
    return limitsOf(table.name);
  }

  async isEmpty(table: TableShape): Promise<boolean> {
    const sql = `SELECT 1 FROM ${mysqlName(table, this.#location)} LIMIT 1`;
    const rows = await this.#reader.select(sql, []);
    return rows.length === 0;
  }

  digest(table: TableShape, selectors: readonly Selector[]): Promise<Digest> {
    return this.#reader.digest(table, selectors);
  }

  readLines(table: TableShape, selectors: readonly Selector[]): Promise<readonly Line[]> {
    return this.#reader.readLines(table, selectors);
  }

  async openReaders(): Promise<readonly TargetReader[]> {
    try {
      this.#second = (await openSession(this.#location, this.#options)).connection;
      await setUpSession(this.#second, this.#location, true);
      return [this.#reader, new MysqlReader(this.#second, this.#location)];
    } catch {
      // A server may allow the user no more than one: the verification takes longer then.
      return [this.#reader];
    }
  }

  async readExclusive(table: TableShape): Promise<readonly Line[]> {
    const where = table.exclusive.map((name) => `\`${name}\` IS NOT NULL`).join(' OR ');
    return this.readLines(table, [{ where, values: [] }]);
  }

  release(table: TableShape, lines: readonly Line[]): Promise<void> {
    return this.#translating(() => this.#writer.release(table, lines));
  }

  async readIds(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#reader.select(
      `SELECT CONCAT_WS('\\t', venue, symbol, timeframe), CAST(id AS CHAR) FROM ${MAPPED_TABLE}`,
      [],
    );
    return new Map(rows.map((row) => [String(row[0]), String(row[1])]));
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (failures >= ATTEMPTS || !isMysqlRetryable(causeOf(error))) throw error;
        await this.#options.clock.sleep(FIRST_PAUSE_MS * 2 ** (failures - 1));
      }
    }
  }

  tryInsert(table: TableShape, lines: readonly Line[]): Promise<boolean> {
    return this.#translating(() => this.#writer.tryInsert(table, lines));
  }

  write(table: TableShape, changes: Changes): Promise<WriteResult> {
    return this.#translating(() => this.#writer.write(table, changes));
  }

  async close(): Promise<void> {
    await this.#second?.end();
    await this.#connection.end();
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    await this.#run('START TRANSACTION');
    try {
      const result = await work();
      await this.#run('COMMIT');
      return result;
    } catch (error) {
      // After a lost connection there is nothing to roll back: the server has done so.
      await this.#connection.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async #run(sql: string): Promise<void> {
    await this.#translating(() => this.#connection.query(sql));
  }

  #translating<T>(work: () => Promise<T>): Promise<T> {
    return translating(work, (error) => translateMysqlError(error, this.#location));
  }
}

async function openSession(
  location: MysqlLocation,
  { isReadOnly, mayLoad }: MysqlTargetOptions,
): Promise<{ readonly connection: Connection; readonly hasDatabase: boolean }> {
  const flags = mayLoad === false ? ['-LOCAL_FILES'] : [];
  try {
    const { connection } = await connect(location, { driver: { flags } });
    return { connection, hasDatabase: true };
  } catch (error) {
    if (!isReadOnly || driverCodeOf(error) !== 'ER_BAD_DB_ERROR') throw error;
    const { connection } = await connect(location, { hasDatabase: false, driver: { flags } });
    return { connection, hasDatabase: false };
  }
}

async function setUpSession(
  connection: Connection,
  location: MysqlLocation,
  isReadOnly: boolean,
): Promise<void> {
  const setup = sessionSetup(location);
  await connection.query(setup.sql, setup.values);
  // Each statement sees what a daemon on the target has stored meanwhile.
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  if (isReadOnly) await connection.query('SET SESSION TRANSACTION READ ONLY');
}

async function readPacketBytes(connection: Connection): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes');
  return Number(rows[0]?.['bytes']);
}

/** Only one run at a time copies into a database. */
async function lockTransfers(connection: Connection, location: MysqlLocation): Promise<void> {
  const name = `evenkeel transfer ${location.database}`.slice(0, 64);
  const [rows] = await connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS got', [
    name,
    LOCK_WAIT_SEC,
  ]);
  if (rows[0]?.['got'] === 1) return;
  throw new TransientError(`Another run is copying into ${location.database}: wait for its end`);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
