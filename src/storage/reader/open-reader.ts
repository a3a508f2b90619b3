/** Read-only connections of worker threads: they read whole series and block nobody but themselves. */

import type { Reader } from '../connection/connections.js';
import type { DatabaseLocation } from '../connection/location.js';
import { openSqliteReader } from '../sqlite/open-sqlite-reader.js';

/**
 * Opens a connection of its own to a database whose schema stands already.
 *
 * @throws ConfigError, TransientError as `openDatabase` does
 */
export async function openReader(location: DatabaseLocation): Promise<Reader> {
  if (location.engine === 'sqlite') return openSqliteReader(location);
  // Megabytes of driver that a worker beside SQLite does without.
  const { openMysqlReader } = await import('../mysql/open-mysql-reader.js');
  return openMysqlReader(location);
}
