import { hostname } from 'node:os';
import path from 'node:path';
import { DataDirLock, findLockHolder } from '../../coordination/data-dir-lock.js';
import { AlreadyRunningError } from '../../lib/errors.js';

/** Where the reports of a data folder lie, one folder a run. */
export function backtestsFolder(dataDir: string): string {
  return path.join(dataDir, 'backtests');
}

/**
 * Keeps a second backtest out of a data folder, until it is stopped or this process ends.
 *
 * @throws AlreadyRunningError naming the process that runs one
 * @throws ConfigError, TransientError when the folder cannot be written
 */
export function lockBacktests(dataDir: string, startedMs: number): DataDirLock {
  const folder = lockFolder(dataDir);
  const lock = new DataDirLock(folder);
  try {
    lock.acquire({
      pid: process.pid,
      host: hostname(),
      startedAt: new Date(startedMs).toISOString(),
      program: 'backtest',
    });
    return lock;
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error;
    throw new AlreadyRunningError(`${describeBusy(dataDir)}. Wait for it, or end it`, {
      cause: error,
    });
  }
}

/** Whether no backtest runs in a data folder at this moment. */
export function isBacktestFree(dataDir: string): boolean {
  return DataDirLock.isFree(lockFolder(dataDir));
}

export function describeBusy(dataDir: string): string {
  const holder = findLockHolder(lockFolder(dataDir));
  const who = holder === undefined ? '' : `: process ${holder.pid}, started ${holder.startedAt}`;
  return `Another backtest is running in ${dataDir}${who}`;
}

function lockFolder(dataDir: string): string {
  return path.join(backtestsFolder(dataDir), 'running');
}
