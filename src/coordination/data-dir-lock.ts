import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { isDiskFull, isDiskFullError } from '../lib/disk-space.js';
import { AlreadyRunningError, ConfigError, messageOf, TransientError } from '../lib/errors.js';

/** The process that holds a folder, for the message to a second one. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly startedAt: string;
  /** Where it is not the daemon: `npm run collect`. */
  readonly program?: string;
  /** Once the daemon's API listens. */
  readonly apiAddress?: string;
}

/**
 * Keeps a second daemon out of a data folder. The lock is the operating system's own on a file that
 * SQLite holds open, so it goes with the process, however that ends, and is never left behind.
 */
export class DataDirLock {
  #database: Database.Database | undefined;

  readonly #folder: string;

  /** @param folder `DATA_DIR`; made where it is missing */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @throws AlreadyRunningError naming the daemon that holds the folder
   * @throws ConfigError when the folder cannot be written
   * @throws TransientError when its disk is full
   */
  acquire(holder: LockHolder): void {
    const database = this.#open();
    try {
      database.pragma('locking_mode = EXCLUSIVE');
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw this.#explain(error);
    }
    this.#database = database;
    try {
      writeHolder(this.#folder, holder);
    } catch (error) {
      throw this.#notWritable(error);
    }
  }

  /** Whether nobody holds the folder at this moment. Leaves no trace. */
  static isFree(folder: string): boolean {
    const lock = new DataDirLock(folder);
    const database = lock.#open();
    try {
      database.exec('BEGIN EXCLUSIVE');
      return true;
    } catch (error) {
      if (lock.#explain(error) instanceof AlreadyRunningError) return false;
      throw error;
    } finally {
      database.close();
    }
  }

  /** Safe to call twice. */
  stop(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #open(): Database.Database {
    try {
      mkdirSync(this.#folder, { recursive: true });
      return new Database(path.join(this.#folder, 'daemon.lock'), { timeout: 0 });
    } catch (error) {
      throw this.#notWritable(error);
    }
  }

  #explain(error: unknown): Error {
    const code = (error as { code?: unknown }).code;
    if (typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code)) {
      return new AlreadyRunningError(
        `Another daemon uses DATA_DIR ${this.#folder}: ${this.#describeHolder()}. ` +
          'Stop it first, or give this one a DATA_DIR of its own',
        { cause: error },
      );
    }
    return this.#notWritable(error);
  }

  #notWritable(error: unknown): ConfigError | TransientError {
    if (isDiskFullError(error) || isDiskFull(this.#folder)) {
      return new TransientError(`The disk of DATA_DIR ${this.#folder} is full: free some space`, {
        cause: error,
      });
    }
    return new ConfigError(
      `DATA_DIR ${this.#folder} cannot be written (${messageOf(error)}); make it writable or set another`,
      { cause: error },
    );
  }

  #describeHolder(): string {
    const holder = findLockHolder(this.#folder);
    if (holder === undefined) return 'a process that has only just begun';
    const { pid, host, startedAt, program } = holder;
    const named = program === undefined ? '' : ` (${program})`;
    return `process ${pid}${named} on ${host}, started ${startedAt}`;
  }
}

/** The process that holds the folder or held it last; undefined where none did, or it has only just begun. */
export function findLockHolder(folder: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(holderFile(folder), 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}

/** Notes for other programs on this machine where the API of the daemon that holds the folder is. */
export function noteApiAddress(folder: string, apiAddress: string): void {
  const holder = findLockHolder(folder);
  if (holder !== undefined) writeHolder(folder, { ...holder, apiAddress });
}

/** By renaming, so that a reader never sees half of it. */
function writeHolder(folder: string, holder: LockHolder): void {
  const file = holderFile(folder);
  writeFileSync(`${file}.new`, JSON.stringify(holder));
  renameSync(`${file}.new`, file);
}

function holderFile(folder: string): string {
  return path.join(folder, 'daemon.json');
}
