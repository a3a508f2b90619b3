import type { LogFields } from './logger.js';

/** Least important first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** A line as it was written, without secrets. */
export interface LogLine {
  /** Counts the lines of this run from 1. */
  readonly id: number;
  /** ISO 8601, wall time. */
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export interface LogFilter {
  /** Least important level. Default: all. */
  readonly level?: LogLevel | undefined;
  /** What message or fields contain, in any case. */
  readonly text?: string | undefined;
  /** Only lines that carry this value of this name: `job`. */
  readonly field?: { readonly name: string; readonly value: string } | undefined;
}

const KEPT_LINES = 1000;
/** A longer message or set of fields is cut: the log itself has all of it. */
const MAX_TEXT = 4000;

/** The newest lines of the log, for people who look at them through the API. */
export class LogTail {
  readonly #lines: LogLine[] = [];
  #lastId = 0;
  #onLine: (line: LogLine) => void = () => undefined;

  add(written: Omit<LogLine, 'id'>): void {
    const { time, level, message, fields } = written;
    const line = {
      id: ++this.#lastId,
      time,
      level,
      message: message.slice(0, MAX_TEXT),
      fields: JSON.stringify(fields).length > MAX_TEXT ? { cut: true } : fields,
    };
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#onLine(line);
  }

  /** Calls it with each line from now on. */
  follow(onLine: (line: LogLine) => void): void {
    this.#onLine = onLine;
  }

  /** The newest lines that match, oldest first. */
  list(filter: LogFilter, limit: number): readonly LogLine[] {
    return this.#lines.filter((line) => matchesLine(line, filter)).slice(-limit);
  }
}

export function matchesLine(line: LogLine, { level, text, field }: LogFilter): boolean {
  if (level !== undefined && LOG_LEVELS.indexOf(line.level) < LOG_LEVELS.indexOf(level)) {
    return false;
  }
  if (field !== undefined && line.fields[field.name] !== field.value) return false;
  if (text === undefined) return true;
  const all = `${line.message} ${JSON.stringify(line.fields)}`;
  return all.toLowerCase().includes(text.toLowerCase());
}
