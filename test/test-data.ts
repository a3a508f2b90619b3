import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The compiled copy of this file lies one folder deeper than the source. */
const DEFAULT_FOLDERS = ['../../shared/data', '../../../shared/data'].map((relative) =>
  fileURLToPath(new URL(relative, import.meta.url)),
);

/**
 * Path of a folder or file of recorded market data, or undefined where this machine has none: suites
 * that need it are then skipped by name. `EVENKEEL_TEST_DATA` names another folder.
 */
export function findTestData(relativePath: string): string | undefined {
  const named = process.env['EVENKEEL_TEST_DATA'];
  const folders = named === undefined ? DEFAULT_FOLDERS : [named];
  return folders.map((folder) => path.join(folder, relativePath)).find(existsSync);
}
