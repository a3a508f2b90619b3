import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder with package.json; this file lies compiled below `dist/`. */
export const PROJECT_DIR = fileURLToPath(new URL('../../../', import.meta.url));

/** Of this program: what package.json says, and of which sources it was built, as in `0.1.0+3f2a9c81d0b4`. */
export function readVersion(): string {
  const manifest = readFileSync(path.join(PROJECT_DIR, 'package.json'), 'utf8');
  const build = readFileSync(path.join(PROJECT_DIR, 'dist/build-id'), 'utf8');
  return `${(JSON.parse(manifest) as { version: string }).version}+${build}`;
}
