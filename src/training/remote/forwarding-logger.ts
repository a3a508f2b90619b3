import type { LogLevel } from '../../lib/log-tail.js';
import type { LogFields, Logger } from '../../lib/logger.js';

type Forward = (level: LogLevel, message: string, fields: LogFields) => void;

/** Sends each line of a job to the daemon as well. Here information counts as detail: one line a job is enough. */
export class ForwardingLogger implements Logger {
  readonly #local: Logger;
  readonly #forward: Forward;
  readonly #fields: LogFields;

  constructor(local: Logger, forward: Forward, fields: LogFields = {}) {
    this.#local = local;
    this.#forward = forward;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#local.debug(message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#local.debug(message, fields);
    this.#send('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#local.warn(message, fields);
    this.#send('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#local.error(message, fields);
    this.#send('error', message, fields);
  }

  child(fields: LogFields): Logger {
    const all = { ...this.#fields, ...fields };
    return new ForwardingLogger(this.#local.child(fields), this.#forward, all);
  }

  #send(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.#forward(level, message, { ...this.#fields, ...fields });
  }
}
