import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import type { MysqlLocation } from '../src/storage/connection/location.js';

const MYSQL_URL = new URL(process.env['TEST_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306');

const INSTALL_HINT = 'apt-get install mariadb-server';

/** A database name that nobody uses on the test server; `dropDatabase` removes it. */
export function mysqlLocation(): MysqlLocation {
  return {
    engine: 'mysql',
    host: MYSQL_URL.hostname,
    port: Number(MYSQL_URL.port || 3306),
    user: decodeURIComponent(MYSQL_URL.username),
    password: decodeURIComponent(MYSQL_URL.password),
    database: `evenkeel_test_${randomBytes(6).toString('hex')}`,
    poolSize: 4,
  };
}

/** A location as the settings of a daemon or command that name it. */
export function mysqlSettings(location: MysqlLocation): Record<string, string> {
  return {
    MYSQL_HOST: location.host,
    MYSQL_PORT: String(location.port),
    MYSQL_USER: location.user,
    MYSQL_PASSWORD: location.password,
    MYSQL_DB: location.database,
  };
}

/** Runs statements on the test server, outside of any database. */
export async function onMysqlServer(...statements: readonly string[]): Promise<void> {
  const { host, port, user, password } = mysqlLocation();
  const connection = await createConnection({ host, port, user, password });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

export async function dropDatabase(location: MysqlLocation): Promise<void> {
  await onMysqlServer(`DROP DATABASE IF EXISTS \`${location.database}\``);
}

/** Why suites for MySQL are skipped on this machine; undefined when a server answers. */
export const mysqlSkipReason: string | undefined = await findSkipReason();

async function findSkipReason(): Promise<string | undefined> {
  try {
    await onMysqlServer('SELECT 1');
    return undefined;
  } catch {
    return `no server at ${MYSQL_URL.host}; ${INSTALL_HINT}`;
  }
}
