import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigError } from '../lib/errors.js';
import { driverCodeOf } from '../storage/connection/driver-errors.js';
import { locationText, type MysqlLocation } from '../storage/connection/location.js';
import { backupName } from './backup-files.js';
import { makePartial, type BackupPlace, type BackupResult } from './backup-sqlite.js';
import { compress, expanded, nameDiskError, renameDurably } from './durable-files.js';
import { startProgram, writeOptionsFile } from './mysql-programs.js';
import { MysqlScratch, VIEW } from './mysql-scratch.js';

/** What the server's program writes last, and only when it came to its end. */
const END_MARK = '-- Dump completed';

const RIGHTS = new Set([
  'ER_DBACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_ERROR',
  'ER_SPECIFIC_ACCESS_DENIED_ERROR',
]);

/**
 * Dumps a MySQL database as it is at one moment by the server's own program, and gives the file its
 * name only after it was loaded into a database beside it; where the user may not make one, after it
 * was read through to its end mark.
 *
 * @throws ConfigError naming what is wrong with the set-up or the disk
 * @throws TransientError with the words of the server's program
 */
export async function backupMysql(
  location: MysqlLocation,
  place: BackupPlace,
): Promise<BackupResult> {
  const partial = makePartial(place);
  try {
    const packed = path.join(partial, 'dump.sql.gz');
    await dump(location, partial, packed);
    const { rows, verified } = await verify(location, partial, packed);
    const target = path.join(place.folder, backupName('mysql', place.clock.wallMs()));
    await renameDurably(packed, target);
    return { path: target, bytes: statSync(target).size, rows, verified };
  } catch (error) {
    throw nameDiskError(error, place.folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function dump(location: MysqlLocation, partial: string, packed: string): Promise<void> {
  const { database } = location;
  const program = await startProgram('dump', writeOptionsFile(partial, location), [
    '--single-transaction',
    '--quick',
    '--skip-add-locks',
    '--no-tablespaces',
    '--hex-blob',
    // The view names the user who made it, whom another server may not have: a restore makes it anew.
    '--default-character-set=utf8mb4',
    `--ignore-table=${database}.${VIEW}`,
    database,
  ]);
  program.stdin.end();
  try {
    await compress(program.stdout, packed);
  } catch (error) {
    program.kill();
    await program.end().catch(() => undefined);
    throw error;
  }
  await program.end();
}

async function verify(
  location: MysqlLocation,
  partial: string,
  packed: string,
): Promise<{ readonly rows: number; readonly verified: string }> {
  const scratch = await MysqlScratch.connect(location);
  try {
    await assertComplete(packed, scratch.expectedTables(), location);
    const database = scratch.nameWith('_verify');
    try {
      const counts = await scratch.load(packed, database, partial);
      await scratch.assertSchema(database, 'The dump');
      const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return { rows, verified: 'loaded into a database beside it, and every row counted' };
    } catch (error) {
      if (!RIGHTS.has(driverCodeOf(error) ?? '')) throw error;
      const counts = await scratch.countRows(location.database);
      const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return {
        rows,
        verified: 'read to its end; not loaded, since the user may not make a database',
      };
    } finally {
      await scratch.drop(database).catch(() => undefined);
    }
  } finally {
    await scratch.stop();
  }
}

async function assertComplete(
  packed: string,
  tables: readonly string[],
  location: MysqlLocation,
): Promise<void> {
  const missing = new Set(tables);
  let last = '';
  for await (const line of createInterface({ input: expanded(packed), crlfDelay: Infinity })) {
    if (line !== '') last = line;
    const table = /^CREATE TABLE `([^`]+)`/.exec(line)?.[1];
    if (table !== undefined) missing.delete(table);
  }
  if (!last.startsWith(END_MARK)) throw new ConfigError('The dump ends before its end mark');
  const [table] = missing;
  if (table === undefined) return;
  throw new ConfigError(`${locationText(location)} has no table ${table}: the dump was not kept`);
}
