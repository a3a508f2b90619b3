import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions, SslOptions } from 'mysql2';
import { ConfigError, messageOf } from '../../lib/errors.js';
import type { MysqlLocation, MysqlTls } from '../connection/location.js';

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
    ...tlsOptions(location),
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

/** @throws ConfigError when the settings of TLS contradict each other, or a file cannot be read */
function tlsOptions({ host, ssl = { mode: 'off' } }: MysqlLocation): { ssl?: SslOptions } {
  assertConsistent(ssl, host);
  if (ssl.mode === 'off') return {};
  const isVerified = ssl.mode === 'verify';
  const options: SslOptions = {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: isVerified,
    verifyIdentity: isVerified,
  };
  if (ssl.caFile !== undefined) options.ca = readPem('MYSQL_SSL_CA', ssl.caFile);
  if (ssl.certFile !== undefined) options.cert = readPem('MYSQL_SSL_CERT', ssl.certFile);
  if (ssl.keyFile !== undefined) options.key = readPem('MYSQL_SSL_KEY', ssl.keyFile);
  return { ssl: options };
}

function assertConsistent({ mode, caFile, certFile, keyFile }: MysqlTls, host: string): void {
  if (caFile !== undefined && mode !== 'verify') {
    throw new ConfigError(
      `MYSQL_SSL_CA is given, but MYSQL_SSL=${mode} does not check the server's certificate: set MYSQL_SSL=verify, or leave MYSQL_SSL_CA out`,
    );
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new ConfigError('MYSQL_SSL_CERT and MYSQL_SSL_KEY belong together: give both or none');
  }
  // Of an address the driver would compare the certificate with the name localhost.
  if (mode === 'verify' && isIP(host) !== 0) {
    throw new ConfigError(
      `MYSQL_SSL=verify compares the server's certificate with a name, and MYSQL_HOST=${host} is an address: set MYSQL_HOST to a name in the certificate`,
    );
  }
}

function readPem(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(`${setting}=${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The first statement of every session. */
export function sessionSetup(location: MysqlLocation): { sql: string; values: unknown[] } {
  return {
    sql: 'SET SESSION sql_mode = ?, time_zone = ?, innodb_lock_wait_timeout = ?',
    values: [SQL_MODE, location.timezone ?? '+00:00', LOCK_WAIT_SEC],
  };
}
