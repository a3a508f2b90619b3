import path from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import winston from 'winston';
import DailyRotateFile from 'winston-daily-rotate-file';
import type { LogFields, Logger } from './logger.js';
import { redact } from './redact.js';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `journal`: JSON on standard output. `terminal`: readable there, and JSON in daily files. */
  readonly target: 'journal' | 'terminal';
  /** Folder of the daily files; none are written where it is undefined. */
  readonly folder: string | undefined;
  /** Values that must never appear, whatever the field. */
  readonly secrets: readonly string[];
}

export interface ClosableLogger extends Logger {
  /** Resolves once every line is written, within two seconds. */
  close(): Promise<void>;
}

const CLOSE_LIMIT_MS = 2000;
const KEPT_DAYS = '14d';

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
  if (options.target === 'terminal' && options.folder !== undefined) {
    addDailyFile(root, options.folder, json());
  }
  return { ...wrap(root), close: () => close(root) };
}

/** Where no file can be written the terminal has every line all the same. */
function addDailyFile(root: winston.Logger, folder: string, format: winston.Logform.Format): void {
  try {
    root.add(dailyFile(folder, format));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    root.warn(`No log files are written: ${reason}`);
  }
}

function dailyFile(folder: string, format: winston.Logform.Format): DailyRotateFile {
  const transport = new DailyRotateFile({
    dirname: folder,
    filename: 'evenkeel-%DATE%.log',
    maxFiles: KEPT_DAYS,
    auditFile: path.join(folder, '.files.json'),
    format,
  });
  // A full disk must not stop the daemon: the terminal still has the line.
  transport.on('error', () => undefined);
  return transport;
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
async function close(root: winston.Logger): Promise<void> {
  const files = root.transports.filter((transport) => transport instanceof DailyRotateFile);
  const written = new Promise<void>((resolve) => root.once('finish', resolve)).then(() =>
    Promise.all(files.map((file) => closeFile(file))),
  );
  root.end();
  const ending = new AbortController();
  const limit = setTimeout(CLOSE_LIMIT_MS, undefined, { signal: ending.signal });
  await Promise.race([written, limit.catch(() => undefined)]);
  ending.abort();
  // Standard output flushes after the logger itself says it is done.
  await setImmediate();
}

/** The transport says once more that it has finished when its file is closed. */
function closeFile(file: DailyRotateFile): Promise<void> {
  return new Promise((resolve) => {
    file.once('finish', resolve);
    file.close?.();
  });
}
