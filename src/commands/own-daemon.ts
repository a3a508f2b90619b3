import type { ChildEnvironments } from '../lib/child-environments.js';
import { randomBytes } from 'node:crypto';
import type { Settings } from '../../config/settings.js';
import { createDaemon, type DaemonRole } from '../daemon.js';
import { TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { DaemonClient } from './daemon-client.js';

export interface OwnDaemonOptions {
  readonly settings: Settings;
  readonly role: Exclude<DaemonRole, 'daemon'>;
  readonly version: string;
  readonly childEnvironments: ChildEnvironments;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Lends a daemon in this process with some parts left out. Its API is on a free port of the loopback
 * address, with a token that only this process knows.
 *
 * @param use gets a signal that aborts with the command, and when the daemon has failed
 * @throws AlreadyRunningError when another process holds the data folder
 * @throws whatever makes the daemon fail
 */
export async function withOwnDaemon<T>(
  { settings, signal, ...options }: OwnDaemonOptions,
  use: (daemon: DaemonClient, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [ending, failed] = [new AbortController(), new AbortController()];
  const apiToken = randomBytes(24).toString('hex');
  let address: string | undefined;
  const daemon = createDaemon(
    { ...settings, apiHost: '127.0.0.1', apiPort: 0, apiToken },
    { ...options, onServing: (served) => (address = served) },
  );
  const running = daemon.run(AbortSignal.any([signal, ending.signal]));
  running.catch(() => failed.abort(new Error('the daemon has failed')));
  const getAddress = (): string => {
    if (address === undefined) throw new TransientError('The daemon has only just begun');
    return address;
  };
  const following = AbortSignal.any([signal, failed.signal]);
  const client = new DaemonClient({ getAddress, apiToken, signal: following });
  try {
    return await use(client, following);
  } finally {
    ending.abort();
    // Its own failure says more than what came of it here.
    await running;
  }
}
