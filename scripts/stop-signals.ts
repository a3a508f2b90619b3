import type { Logger } from '../src/lib/logger.js';

/** After this long a graceful stop has failed. */
const STOP_LIMIT_MS = 9_500;

export interface StopSignalsOptions {
  readonly logger: Logger;
  /** In words: what the person does not lose. */
  readonly kept: string;
  /** Of a stop that is not waited for. */
  readonly exitCode: number;
}

/**
 * The first signal asks for a graceful stop within a limit; a second one ends at once.
 *
 * The abort's reason has the signal's name as its `cause`.
 *
 * @returns what forgets the limit
 */
export function abortOnSignals(
  controller: AbortController,
  { logger, kept, exitCode }: StopSignalsOptions,
): () => void {
  let limit: NodeJS.Timeout | undefined;
  const onSignal = (name: string): void => {
    if (controller.signal.aborted) process.exit(exitCode);
    logger.info(`${name}: stopping; ${kept} stays`);
    limit = setTimeout(() => process.exit(exitCode), STOP_LIMIT_MS);
    limit.unref();
    controller.abort(new Error(`Stopped by ${name}`, { cause: name }));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return () => clearTimeout(limit);
}
