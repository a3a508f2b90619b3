import { messageOf } from '../../lib/errors.js';
import type { LogFields, Logger } from '../../lib/logger.js';

/** Passes lines on and remembers the newest error: a queue that cannot be worked on says why there alone. */
export class FaultLog {
  newest: string | undefined;
  readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = this.#watching(logger);
  }

  #watching(logger: Logger): Logger {
    return {
      debug: (message, fields) => logger.debug(message, fields),
      info: (message, fields) => logger.info(message, fields),
      warn: (message, fields) => logger.warn(message, fields),
      error: (message, fields: LogFields = {}) => {
        const { error } = fields;
        this.newest = error === undefined ? message : `${message}: ${messageOf(error)}`;
        logger.error(message, fields);
      },
      child: (fields) => this.#watching(logger.child(fields)),
    };
  }
}
