import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

/**
 * Writes a small file so that it is on the disk, whole, before this returns; a kill leaves what was there
 * before. The folder is made where there is none. For one writer at a time.
 *
 * @param mode rights of the file, such as `0o600`
 */
export function replaceFile(file: string, text: string, mode = 0o666): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true });
  const temporary = `${file}.tmp`;
  writeSynced(temporary, text, mode);
  renameSync(temporary, file);
  syncFolder(folder);
}

function writeSynced(file: string, text: string, mode: number): void {
  const handle = openSync(file, 'w', mode);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A rename is durable once its folder is synced. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
