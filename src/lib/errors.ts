/** The four classes are named by the reaction of the caller, not by what went wrong. */

/** Do not start: a person must first fix a setting, a file or the set-up. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** Do not start: another daemon works on the same data. */
export class AlreadyRunningError extends ConfigError {
  override readonly name = 'AlreadyRunningError';
}

/** Retry within a limit, else at the next tick: the network, a busy database, a venue that is down. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}

/** Skip this item and record why: it is wrong, and a retry would not help. */
export class RejectedError extends Error {
  override readonly name = 'RejectedError';
}

/**
 * Stop trading and tell a human: money may be at risk. `TradingService` opens no position after one
 * until the process is started again; exits go on.
 */
export class HaltError extends Error {
  override readonly name = 'HaltError';
}

/** The message of anything thrown, for a log line or a stored reason. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
