import type { ConnectionOptions } from 'mysql2';
import type { MysqlLocation } from '../connection/location.js';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * After this long without an answer a statement counts as lost and its connection is given up. Longer
 * than any wait for a lock, so that only a server that is gone is given up.
 */
export const STATEMENT_TIMEOUT_MS = 15_000;

/** How long a statement waits for a row lock before the server gives it up (1205). */
const LOCK_WAIT_SEC = 10;

/** Bad data is an error, never a warning; backslashes escape, as the driver assumes. */
const SQL_MODE = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO';

/** How the driver connects to the database. */
export function connectionOptions(location: MysqlLocation): ConnectionOptions {
  return { ...serverOptions(location), database: location.database };
}

/** How the driver connects to the server alone: the database may not exist yet. */
export function serverOptions(location: MysqlLocation): ConnectionOptions {
  return {
    host: location.host,
    port: location.port,
    user: location.user,
    password: location.password,
    charset: location.charset ?? 'utf8mb4',
    timezone: 'Z',
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: 30_000,
    // The text protocol's own reader of DOUBLE is off in the last digit for some values; the text is exact.
    typeCast: (field, next) => {
      if (field.type !== 'DOUBLE') return next();
      const text = field.string();
      return text === null ? null : Number(text);
    },
  };
}

/** What every session is told before its first statement. */
export function sessionSetup(location: MysqlLocation): { sql: string; values: unknown[] } {
  return {
    sql: 'SET SESSION sql_mode = ?, time_zone = ?, innodb_lock_wait_timeout = ?',
    values: [SQL_MODE, location.timezone ?? '+00:00', LOCK_WAIT_SEC],
  };
}
