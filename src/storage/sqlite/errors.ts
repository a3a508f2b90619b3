import path from 'node:path';
import { isDiskFull, isDiskFullError } from '../../lib/disk-space.js';
import { ConfigError, HaltError, RejectedError, TransientError } from '../../lib/errors.js';
import { driverCodeOf, driverMessageOf } from '../connection/driver-errors.js';

/** Names what happened to a running SQLite database by the reaction that it asks for. */
export function translateSqliteError(error: unknown, file: string): unknown {
  const code = driverCodeOf(error);
  if (code === undefined || !code.startsWith('SQLITE_')) return error;
  const message = driverMessageOf(error);
  const cause = { cause: error };
  if (isDiskFullError(error)) return diskFull(file, error);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new TransientError(`${file} is locked by another process (${message})`, cause);
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return new TransientError(`${file} cannot be written: ${message}`, cause);
  }
  if (code.startsWith('SQLITE_IOERR') || code === 'SQLITE_CANTOPEN') {
    return new TransientError(`The disk of ${file} fails: ${message} (${code})`, cause);
  }
  if (isDamage(code)) {
    return new HaltError(`${file} is damaged: ${message}. Restore it from a backup`, cause);
  }
  const isBadRow = code.startsWith('SQLITE_CONSTRAINT') || isOneOf(code, ['MISMATCH', 'TOOBIG']);
  return isBadRow ? new RejectedError(`The database refused a row: ${message}`, cause) : error;
}

export function diskFull(file: string, error: unknown): TransientError {
  return new TransientError(`The disk of ${file} is full: free some space`, { cause: error });
}

/** The same while opening: what a person must fix first is a `ConfigError`. */
export function translateSqliteOpenError(error: unknown, file: string): unknown {
  const code = driverCodeOf(error);
  if (code === undefined) return error;
  const message = driverMessageOf(error);
  const cause = { cause: error };
  if (isDamage(code)) {
    return new ConfigError(
      `${file} is not a usable SQLite database: ${message}. Restore it from a backup, or move it away to begin with an empty one`,
      cause,
    );
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return new ConfigError(`${file} cannot be written: ${message}. ${WRITABLE_HINT}`, cause);
  }
  if (code.startsWith('SQLITE_CANTOPEN') && isDiskFull(path.dirname(file))) {
    return diskFull(file, error);
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM') {
    return new ConfigError(`${file} cannot be opened: ${message}. ${WRITABLE_HINT}`, cause);
  }
  return translateSqliteError(error, file);
}

/** The fix for everything that keeps a file from being written. */
export const WRITABLE_HINT = 'Give this user write access to the file and its folder';

/** Whether the same statement may simply be tried again. */
export function isSqliteRetryable(error: unknown): boolean {
  return driverCodeOf(error)?.startsWith('SQLITE_BUSY') ?? false;
}

/** The disk is full or fails: nothing can be stored until a person has fixed that. */
export function isSqliteDiskFault(error: unknown): boolean {
  const code = driverCodeOf(error) ?? '';
  return code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR');
}

function isDamage(code: string): boolean {
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

function isOneOf(code: string, names: readonly string[]): boolean {
  return names.some((name) => code === `SQLITE_${name}`);
}
