import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { ConfigError } from '../../lib/errors.js';

/** Larger files are not summed: this many take about a fifth of a second. */
const SUMMED_BYTES = 256 * 1024 * 1024;

const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * SQLite has no checksums of what a file holds: a flipped bit inside a price is read as another price.
 * So the sum of a file that was closed is kept beside it, and looked at before it is opened again. A
 * process that was killed leaves none: then the log, which has sums of its own, and the structure are
 * all that can be checked.
 */
export function writeClosingSum(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  // Somebody else still has the database open: it is not closed.
  if (existsSync(`${file}-wal`) || size === 0 || size > SUMMED_BYTES) return;
  try {
    writeFileSync(`${sumFile(file)}.tmp`, `${size} ${sumOf(file)}\n`);
    renameSync(`${sumFile(file)}.tmp`, sumFile(file));
  } catch {
    // A full disk: the database is closed well all the same, only without a sum.
    rmSync(`${sumFile(file)}.tmp`, { force: true });
  }
}

/** @throws ConfigError when a closed file is not what it was */
export function assertClosingSum(file: string): void {
  const isLeftOpen = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  const kept = readKept(file);
  if (isLeftOpen || kept === undefined || !existsSync(file)) return;
  const size = statSync(file).size;
  const found = size > SUMMED_BYTES ? 'too large' : `${size} ${sumOf(file)}`;
  // Another process that opened the file meanwhile has removed the sum before it changed anything.
  if (kept === found || kept !== readKept(file)) return;
  throw new ConfigError(
    `${file} is damaged: it is not what it was when it was closed. Restore it from a backup; if it was changed on purpose, remove ${sumFile(file)}`,
  );
}

/** Undefined where there is none, and for one that was cut off: that says nothing. */
function readKept(file: string): string | undefined {
  try {
    const kept = readFileSync(sumFile(file), 'utf8').trim();
    return /^\d+ [0-9a-f]+$/.test(kept) ? kept : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** From now on the file changes. */
export function forgetClosingSum(file: string): void {
  rmSync(sumFile(file), { force: true });
}

function sumFile(file: string): string {
  return `${file}.sum`;
}

function sumOf(file: string): string {
  const handle = openSync(file, 'r');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let sum = 0;
  try {
    for (;;) {
      const count = readSync(handle, chunk, 0, CHUNK_BYTES, null);
      if (count === 0) return sum.toString(16);
      sum = crc32(chunk.subarray(0, count), sum);
    }
  } finally {
    closeSync(handle);
  }
}
