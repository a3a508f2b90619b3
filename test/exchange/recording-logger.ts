import type { LogFields, Logger } from '../../src/lib/logger.js';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps every line in memory, so that a test can read what an operator would. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[];
  readonly #ids: LogFields;

  constructor(lines: LogLine[] = [], ids: LogFields = {}) {
    this.lines = lines;
    this.#ids = ids;
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
  }

  child(fields: LogFields): Logger {
    return new RecordingLogger(this.lines, { ...this.#ids, ...fields });
  }

  #add(level: LogLine['level'], message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#ids, ...fields } });
  }
}
