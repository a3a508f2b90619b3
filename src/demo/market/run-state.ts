import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { replaceFile } from '../../lib/replace-file.js';

/**
 * A run of the demo market, kept in `DATA_DIR/demo/<hash>-<run>.json`. The run number is in the file's
 * name, so that it survives a damaged content; the highest number is the current run.
 */
export interface RunState {
  readonly hash: string;
  /** Counts from 1; part of the venue's name. */
  readonly run: number;
  /** Market time at which the run began; null until it is first started. */
  readonly startMs: number | null;
  /** No market time after this one has ever been shown; null until the run is first started. */
  readonly reservedMs: number | null;
}

const FILE_NAME = /^([0-9a-f]+)-(\d+)\.json$/;

export function demoFolder(dataDir: string): string {
  return path.join(dataDir, 'demo');
}

/** The current run of each market that was ever played in the folder, without its content. */
export function listRuns(folder: string): { hash: string; run: number }[] {
  const newest = new Map<string, number>();
  for (const { hash, run } of runFiles(folder)) {
    newest.set(hash, Math.max(run, newest.get(hash) ?? 0));
  }
  return [...newest].map(([hash, run]) => ({ hash, run }));
}

/** The market's current run, or undefined when it was never played. A damaged file is a ConfigError. */
export function findRun(folder: string, hash: string): RunState | undefined {
  const run = listRuns(folder).find((one) => one.hash === hash)?.run;
  if (run === undefined) return undefined;
  const file = runFile(folder, { hash, run });
  try {
    const { startMs, reservedMs } = JSON.parse(readFileSync(file, 'utf8')) as RunState;
    for (const time of [startMs, reservedMs]) {
      if (time !== null && !Number.isSafeInteger(time)) throw new Error(`${time} is not a time`);
    }
    return { hash, run, startMs, reservedMs };
  } catch (cause) {
    const fix = 'npm run demo:reset begins a new run';
    throw new ConfigError(`Cannot read ${file}: ${messageOf(cause)}; ${fix}`, { cause });
  }
}

/** Writes the run so that it is on the disk, whole, before this returns. */
export function writeRun(folder: string, state: RunState): void {
  const { startMs, reservedMs } = state;
  replaceFile(runFile(folder, state), `${JSON.stringify({ startMs, reservedMs })}\n`);
}

/** Removes the files of the market's earlier runs. */
export function removeEarlierRuns(folder: string, current: RunState): void {
  for (const old of runFiles(folder)) {
    if (old.hash === current.hash && old.run < current.run) {
      rmSync(runFile(folder, old), { force: true });
      rmSync(journalFile(folder, old), { force: true });
    }
  }
}

/** What happened to the account in that run. */
export function journalFile(folder: string, { hash, run }: { hash: string; run: number }): string {
  return path.join(folder, `${hash}-${run}.account.jsonl`);
}

function runFile(folder: string, { hash, run }: { hash: string; run: number }): string {
  return path.join(folder, `${hash}-${run}.json`);
}

function runFiles(folder: string): { hash: string; run: number }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const [, hash, run] = FILE_NAME.exec(name) ?? [];
    return hash === undefined ? [] : [{ hash, run: Number(run) }];
  });
}

/**
 * Begins a new run of every market that was played under `dataDir`: at its next start the demo begins
 * at its first instant again, as another venue, so that what was collected from the old run stays apart.
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
