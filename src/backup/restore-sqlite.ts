import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Clock } from '../lib/clock.js';
import { AlreadyRunningError, ConfigError } from '../lib/errors.js';
import { driverCodeOf } from '../storage/connection/driver-errors.js';
import { makePartialFolder, stampOf } from './backup-files.js';
import { checkCopy } from './check-copy.js';
import { forgetClosingSum } from '../storage/sqlite/closing-sum.js';
import { expand, nameDiskError, renameDurably } from './durable-files.js';

export interface RestoreOptions {
  /** Replaces a database that is there; it is kept under another name. */
  readonly isForced: boolean;
  readonly clock: Clock;
  readonly pid: number;
}

export interface RestoreResult {
  readonly path: string;
  readonly rows: number;
  /** Where the database went that was there before. */
  readonly kept: string | undefined;
}

/**
 * Puts a backup in a database's place: unpacked and read through beside it first, then renamed, so
 * that at every moment there is the old one or the new one. The caller holds the lock of `DATA_DIR`.
 *
 * @throws AlreadyRunningError when another process has the database open
 * @throws ConfigError when there is one already and nobody insisted, or the backup is damaged
 */
export async function restoreSqlite(
  backup: string,
  file: string,
  options: RestoreOptions,
): Promise<RestoreResult> {
  if (!existsSync(backup)) throw new ConfigError(`There is no backup ${backup}`);
  assertFree(file, options);
  const folder = path.dirname(file);
  const partial = makePartialFolder(folder, options.pid);
  try {
    const fresh = path.join(partial, 'restored.sqlite');
    await expand(backup, fresh);
    const counts = checkCopy(fresh, backup);
    settle(fresh);
    const kept = existsSync(file) ? keepOld(file, options.clock) : undefined;
    forgetClosingSum(file);
    await renameDurably(fresh, file);
    const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return { path: file, rows, kept };
  } catch (error) {
    throw nameDiskError(error, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function assertFree(file: string, { isForced }: RestoreOptions): void {
  if (!existsSync(file)) return;
  if (!isForced) {
    throw new ConfigError(`There is a database ${file}: --force replaces it and keeps the old one`);
  }
  assertUnused(file);
}

/** A database in WAL mode can only be locked exclusively by its one user. */
function assertUnused(file: string): void {
  const database = new SqliteDatabase(file, { timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    // What lies in the log belongs into the file before that is put aside.
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    const code = driverCodeOf(error) ?? '';
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
      throw new AlreadyRunningError(`${file} is in use: stop the daemon first`, { cause: error });
    }
    // A damaged database is a good reason to restore: it is put aside as it is.
  } finally {
    database.close();
  }
}

/** Reading it through has left a log beside it, which must not stay behind under its old name. */
function settle(fresh: string): void {
  const database = new SqliteDatabase(fresh);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

/** The old file stays under its name until the new one takes it; its log must go before. */
function keepOld(file: string, clock: Clock): string {
  const kept = `${file}.before-${stampOf(clock.wallMs())}`;
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${kept}-wal`);
  // An index of the log, which SQLite makes again.
  rmSync(`${file}-shm`, { force: true });
  linkSync(file, kept);
  return kept;
}
