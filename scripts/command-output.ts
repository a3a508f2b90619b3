import cliProgress from 'cli-progress';
import { listSecrets } from '../config/effective-settings.js';
import type { Settings } from '../config/settings.js';
import { SystemClock, type Clock } from '../src/lib/clock.js';
import type { LogFields, Logger } from '../src/lib/logger.js';
import { redact } from '../src/lib/redact.js';

/** What one command writes of its progress and its end. */
export interface CommandFormat<Progress, End> {
  /** One or more bars on the terminal, always as many. */
  bars(progress: Progress): readonly { readonly percentage: number; readonly text: string }[];
  line(progress: Progress): string;
  /** Where it is the same as for the line before, there is no further line. */
  lineKey?(progress: Progress): string | undefined;
  progressJson(progress: Progress): object;
  end(end: End): string;
  endJson(end: End): object;
}

export interface CommandOutput<Progress, End> {
  readonly logger: Logger;
  show(progress: Progress): void;
  /** Says how it ended. */
  end(end: End): void;
  /** Gives the terminal back. */
  stop(): void;
}

export interface OutputOptions {
  readonly clock: Clock;
  readonly level: Level;
  /** Values that must never appear. */
  readonly secrets: readonly string[];
}

/** What the settings say of the output of a command. */
export function outputOptions(settings: Settings): OutputOptions {
  return {
    clock: new SystemClock(),
    level: settings.logLevel,
    secrets: listSecrets(settings),
  };
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** As JSON where that is asked for, as bars on a terminal, else as lines. */
export function createOutput<Progress, End>(
  format: CommandFormat<Progress, End>,
  options: OutputOptions & { readonly isJson: boolean },
): CommandOutput<Progress, End> {
  if (options.isJson) return new JsonOutput(format, options);
  return process.stderr.isTTY ? new BarOutput(format, options) : new LineOutput(format, options);
}

/** Between two lines of progress. */
const LINE_EVERY_MS = 5_000;

/** Bars on the terminal, below the lines of the log. */
class BarOutput<Progress, End> implements CommandOutput<Progress, End> {
  readonly logger: Logger;
  readonly #format: CommandFormat<Progress, End>;
  readonly #container = new cliProgress.MultiBar({
    format: '{bar} {percentage} % | {text}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    gracefulExit: false,
    stream: process.stderr,
  });
  #bars: readonly cliProgress.SingleBar[] = [];

  constructor(format: CommandFormat<Progress, End>, options: OutputOptions) {
    this.#format = format;
    this.logger = createLineLogger(options, (line) => {
      const text = `${lineText(line, options.clock)}\n`;
      if (this.#bars.length === 0) process.stderr.write(text);
      else this.#container.log(text);
    });
  }

  show(progress: Progress): void {
    const shown = this.#format.bars(progress);
    if (this.#bars.length === 0) {
      this.#bars = shown.map(({ text }) => this.#container.create(100, 0, { text }));
    }
    for (const [index, { percentage, text }] of shown.entries()) {
      this.#bars[index]?.update(Math.round(percentage), { text });
    }
  }

  end(end: End): void {
    this.stop();
    process.stderr.write(`${this.#format.end(end)}\n`);
  }

  stop(): void {
    if (this.#bars.length === 0) return;
    // A stop throws away the lines that are not drawn yet.
    this.#container.update();
    this.#container.stop();
    this.#bars = [];
  }
}

/** Lines, for logs and pipes. */
class LineOutput<Progress, End> implements CommandOutput<Progress, End> {
  readonly logger: Logger;
  readonly #format: CommandFormat<Progress, End>;
  readonly #clock: Clock;
  #dueMs = -Infinity;
  #shownKey: string | undefined;

  constructor(format: CommandFormat<Progress, End>, options: OutputOptions) {
    this.#format = format;
    this.#clock = options.clock;
    this.logger = createLineLogger(options, (line) => {
      process.stderr.write(`${lineText(line, options.clock)}\n`);
    });
  }

  show(progress: Progress): void {
    const nowMs = this.#clock.wallMs();
    const key = this.#format.lineKey?.(progress);
    const isKnown = key !== undefined && key === this.#shownKey;
    // Formatted each time, because a rate is measured from every progress.
    const line = this.#format.line(progress);
    if (isKnown || nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + LINE_EVERY_MS;
    this.#shownKey = key;
    process.stdout.write(`${line}\n`);
  }

  end(end: End): void {
    process.stdout.write(`${this.#format.end(end)}\n`);
  }

  stop(): void {
    // Nothing is held.
  }
}

/** Every line is an object with an `event`: `log`, `progress` or `end`. */
class JsonOutput<Progress, End> implements CommandOutput<Progress, End> {
  readonly logger: Logger;
  readonly #format: CommandFormat<Progress, End>;

  constructor(format: CommandFormat<Progress, End>, options: OutputOptions) {
    this.#format = format;
    this.logger = createLineLogger(options, ({ level, message, fields }) =>
      writeJson({ ...fields, event: 'log', level, message }),
    );
  }

  show(progress: Progress): void {
    writeJson({ event: 'progress', ...this.#format.progressJson(progress) });
  }

  end(end: End): void {
    writeJson({ event: 'end', ...this.#format.endJson(end) });
  }

  stop(): void {
    // Nothing is held.
  }
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
}

export function createLineLogger(
  options: OutputOptions,
  write: (line: Line) => void,
  ids: LogFields = {},
): Logger {
  const { level: least, secrets } = options;
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      // The fields are an object and stay one.
      const line = { level, message, fields: { ...ids, ...fields } };
      write(redact(line, { secrets }) as Line);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => createLineLogger(options, write, { ...ids, ...fields }),
  };
}

export function lineText({ level, message, fields }: Line, clock: Clock): string {
  const time = new Date(clock.wallMs()).toISOString().slice(11, 19);
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${fieldText(value)}`);
  return `${time} ${level.toUpperCase().padEnd(5)} ${message}${rest.join('')}`;
}

function fieldText(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
