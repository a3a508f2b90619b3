import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, messageOf } from '../../lib/errors.js';

/** The files that are meant: the file itself, or those of a folder in the order of their names. */
export async function listCsvFiles(place: string): Promise<readonly string[]> {
  try {
    if (!(await stat(place)).isDirectory()) return [place];
    const names = (await readdir(place)).filter(isCsv).sort();
    return names.map((name) => path.join(place, name));
  } catch (error) {
    throw new ConfigError(`${place} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Whether a file of that name is one of prices. */
export function isCsv(name: string): boolean {
  return /\.(csv(\.gz)?|zip)$/i.test(name) && !name.startsWith('.');
}

/** Of a file that names no item in its lines: its own name without the ending. */
export function symbolOfFile(file: string): string {
  return path.basename(file).replace(/(\.(csv|txt))?(\.(gz|zip))?$/i, '');
}
