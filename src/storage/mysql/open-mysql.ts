import knexModule, { type Knex } from 'knex';
import mysql, { type Connection as RawConnection } from 'mysql2';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { MIGRATIONS } from '../../../migrations/index.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { driverCodeOf, driverMessageOf } from '../connection/driver-errors.js';
import { locationText, type MysqlLocation } from '../connection/location.js';
import type { OpenedKnex } from '../connection/connections.js';
import { mayNotCreate } from '../connection/pending-migrations.js';
import { connect, type MysqlConnection } from './connect.js';
import { connectionOptions, sessionSetup } from './connection-options.js';
import { translateMysqlOpenError } from './errors.js';
import { migrateMysql } from './migrate-mysql.js';
import { mysqlClient } from './mysql-client.js';

/** Enough for what the daemon does at once; a training worker has one more of its own. */
export const POOL_SIZE = 8;

/** Longest wait for a free connection of the pool. */
const ACQUIRE_TIMEOUT_MS = 15_000;

/** Smallest `max_allowed_packet` of any server's defaults; no row of this program comes near it. */
const USUAL_PACKET_BYTES = 1_048_576;

interface MysqlContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** False refuses a database that lacks a step of the schema. Default true. */
  readonly mayCreate?: boolean | undefined;
}

/**
 * Brings the schema up to date and opens a pool of connections.
 *
 * @throws ConfigError when the server refuses the user or the database cannot be used
 * @throws TransientError when the server does not answer
 */
export async function openMysql(
  location: MysqlLocation,
  { clock, logger, mayCreate }: MysqlContext,
): Promise<OpenedKnex> {
  let settled: MysqlLocation;
  try {
    assertCharset(location);
    settled = await prepare(location, { clock, logger, mayCreate });
  } catch (error) {
    throw translateMysqlOpenError(error, location);
  }
  const knex = knexModule.knex({
    client: mysqlClient,
    // knex passes it on to the driver as it is; its own type for it is an older one.
    connection: connectionOptions(settled) as unknown as Knex.MySql2ConnectionConfig,
    pool: { min: 0, max: location.poolSize ?? POOL_SIZE, afterCreate: setUpSession(location) },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    compileSqlOnError: false,
    log: { warn: (message: string) => logger.warn(message, { database: locationText(location) }) },
  });
  return { knex, close: () => knex.destroy() };
}

/** Checks the server and migrates; answers with the location as the pool connects to it. */
async function prepare(
  location: MysqlLocation,
  { clock, logger, mayCreate }: MysqlContext,
): Promise<MysqlLocation> {
  const { connection, location: settled } = await connectCreating(location, mayCreate);
  try {
    await assertServer(connection, location, logger);
    const setup = sessionSetup(location);
    await connection.query(setup.sql, setup.values);
    await migrateMysql({
      connection,
      database: location.database,
      migrations: MIGRATIONS,
      appliedAt: clock.wallMs(),
      candleTable: location.marketDataTable,
      mayCreate,
    });
    return settled;
  } finally {
    await connection.end();
  }
}

/** Names of instruments are any text: a narrower set would lose some. */
function assertCharset({ charset = 'utf8mb4' }: MysqlLocation): void {
  if (/^utf8mb4(_|$)/i.test(charset)) return;
  throw new ConfigError(`MYSQL_CHARSET=${charset} cannot carry every name. Use utf8mb4`);
}

async function assertServer(
  connection: Connection,
  location: MysqlLocation,
  logger: Logger,
): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT VERSION() AS version, @@max_allowed_packet AS packetBytes',
  );
  const where = `MySQL at ${locationText(location)}`;
  const fault = findServerFault(String(rows[0]?.['version']));
  if (fault !== undefined) throw new ConfigError(`${where}: ${fault}`);
  const packetBytes = Number(rows[0]?.['packetBytes']);
  if (packetBytes >= USUAL_PACKET_BYTES) return;
  logger.warn(
    `${where} takes statements of ${packetBytes} bytes at most (max_allowed_packet): long rows may be refused. Set it to ${USUAL_PACKET_BYTES} or more`,
  );
}

async function connectCreating(
  location: MysqlLocation,
  mayCreate: boolean | undefined,
): Promise<MysqlConnection> {
  try {
    return await connect(location);
  } catch (error) {
    if (driverCodeOf(error) !== 'ER_BAD_DB_ERROR') throw error;
  }
  if (mayCreate === false)
    throw mayNotCreate(`the missing database ${location.database}`, MIGRATIONS);
  await createDatabase(location);
  return connect(location);
}

async function createDatabase(location: MysqlLocation): Promise<void> {
  const { connection } = await connect(location, { hasDatabase: false });
  const statement = `CREATE DATABASE IF NOT EXISTS ${mysql.escapeId(location.database, true)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
  try {
    await connection.query(statement);
  } catch (error) {
    throw new ConfigError(
      `Database ${location.database} does not exist and user ${location.user} may not create it (${driverMessageOf(error)}). Run as an administrator: ${statement}`,
      { cause: error },
    );
  } finally {
    await connection.end();
  }
}

type SessionDone = (error: Error | null | undefined, connection: RawConnection) => void;

function setUpSession(location: MysqlLocation) {
  const setup = sessionSetup(location);
  return (connection: RawConnection, done: SessionDone): void => {
    connection.query(setup.sql, setup.values, (error) => {
      done(error, connection);
    });
  };
}

/** The oldest that the schema and the statements are tested on. */
const OLDEST = { MySQL: [8, 0], MariaDB: [10, 6] } as const;

/**
 * What is wrong with a server by the text of its `VERSION()`, undefined when it will do. Servers that
 * speak the protocol under a version of their own, such as `8.0.11-TiDB-v7.5.1`, count as that MySQL.
 */
export function findServerFault(version: string): string | undefined {
  const product = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL';
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST[product];
  const isRecent =
    Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor);
  if (major !== '' && isRecent) return undefined;
  return `the server is ${product} ${version}; at least MySQL 8.0 or MariaDB 10.6 is needed. Update the server`;
}
