import { demoFolder, listRuns, removeEarlierRuns, writeRun, type RunState } from './run-state.js';

/**
 * Begins a new run of every market that was played under `dataDir`: at its next start the demo begins
 * anew at its first instant, as another venue, and what was collected from the old run stays apart.
 *
 * @returns the runs that will begin, by the hash of their market
 */
export function resetDemo(dataDir: string): { hash: string; run: number }[] {
  const folder = demoFolder(dataDir);
  return listRuns(folder).map(({ hash, run }) => {
    const next: RunState = { hash, run: run + 1, startMs: null, reservedMs: null };
    writeRun(folder, next);
    removeEarlierRuns(folder, next);
    return { hash, run: next.run };
  });
}
