import { DataDirLock } from '../coordination/data-dir-lock.js';
import { AlreadyRunningError, TransientError } from '../lib/errors.js';
import { DaemonClient } from './daemon-client.js';
import type { ExperimentEnd, ExperimentOptions } from './experiment-options.js';
import { follow } from './follow.js';
import { FollowedExperiment } from './followed-experiment.js';
import { withOwnDaemon } from './own-daemon.js';
import { getServingAddress } from './serving-address.js';

const POLL_MS = 500;
const JOINED_POLL_MS = 1_000;

/**
 * Runs an experiment to its end: in the daemon that is at work with the same data, through its queue, or else by a
 * daemon in this process that only trains.
 *
 * @throws ConfigError when a person must mend something first
 * @throws RejectedError for an experiment that the daemon refuses, with what is wrong with it
 * @throws TransientError when database, venue or daemon do not answer
 */
export async function experiment(options: ExperimentOptions): Promise<ExperimentEnd> {
  if (!DataDirLock.isFree(options.settings.dataDir)) return experimentInDaemon(options);
  try {
    return await experimentHere(options);
  } catch (error) {
    // Another process may have taken the folder just before.
    if (error instanceof AlreadyRunningError) return experimentInDaemon(options);
    throw error;
  }
}

function experimentHere(options: ExperimentOptions): Promise<ExperimentEnd> {
  return withOwnDaemon({ ...options, role: 'train' }, (daemon, signal) =>
    followToEnd(
      new FollowedExperiment(daemon, { ...options, isOwnDaemon: true }),
      { ...options, signal },
      POLL_MS,
    ),
  );
}

function experimentInDaemon(options: ExperimentOptions): Promise<ExperimentEnd> {
  const { settings, logger } = options;
  const { dataDir, apiToken } = settings;
  logger.info('A daemon is at work with the same data: it trains, in its own queue');
  // Its calls go on after a Ctrl+C: the rest is to be cancelled then.
  const { signal } = new AbortController();
  const daemon = new DaemonClient({
    getAddress: () => getServingAddress(dataDir),
    apiToken,
    signal,
  });
  const followed = new FollowedExperiment(daemon, { ...options, isOwnDaemon: false });
  return followToEnd(followed, options, JOINED_POLL_MS);
}

async function followToEnd(
  followed: FollowedExperiment,
  options: ExperimentOptions,
  pollMs: number,
): Promise<ExperimentEnd> {
  const end = await follow(followed, { ...options, pollMs });
  if (end === 'gone') throw new TransientError('The daemon has ended');
  return end;
}
