import { createConnection, type Connection, type ConnectionOptions } from 'mysql2/promise';
import { driverCodeOf } from '../connection/driver-errors.js';
import type { MysqlLocation } from '../connection/location.js';
import { connectionOptions, serverOptions } from './connection-options.js';

export interface ConnectOptions {
  /** False connects to the server alone: the database may not exist yet. Default true. */
  readonly hasDatabase?: boolean;
  /** Replaces some of the driver's options. */
  readonly driver?: ConnectionOptions;
}

export interface MysqlConnection {
  readonly connection: Connection;
  /** Where it connected, with `prefer` settled to what the server offers. */
  readonly location: MysqlLocation;
}

/**
 * Opens one connection. Every connection to MySQL begins here, or in the pool that `openMysql` makes
 * with the location that this answers with.
 *
 * @throws the driver's error: `translateMysqlOpenError` knows it
 */
export async function connect(
  location: MysqlLocation,
  { hasDatabase = true, driver = {} }: ConnectOptions = {},
): Promise<MysqlConnection> {
  const open = async (at: MysqlLocation): Promise<MysqlConnection> => {
    const options = hasDatabase ? connectionOptions(at) : serverOptions(at);
    return { connection: await createConnection({ ...options, ...driver }), location: at };
  };
  if (location.ssl?.mode !== 'prefer') return open(location);
  try {
    const encrypted = await open(location);
    return { ...encrypted, location: { ...location, ssl: { ...location.ssl, mode: 'require' } } };
  } catch (error) {
    if (driverCodeOf(error) !== 'HANDSHAKE_NO_SSL_SUPPORT') throw error;
    return open({ ...location, ssl: { mode: 'off' } });
  }
}
