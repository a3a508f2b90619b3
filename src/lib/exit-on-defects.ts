import { messageOf } from './errors.js';
import type { ClosableLogger } from './winston-logger.js';

/** The last lines are written within that, or not at all. */
const LAST_LINES_MS = 2_000;

/**
 * Ends the process on an error that nobody caught, and says so in the log, which takes secrets out. By itself Node
 * prints such an error with all that it carries, a request with its key among it.
 *
 * @param what the process in words: 'The daemon'
 * @param exit ends the process
 * @returns what takes this back
 */
export function exitOnDefects(what: string, logger: ClosableLogger, exit: () => void): () => void {
  let isEnding = false;
  const end = (error: unknown): void => {
    if (isEnding) return;
    isEnding = true;
    logger.error(`${what} stopped on a defect: ${messageOf(error)}`, { error });
    setTimeout(exit, LAST_LINES_MS);
    logger.close().then(exit, exit);
  };
  process.on('uncaughtException', end);
  return () => process.off('uncaughtException', end);
}
