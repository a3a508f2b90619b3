import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { isDiskFullError } from '../../lib/disk-space.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { diskFull, WRITABLE_HINT } from './errors.js';

/** `EVKL` in ASCII, written into the file's header (PRAGMA application_id). */
export const APPLICATION_ID = 0x45564b4c;

/** Larger files are not read through at the start: 64 MB take about a quarter of a second. */
const QUICK_CHECK_BYTES = 64 * 1024 * 1024;

/** Makes the folder where it is missing and names what keeps the file from being written. */
export function assertWritable(file: string): void {
  const folder = path.dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    if (existsSync(file)) accessSync(file, constants.W_OK | constants.R_OK);
  } catch (error) {
    if (isDiskFullError(error)) throw diskFull(file, error);
    throw new ConfigError(`${file} cannot be written: ${messageOf(error)}. ${WRITABLE_HINT}`, {
      cause: error,
    });
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new ConfigError(`${file} is a folder: name a file`);
  }
}

/**
 * Inspects an existing file without writing: a damaged file keeps its log for the next attempt, which a
 * writing connection would fold into the file when it closes, and another program's file stays as it is.
 *
 * @throws ConfigError that says what is wrong
 */
export function inspectFile(file: string): void {
  if (sizeOf(file) === 0) return;
  const wasLeftOpen = sizeOf(`${file}-wal`) > 0;
  const database = new SqliteDatabase(file, { readonly: true });
  try {
    assertOurs(database, file);
    if (wasLeftOpen) assertUndamaged(database, file);
  } finally {
    database.close();
  }
}

/** Reads a small file through, after a process that ended without closing it or beside one that lives. */
function assertUndamaged(database: Database, file: string): void {
  if (sizeOf(file) > QUICK_CHECK_BYTES) return;
  const found = database.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') {
    throw new ConfigError(`${file} is damaged: ${String(found)}. Restore it from a backup`);
  }
}

function assertOurs(database: Database, file: string): void {
  const id = database.pragma('application_id', { simple: true });
  const tables = database
    .prepare("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
    .pluck()
    .get();
  if (id === APPLICATION_ID || (id === 0 && tables === 0)) return;
  throw new ConfigError(
    `${file} is another program's database (${String(tables)} tables and indexes): name another file`,
  );
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Notices that the path of an open database leads elsewhere: SQLite goes on in the file that it holds
 * open, and what it stores there is gone when the process ends.
 */
export class OpenFile {
  readonly #file: string;
  readonly #identity: string | undefined;
  #logIdentity: string | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#identity = identityOf(file);
    this.#logIdentity = identityOf(`${file}-wal`);
  }

  /** What became of the file, with what to do; undefined while it is in its place. */
  findFault(): string | undefined {
    return faultOf(this.#file, this.#identity, identityOf(this.#file)) ?? this.#findFaultOfLog();
  }

  /** The log holds the newest rows. It is made by the first write, and stays until the last close. */
  #findFaultOfLog(): string | undefined {
    const log = `${this.#file}-wal`;
    const found = identityOf(log);
    this.#logIdentity ??= found;
    return faultOf(log, this.#logIdentity, found);
  }
}

function faultOf(
  file: string,
  opened: string | undefined,
  found: string | undefined,
): string | undefined {
  if (opened === found) return undefined;
  const what = found === undefined ? 'was deleted or moved' : 'was replaced by another file';
  return `${file} ${what} while it was in use: what is stored now is lost when the daemon ends. Move the file back, or stop the daemon and restore a backup`;
}

function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
