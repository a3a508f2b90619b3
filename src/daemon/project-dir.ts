import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder with package.json; this file lies compiled below `dist/`. */
export const PROJECT_DIR = fileURLToPath(new URL('../../../', import.meta.url));

/** Of this program, as package.json says it. */
export function readVersion(): string {
  const manifest = readFileSync(path.join(PROJECT_DIR, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
