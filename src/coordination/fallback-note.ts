import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = 'collected-on-sqlite.json';

/**
 * Remembers that a daemon that belongs on MySQL worked on SQLite: until that is carried over, the
 * SQLite file holds candles, records and models that MySQL does not know.
 */
export function noteFallback(
  dataDir: string,
  fallback: { readonly since: string; readonly reason: string },
): void {
  const file = path.join(dataDir, FILE);
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(fallback, undefined, 2)}\n`);
}

/** Since when rows lie on SQLite that were not carried over, undefined when there are none. */
export function findFallbackNote(dataDir: string): string | undefined {
  const file = path.join(dataDir, FILE);
  if (!existsSync(file)) return undefined;
  const [, since] = /"since":\s*"([^"]+)"/.exec(readFileSync(file, 'utf8')) ?? [];
  return since ?? 'an unknown time';
}

/** To be called once everything is carried over to MySQL. */
export function forgetFallback(dataDir: string): void {
  rmSync(path.join(dataDir, FILE), { force: true });
}
