import { createConnection, escapeId, type Connection, type RowDataPacket } from 'mysql2/promise';
import { BOOKKEEPING_TABLE, MIGRATIONS, OTHER_TABLES } from '../../migrations/index.js';
import { ConfigError } from '../lib/errors.js';
import { candleTableOf, type MysqlLocation } from '../storage/connection/location.js';
import { serverOptions } from '../storage/mysql/connection-options.js';
import { translateMysqlOpenError } from '../storage/mysql/errors.js';
import { translating } from '../storage/connection/driver-errors.js';
import { pendingMigrations } from '../storage/connection/pending-migrations.js';
import { expanded } from './durable-files.js';
import { startProgram, writeOptionsFile } from './mysql-programs.js';

/** Names of databases have 64 characters at most. */
const NAME_CHARS = 64;

export const VIEW = 'market_data_named';

/** The server's side of a backup: databases beside the one of the settings. */
export class MysqlScratch {
  readonly #location: MysqlLocation;
  readonly connection: Connection;

  private constructor(location: MysqlLocation, connection: Connection) {
    this.#location = location;
    this.connection = connection;
  }

  static async connect(location: MysqlLocation): Promise<MysqlScratch> {
    const connection = await translating(
      () => createConnection(serverOptions(location)),
      (error) => translateMysqlOpenError(error, location),
    );
    return new MysqlScratch(location, connection);
  }

  nameWith(suffix: string): string {
    return `${this.#location.database.slice(0, NAME_CHARS - suffix.length)}${suffix}`;
  }

  /** Loads a dump into an empty database of that name, and looks at what is in it then. */
  async load(dump: string, database: string, folder: string): Promise<ReadonlyMap<string, number>> {
    await this.drop(database);
    await this.connection.query(
      `CREATE DATABASE ${quote(database)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    );
    const options = writeOptionsFile(folder, this.#location);
    const client = await startProgram('client', options, [
      '--default-character-set=utf8mb4',
      database,
    ]);
    client.stdout.resume();
    const source = expanded(dump);
    let damage: Error | undefined;
    source.on('error', (error) => {
      damage = error;
      client.kill();
    });
    source.pipe(client.stdin);
    try {
      await client.end();
    } catch (error) {
      throw damage ?? error;
    }
    return this.countRows(database);
  }

  /** Rows by table. */
  async countRows(database: string): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const table of await this.tablesOf(database)) {
      const [[row]] = await this.connection.query<RowDataPacket[]>(
        `SELECT COUNT(*) AS n FROM ${quote(database)}.${quote(table)}`,
      );
      counts.set(table, Number(row?.['n']));
    }
    return counts;
  }

  /** Tables without the view. */
  async tablesOf(database: string): Promise<readonly string[]> {
    const [rows] = await this.connection.query<RowDataPacket[]>(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY 1`,
      [database],
    );
    return rows.map((row) => String(row['name']));
  }

  /** @throws ConfigError when a table of the schema is missing, or a newer program made it */
  async assertSchema(database: string, name: string): Promise<void> {
    const tables = await this.tablesOf(database);
    if (!tables.includes(BOOKKEEPING_TABLE)) {
      throw new ConfigError(`${name} holds no data of this program`);
    }
    const [rows] = await this.connection.query<RowDataPacket[]>(
      `SELECT name FROM ${quote(database)}.${BOOKKEEPING_TABLE}`,
    );
    const applied = rows.map((row) => String(row['name']));
    const isCurrent = pendingMigrations(MIGRATIONS, applied, name).length === 0;
    const missing = this.expectedTables().find((table) => !tables.includes(table));
    if (isCurrent && missing !== undefined)
      throw new ConfigError(`${name} has no table ${missing}`);
  }

  expectedTables(): readonly string[] {
    return [...OTHER_TABLES.filter((table) => table !== VIEW), candleTableOf(this.#location)];
  }

  async drop(database: string): Promise<void> {
    await this.connection.query(`DROP DATABASE IF EXISTS ${quote(database)}`);
  }

  async stop(): Promise<void> {
    await this.connection.end();
  }
}

export function quote(name: string): string {
  return escapeId(name, true);
}
