import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceFiles } from './source-files.mjs';

const FOLDERS = ['config', 'migrations', 'src', 'trainer/evenkeel_trainer'];
const LOCKS = ['package-lock.json', 'trainer/requirements.lock'];

/**
 * Of the sources that decide how models are trained. Between two releases all of them have the same version in
 * package.json, and a worker must not train for a daemon of another commit.
 * @param {string} root
 */
export function buildId(root) {
  const hash = createHash('sha256');
  const files = sourceFiles(root, FOLDERS, ['.ts', '.py']).filter(
    (file) => !file.endsWith('.test.ts'),
  );
  for (const file of [...LOCKS, ...files].sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}
