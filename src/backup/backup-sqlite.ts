import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Clock } from '../lib/clock.js';
import { ConfigError } from '../lib/errors.js';
import { inspectFile } from '../storage/sqlite/check-file.js';
import { backupName, makePartialFolder } from './backup-files.js';
import { checkCopy, countRows, type RowCounts } from './check-copy.js';
import { compress, expand, nameDiskError, renameDurably } from './durable-files.js';

const BUSY_TIMEOUT_MS = 5_000;

/** Pages copied between two turns of the event loop: 4 MB. */
const STEP_PAGES = 1_000;

export interface BackupResult {
  readonly path: string;
  readonly bytes: number;
  /** Rows of all tables, as the copy has them. */
  readonly rows: number;
  /** How far the copy was verified, in words. */
  readonly verified: string;
}

export interface BackupPlace {
  readonly folder: string;
  readonly clock: Clock;
  readonly pid: number;
}

/**
 * Copies a SQLite file as it is at one moment, beside whatever writes to it, compresses the copy,
 * and gives it its name only after it was unpacked, read through and found to have every row.
 *
 * @throws ConfigError naming what is wrong with the file, the copy or the disk
 */
export async function backupSqlite(file: string, place: BackupPlace): Promise<BackupResult> {
  if (!existsSync(file)) throw new ConfigError(`There is no database ${file} to back up`);
  inspectFile(file);
  const partial = makePartial(place);
  try {
    const raw = path.join(partial, 'copy.sqlite');
    const expected = await copyMoment(file, raw);
    const packed = path.join(partial, 'copy.sqlite.gz');
    await compress(raw, packed);
    rmSync(raw);
    await assertWhole(packed, { unpacked: path.join(partial, 'check.sqlite'), expected });
    const target = path.join(place.folder, backupName('sqlite', place.clock.wallMs()));
    await renameDurably(packed, target);
    return {
      path: target,
      bytes: statSync(target).size,
      rows: Object.values(expected).reduce((sum, count) => sum + count, 0),
      verified: 'unpacked, read through, and every row counted',
    };
  } catch (error) {
    throw nameDiskError(error, place.folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

export function makePartial({ folder, pid }: BackupPlace): string {
  try {
    return makePartialFolder(folder, pid);
  } catch (error) {
    throw nameDiskError(error, folder);
  }
}

/**
 * The read transaction holds the moment: without it the copy would start over whenever another
 * process commits, and the counts would be of another moment.
 */
async function copyMoment(file: string, to: string): Promise<RowCounts> {
  const database = new SqliteDatabase(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('BEGIN');
    const counts = countRows(database);
    await database.backup(to, { progress: () => STEP_PAGES });
    return counts;
  } finally {
    database.close();
  }
}

async function assertWhole(
  packed: string,
  { unpacked, expected }: { readonly unpacked: string; readonly expected: RowCounts },
): Promise<void> {
  await expand(packed, unpacked);
  const found = checkCopy(unpacked, 'The copy');
  const wrong = Object.entries(expected).find(([table, count]) => found[table] !== count);
  if (wrong === undefined) return;
  const [table, count] = wrong;
  throw new ConfigError(`The copy has ${String(found[table])} rows of ${table}, not ${count}`);
}
