import type { Logger } from './logger.js';

/** Writes nothing: for work whose result says all there is to say. */
export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT_LOGGER,
};
