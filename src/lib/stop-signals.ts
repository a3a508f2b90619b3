import type { Logger } from './logger.js';

/** After this long a graceful stop has failed. */
const STOP_LIMIT_MS = 9_500;

export interface StopSignalsOptions {
  readonly logger: Logger;
  /** Completes `SIGINT: stopping; …`: what a person is to know. */
  readonly note: string;
  /** Of a stop that is not waited for. */
  readonly exitCode: number;
}

/**
 * The first signal asks for a graceful stop within a limit; a second one ends the process at once.
 *
 * The abort's reason has the signal's name as its `cause`.
 *
 * @returns what takes the limit off, once everything has stopped
 */
export function abortOnSignals(
  controller: AbortController,
  { logger, note, exitCode }: StopSignalsOptions,
): () => void {
  let limit: NodeJS.Timeout | undefined;
  const onSignal = (name: string): void => {
    // eslint-disable-next-line no-restricted-syntax -- only entries of a process call this
    const exit = (): never => process.exit(exitCode);
    if (controller.signal.aborted) exit();
    logger.info(`${name}: stopping; ${note}`);
    limit = setTimeout(exit, STOP_LIMIT_MS);
    limit.unref();
    controller.abort(new Error(`Stopped by ${name}`, { cause: name }));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return () => clearTimeout(limit);
}
