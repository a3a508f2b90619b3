/** Which Redis, and what all names in it begin with. */
export interface RedisPlace {
  readonly url: string;
  readonly prefix: string;
}

const COMMAND_LIMIT_MS = 5_000;
const MAX_RETRY_MS = 1_000;

/** For commands that fail at once while Redis is away, instead of waiting for it. */
export const IMPATIENT = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: COMMAND_LIMIT_MS,
  retryStrategy,
};

/** For a reader that waits for what comes, through outages of any length. */
export const PATIENT = { maxRetriesPerRequest: null, retryStrategy };

/** Milliseconds until the next attempt to connect. */
function retryStrategy(attempts: number): number {
  return Math.min(attempts * 100, MAX_RETRY_MS);
}
