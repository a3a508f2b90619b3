import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigError } from '../lib/errors.js';
import { locationText, type MysqlLocation } from '../storage/connection/location.js';
import { backupName } from './backup-files.js';
import { makePartial, type BackupPlace, type BackupResult } from './backup-sqlite.js';
import { compress, expanded, nameDiskError, renameDurably } from './durable-files.js';
import { startProgram, writeOptionsFile } from './mysql-programs.js';
import { MysqlScratch, VIEW } from './mysql-scratch.js';

/** What the server's program writes last, and only when it came to its end. */
const END_MARK = '-- Dump completed';

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
  // The server's program needs to know whether this server offers TLS.
  const probe = await MysqlScratch.connect(location);
  await probe.stop();
  const partial = makePartial(place);
  try {
    const packed = path.join(partial, 'dump.sql.gz');
    await dump(probe.location, partial, packed);
    const { rows, verified } = await verify(probe.location, partial, packed);
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
    // The view names the user who made it, who may not exist on another server: a restore makes it again.
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
  const total = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
  try {
    await assertComplete(packed, scratch.expectedTables(), location);
    const beside = scratch.beside('_verify');
    await scratch.drop(beside).catch(() => undefined);
    if (!(await scratch.tryCreate(beside))) {
      return {
        rows: total(await scratch.countRows(scratch.inUse)),
        verified: 'read to its end; not loaded, since the user may not make a database',
      };
    }
    try {
      const rows = total(await scratch.load(packed, beside, partial));
      await scratch.assertSchema(beside, 'The dump');
      return { rows, verified: 'loaded into a database beside it, and every row counted' };
    } finally {
      await scratch.drop(beside).catch(() => undefined);
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
