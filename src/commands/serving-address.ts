import { findLockHolder } from '../coordination/data-dir-lock.js';
import { RejectedError, TransientError } from '../lib/errors.js';

/**
 * Where the daemon that holds a data folder serves its API.
 *
 * @throws RejectedError where a command holds the folder, whose API is for itself alone
 * @throws TransientError while it serves none yet
 */
export function getServingAddress(dataDir: string): string {
  const holder = findLockHolder(dataDir);
  if (holder?.program !== undefined) {
    throw new RejectedError(`${holder.program} is at work here: wait for its end, or stop it`);
  }
  if (holder?.apiAddress !== undefined) return holder.apiAddress;
  throw new TransientError('The daemon that holds DATA_DIR does not serve its API yet');
}
