import { setImmediate } from 'node:timers/promises';

/**
 * Cuts work on many rows into steps and lets the event loop run between them: better-sqlite3 holds
 * the loop for as long as a statement takes.
 */
export async function* inChunks<T>(
  rows: readonly T[],
  chunkRows: number,
): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < rows.length; from += chunkRows) {
    if (from > 0) await setImmediate();
    yield rows.slice(from, from + chunkRows);
  }
}
