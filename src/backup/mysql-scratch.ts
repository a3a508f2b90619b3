import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { escapeId, type Connection, type RowDataPacket } from 'mysql2/promise';
import { BOOKKEEPING_TABLE, MIGRATIONS, OTHER_TABLES } from '../../migrations/index.js';
import { ConfigError } from '../lib/errors.js';
import { driverCodeOf, translating } from '../storage/connection/driver-errors.js';
import { candleTableOf, type MysqlLocation } from '../storage/connection/location.js';
import { pendingMigrations } from '../storage/connection/pending-migrations.js';
import { connect } from '../storage/mysql/connect.js';
import { translateMysqlOpenError } from '../storage/mysql/errors.js';
import { expanded } from './durable-files.js';
import { startProgram, writeOptionsFile } from './mysql-programs.js';

/** Names of databases and of tables have 64 characters at most. */
const NAME_CHARS = 64;

export const VIEW = 'market_data_named';

/** Where a set of tables lies: in a database of its own, or in a shared one under names with a prefix. */
export interface TablePlace {
  readonly database: string;
  readonly prefix: string;
}

/** Prefixes of tables that a restore puts beside the ones in use. */
const BESIDE = /^(restoring_|before_\d{8}T\d{9}Z_)/;

const FORBIDDEN = new Set([
  'ER_DBACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_ERROR',
  'ER_SPECIFIC_ACCESS_DENIED_ERROR',
]);

/** The server's side of a backup: tables beside the ones in use. */
export class MysqlScratch {
  /** Where it connected, with how that is encrypted. */
  readonly location: MysqlLocation;
  readonly connection: Connection;

  private constructor(location: MysqlLocation, connection: Connection) {
    this.location = location;
    this.connection = connection;
  }

  static async connect(location: MysqlLocation): Promise<MysqlScratch> {
    const opened = await translating(
      () => connect(location, { hasDatabase: false }),
      (error) => translateMysqlOpenError(error, location),
    );
    return new MysqlScratch(opened.location, opened.connection);
  }

  /** The tables in use. */
  get inUse(): TablePlace {
    return { database: this.location.database, prefix: '' };
  }

  /** A database beside the one in use, named after it. */
  beside(suffix: string): TablePlace {
    const { database } = this.location;
    return { database: `${database.slice(0, NAME_CHARS - suffix.length)}${suffix}`, prefix: '' };
  }

  /** False where the user has no right to make a database. */
  async tryCreate({ database }: TablePlace): Promise<boolean> {
    try {
      await this.connection.query(
        `CREATE DATABASE IF NOT EXISTS ${quote(database)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
      );
      return true;
    } catch (error) {
      if (FORBIDDEN.has(driverCodeOf(error) ?? '')) return false;
      throw error;
    }
  }

  /**
   * Loads a dump into an empty place and counts its rows.
   *
   * @param folder for the client's options, which hold the password
   * @returns rows by table
   */
  async load(
    dump: string,
    place: TablePlace,
    folder: string,
  ): Promise<ReadonlyMap<string, number>> {
    const options = writeOptionsFile(folder, this.location);
    const client = await startProgram('client', options, [
      '--default-character-set=utf8mb4',
      place.database,
    ]);
    client.stdout.resume();
    const packed = expanded(dump);
    let damage: Error | undefined;
    packed.on('error', (error) => {
      damage = error;
      client.kill();
    });
    const source = place.prefix === '' ? packed : Readable.from(renamed(packed, place.prefix));
    source.on('error', () => client.kill());
    source.pipe(client.stdin);
    try {
      await client.end();
    } catch (error) {
      throw damage ?? error;
    }
    return this.countRows(place);
  }

  /** Rows by table. */
  async countRows(place: TablePlace): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const table of await this.tablesOf(place)) {
      const [[row]] = await this.connection.query<RowDataPacket[]>(
        `SELECT COUNT(*) AS n FROM ${nameIn(place, table)}`,
      );
      counts.set(table, Number(row?.['n']));
    }
    return counts;
  }

  /** Tables without the view, by their names in use. */
  async tablesOf({ database, prefix }: TablePlace): Promise<readonly string[]> {
    const [rows] = await this.connection.query<RowDataPacket[]>(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY 1`,
      [database],
    );
    const names = rows.map((row) => String(row['name']));
    if (prefix === '') return names.filter((name) => !BESIDE.test(name));
    return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  /** @throws ConfigError when a table of the schema is missing, or a newer program made it */
  async assertSchema(place: TablePlace, name: string): Promise<void> {
    const tables = await this.tablesOf(place);
    if (!tables.includes(BOOKKEEPING_TABLE)) {
      throw new ConfigError(`${name} holds no data of this program`);
    }
    const [rows] = await this.connection.query<RowDataPacket[]>(
      `SELECT name FROM ${nameIn(place, BOOKKEEPING_TABLE)}`,
    );
    const applied = rows.map((row) => String(row['name']));
    const isCurrent = pendingMigrations(MIGRATIONS, applied, name).length === 0;
    const missing = this.expectedTables().find((table) => !tables.includes(table));
    if (isCurrent && missing !== undefined)
      throw new ConfigError(`${name} has no table ${missing}`);
  }

  expectedTables(): readonly string[] {
    return [...OTHER_TABLES.filter((table) => table !== VIEW), candleTableOf(this.location)];
  }

  /** Removes what was put beside the tables in use: a database, or the tables with the prefix. */
  async drop(place: TablePlace): Promise<void> {
    if (place.prefix === '') {
      await this.connection.query(`DROP DATABASE IF EXISTS ${quote(place.database)}`);
      return;
    }
    const tables = await this.tablesOf(place);
    if (tables.length === 0) return;
    // Their references to each other would dictate an order.
    await this.connection.query('SET FOREIGN_KEY_CHECKS = 0');
    await this.connection.query(
      `DROP TABLE ${tables.map((table) => nameIn(place, table)).join(', ')}`,
    );
    await this.connection.query('SET FOREIGN_KEY_CHECKS = 1');
  }

  async stop(): Promise<void> {
    await this.connection.end();
  }
}

export function quote(name: string): string {
  return escapeId(name, true);
}

/** The name of a table in a place, for SQL. */
export function nameIn({ database, prefix }: TablePlace, table: string): string {
  return `${quote(database)}.${quote(withPrefix(prefix, table))}`;
}

function withPrefix(prefix: string, table: string): string {
  return `${prefix}${table}`.slice(0, NAME_CHARS);
}

// Each with what stands before the name.
const TABLE_STATEMENT =
  /^(DROP TABLE IF EXISTS |CREATE TABLE |INSERT INTO |\/\*!40000 ALTER TABLE )`([^`]+)`/;
const CONSTRAINT = /^( {2}CONSTRAINT )`([^`]+)`/;
const REFERENCE = /^( {2}CONSTRAINT .* REFERENCES )`([^`]+)`/;

/**
 * A dump with other names for its tables and constraints, which are unique in a database. It is read as
 * bytes: the lines that hold values begin with a bracket, and line feeds in values are escaped.
 */
async function* renamed(dump: Readable, prefix: string): AsyncGenerator<Buffer> {
  dump.setEncoding('latin1');
  const other = (name: string): string => `\`${withPrefix(prefix, name)}\``;
  for await (const line of createInterface({ input: dump, crlfDelay: Infinity })) {
    const text = line
      .replace(TABLE_STATEMENT, (_, head: string, name: string) => `${head}${other(name)}`)
      .replace(CONSTRAINT, (_, head: string, name: string) => `${head}${other(name)}`)
      .replace(REFERENCE, (_, head: string, parent: string) => `${head}${other(parent)}`);
    yield Buffer.from(`${text}\n`, 'latin1');
  }
}
