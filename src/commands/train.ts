import { DataDirLock } from '../coordination/data-dir-lock.js';
import { AlreadyRunningError, TransientError } from '../lib/errors.js';
import { DaemonClient } from './daemon-client.js';
import { follow } from './follow.js';
import { FollowedTraining } from './followed-training.js';
import { withOwnDaemon } from './own-daemon.js';
import { getServingAddress } from './serving-address.js';
import type { TrainEnd, TrainOptions } from './train-options.js';

const POLL_MS = 500;
const JOINED_POLL_MS = 1_000;

/**
 * Trains models: in the daemon that is at work with the same data, through its queue, or else by a daemon
 * in this process that only trains.
 *
 * @throws ConfigError when a person must mend something first
 * @throws TransientError when database, venue or daemon do not answer
 */
export async function train(options: TrainOptions): Promise<TrainEnd> {
  if (!DataDirLock.isFree(options.settings.dataDir)) return trainInDaemon(options);
  try {
    return await trainHere(options);
  } catch (error) {
    // Another process may have taken the folder just before.
    if (error instanceof AlreadyRunningError) return trainInDaemon(options);
    throw error;
  }
}

function trainHere(options: TrainOptions): Promise<TrainEnd> {
  return withOwnDaemon({ ...options, role: 'train' }, (daemon, signal) => {
    const training = new FollowedTraining(daemon, { ...options, signal, isOwnDaemon: true });
    return followTraining(training, { ...options, signal }, POLL_MS);
  });
}

function trainInDaemon(options: TrainOptions): Promise<TrainEnd> {
  const { settings, logger } = options;
  const { dataDir, apiToken } = settings;
  logger.info('A daemon is at work with the same data: it trains, in its own queue');
  // Its calls go on after a Ctrl+C: the session is to be cancelled then.
  const { signal } = new AbortController();
  const getAddress = (): string => getServingAddress(dataDir);
  const daemon = new DaemonClient({ getAddress, apiToken, signal });
  const training = new FollowedTraining(daemon, { ...options, isOwnDaemon: false });
  return followTraining(training, options, JOINED_POLL_MS);
}

async function followTraining(
  training: FollowedTraining,
  { clock, signal, onProgress }: Pick<TrainOptions, 'clock' | 'signal' | 'onProgress'>,
  pollMs: number,
): Promise<TrainEnd> {
  const end = await follow(training, { clock, signal, onProgress, pollMs });
  if (end === 'gone') throw new TransientError('The daemon has ended');
  return end;
}
