import { hostname } from 'node:os';
import { AlreadyRunningError } from '../../lib/errors.js';
import { DataDirLock } from '../../coordination/data-dir-lock.js';
import { trainHere } from './train-here.js';
import { trainInDaemon } from './train-in-daemon.js';
import type { TrainEnd, TrainOptions } from './train-options.js';

const TRAIN_PROGRAM = 'npm run train';

/**
 * Trains models: in the daemon that is at work with the same data, through its queue, or else here.
 *
 * @throws ConfigError when a person must mend something first
 * @throws TransientError when database, venue or daemon do not answer
 */
export async function train(options: TrainOptions): Promise<TrainEnd> {
  const lock = new DataDirLock(options.settings.dataDir);
  if (!isFree(lock, options)) return trainInDaemon(options);
  try {
    return await trainHere(options);
  } finally {
    lock.stop();
  }
}

function isFree(lock: DataDirLock, { clock }: TrainOptions): boolean {
  try {
    const startedAt = new Date(clock.wallMs()).toISOString();
    lock.acquire({ pid: process.pid, host: hostname(), startedAt, program: TRAIN_PROGRAM });
    return true;
  } catch (error) {
    if (error instanceof AlreadyRunningError) return false;
    throw error;
  }
}
