import { mariadbSkipReason, OwnMariadb } from './database-loss/own-mariadb.js';
import { mysqlSkipReason } from './mysql-server.js';

/**
 * Suites for MySQL use the server that answers. Where none does, none was named and one is installed,
 * this run gets a server of its own; else they are skipped by name.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const isNamed = process.env['TEST_MYSQL_URL'] !== undefined;
  if (isNamed || mysqlSkipReason === undefined || mariadbSkipReason !== undefined) return undefined;
  const server = new OwnMariadb();
  await server.create();
  process.env['TEST_MYSQL_URL'] = `mysql://root@127.0.0.1:${server.location.port}`;
  return () => server.remove();
}
