/** The four classes are named by what the caller does about them, not by what went wrong. */

/** Do not start: a setting, a file or a set-up step must be mended by a person first. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** Do not start: another daemon is at work with the same data. */
export class AlreadyRunningError extends ConfigError {
  override readonly name = 'AlreadyRunningError';
}

/** Try again within a limit, else at the next tick: the network, a busy database, a venue that is down. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}

/** Skip this one item and record why: the item is wrong and repeating it would not help. */
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
