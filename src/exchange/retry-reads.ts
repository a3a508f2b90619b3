import { DelegateBackoff, handleWhen, retry } from 'cockatiel';
import { TransientError } from '../lib/errors.js';
import { growingPauseMs } from '../lib/growing-pause.js';

export interface ReadRetryOptions {
  /** Tries in all, the first one included. */
  readonly attempts: number;
  /** Wall time before the second try; doubles for each further one. */
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** What the venue asked for; longer than `maxRetryAfterMs` ends the tries. */
  readonly retryAfterMs: () => number;
  readonly maxRetryAfterMs: number;
  /** From 0 to 1, spreads the tries of many callers. */
  readonly random: () => number;
}

export type ReadRetry = <T>(call: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Repeats a read that failed with a `TransientError`, after exponentially growing, jittered waits and
 * never before the venue's own `Retry-After`. For reads only: an order must never be sent twice.
 */
export function createReadRetry(options: ReadRetryOptions): ReadRetry {
  const { initialDelayMs, maxDelayMs, maxRetryAfterMs, retryAfterMs, random } = options;
  const isWorthRetrying = (error: Error): boolean =>
    error instanceof TransientError && retryAfterMs() <= maxRetryAfterMs;
  const backoff = new DelegateBackoff(({ attempt }: { attempt: number }) => {
    const grown = growingPauseMs(attempt, { firstMs: initialDelayMs, longestMs: maxDelayMs });
    return Math.max(grown * (0.5 + random() / 2), retryAfterMs());
  });
  const policy = retry(handleWhen(isWorthRetrying), {
    maxAttempts: options.attempts - 1,
    backoff,
  });
  return (call, signal) =>
    // A retry's wait has no abort of its own: the caller leaves at once, the wait ends by itself.
    rejectOnAbort(
      policy.execute(async () => call(), signal),
      signal,
    );
}

/** The work's result, or the signal's reason as soon as it aborts. */
export async function rejectOnAbort<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => undefined);
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
