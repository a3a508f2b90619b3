import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * The headers of Node 24.19 and later put this call into a binding that is compiled with them, and the call aborts
 * the process whenever garbage is collected outside of JavaScript (https://github.com/nodejs/node/issues/65446).
 * The prebuilt bindings of better-sqlite3 do not have it.
 */
const ABORTING_CALL = 'RemoveEnvironmentCleanupHook';

export interface BindingDefect {
  readonly message: string;
  readonly fix: string;
}

/** The compiled binding that is installed. */
export function readSqliteBinding(): Buffer {
  const manifest = createRequire(import.meta.url).resolve('better-sqlite3/package.json');
  return readFileSync(path.join(path.dirname(manifest), 'build/Release/better_sqlite3.node'));
}

export function findBindingDefect(binding: Buffer): BindingDefect | undefined {
  if (!binding.includes(ABORTING_CALL)) return undefined;
  return {
    message:
      'the SQLite binding was compiled with headers of Node 24.19 or later: it ends the process now and then',
    fix: 'remove node_modules, then npm run setup with Node 22',
  };
}
