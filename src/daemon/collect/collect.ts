import { hostname } from 'node:os';
import { AlreadyRunningError, TransientError } from '../../lib/errors.js';
import { DataDirLock } from '../../coordination/data-dir-lock.js';
import { collectHere } from './collect-here.js';
import type { CollectEnd, CollectOptions, CollectOutcome } from './collect-options.js';
import { joinDaemon } from './join-daemon.js';

export const COLLECT_PROGRAM = 'npm run collect';

/** Daemons that begin and end faster than this can follow are a fault of their own. */
const MAX_TURNS = 100;

/**
 * Collects candles and prices, without training or trading. Where a daemon is at work with the same data
 * it collects already: then its progress is watched instead, and when it ends this process takes over.
 *
 * @throws ConfigError when a person must mend something first
 * @throws TransientError when database, venue or daemon do not answer
 */
export async function collect(options: CollectOptions): Promise<CollectEnd> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const outcome = await takeTurn(options);
    if (outcome.status !== 'changed-hands') return outcome;
  }
  throw new TransientError(
    'Other processes keep taking over collection; look at what restarts them',
  );
}

async function takeTurn(options: CollectOptions): Promise<CollectOutcome> {
  const lock = new DataDirLock(options.settings.dataDir);
  if (!isFree(lock, options)) return joinDaemon(options);
  try {
    return await collectHere(options);
  } finally {
    lock.stop();
  }
}

function isFree(lock: DataDirLock, { clock }: CollectOptions): boolean {
  try {
    const startedAt = new Date(clock.wallMs()).toISOString();
    lock.acquire({ pid: process.pid, host: hostname(), startedAt, program: COLLECT_PROGRAM });
    return true;
  } catch (error) {
    if (error instanceof AlreadyRunningError) return false;
    throw error;
  }
}
