import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import winston from 'winston';
import Transport from 'winston-transport';
import { DailyFile } from './daily-file.js';
import { LOG_LEVELS, LogTail, type LogLevel } from './log-tail.js';
import type { LogFields, Logger } from './logger.js';
import { redact } from './redact.js';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `journal`: JSON on standard output. `terminal`: readable there, and JSON in daily files. */
  readonly target: 'journal' | 'terminal';
  /** Folder of the daily files; none are written where it is undefined. */
  readonly folder: string | undefined;
  /** Values that must never appear, whatever the field. */
  readonly secrets: readonly string[];
  /** Wall time after a failure until the files are tried again; a minute by default. */
  readonly fileRetryMs?: number | undefined;
}

export interface ClosableLogger extends Logger {
  /** The newest lines. */
  readonly tail: LogTail;
  /** Resolves once every line is written, within two seconds. */
  close(): Promise<void>;
}

const CLOSE_LIMIT_MS = 2000;

export function createLogger(options: LoggerOptions): ClosableLogger {
  const { combine, timestamp, errors, json } = winston.format;
  const scrub = winston.format((info) => {
    redactInPlace(info, options.secrets);
    return info;
  });
  const root = winston.createLogger({
    level: options.level,
    format: combine(errors({ stack: true }), timestamp(), scrub()),
    transports: [
      new winston.transports.Console({
        format: options.target === 'journal' ? json() : winston.format.printf(terminalLine),
      }),
    ],
  });
  const tail = new LogTail();
  root.add(new TailTransport(tail));
  // A line that cannot be written is no reason to end: a full disk, a reader of the output that is gone.
  root.on('error', ignore);
  if (!process.stdout.listeners('error').includes(ignore)) process.stdout.on('error', ignore);
  const { target, folder } = options;
  if (target !== 'terminal' || folder === undefined) {
    return { ...wrap(root), tail, close: () => close(root, undefined) };
  }
  const file = new DailyFile({
    folder,
    format: json(),
    retryMs: options.fileRetryMs,
    // The terminal has every line all the same.
    onLost: (reason) =>
      root.warn(`Lines of the log files are lost until they can be written: ${reason}`),
  });
  root.add(file);
  return { ...wrap(root), tail, close: () => close(root, file) };
}

/** What was written, after secrets have been taken out. */
class TailTransport extends Transport {
  readonly #tail: LogTail;

  constructor(tail: LogTail) {
    super();
    this.#tail = tail;
  }

  override log(info: winston.Logform.TransformableInfo, next: () => void): void {
    const { timestamp, level, message, ...rest } = info;
    // Winston adds properties of its own under symbols. They are no fields of the line, and a check of the
    // answer by schema refuses them.
    const fields = Object.fromEntries(Object.entries(rest));
    const known = LOG_LEVELS.find((one) => one === level) ?? 'info';
    this.#tail.add({ time: String(timestamp), level: known, message: String(message), fields });
    next();
  }
}

function ignore(): void {
  // Nobody is left to be told.
}

function wrap(logger: winston.Logger): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      logger.log(level, message, toPlainFields(fields));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/**
 * What is undefined says nothing and is left out. Errors have no enumerable fields, so JSON would show
 * `{}` in their place.
 */
function toPlainFields(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        name,
        value instanceof Error ? (value.stack ?? value.message) : value,
      ]),
  );
}

function redactInPlace(info: winston.Logform.TransformableInfo, secrets: readonly string[]): void {
  for (const [name, value] of Object.entries(info)) {
    info[name] = redact(value, { name, secrets });
  }
}

function terminalLine(info: winston.Logform.TransformableInfo): string {
  const { timestamp, level, message, stack, ...fields } = info;
  const time = String(timestamp).slice(11, 19);
  const before = ['symbol', 'timeframe', 'bot', 'job']
    .flatMap((name) => (fields[name] === undefined ? [] : [textOf(fields[name])]))
    .join(' ');
  const rest = Object.entries(fields)
    .filter(([name]) => !['symbol', 'timeframe', 'bot', 'job'].includes(name))
    .map(([name, value]) => `${name}=${textOf(value)}`)
    .join(' ');
  const parts = [time, level.toUpperCase().padEnd(5), before, String(message), rest];
  const line = parts.filter((part) => part !== '').join(' ');
  return stack === undefined ? line : `${line}\n${textOf(stack)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The lines go through the logger, then through each transport, and at last into the file. */
async function close(root: winston.Logger, file: DailyFile | undefined): Promise<void> {
  const written =
    file === undefined ? once(root, 'finish') : once(file, 'finish').then(() => file.flush());
  root.end();
  const ending = new AbortController();
  const limit = setTimeout(CLOSE_LIMIT_MS, undefined, { signal: ending.signal });
  await Promise.race([written, limit.catch(() => undefined)]);
  ending.abort();
  // Standard output flushes after the logger itself says it is done.
  await setImmediate();
}
