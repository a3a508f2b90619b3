import cliProgress from 'cli-progress';
import type { Settings } from '../config/settings.js';
import type { CollectEnd, CollectProgress } from '../src/daemon/collect/collect-options.js';
import { type Clock, SystemClock } from '../src/lib/clock.js';
import type { LogFields, Logger } from '../src/lib/logger.js';
import { redact } from '../src/lib/redact.js';

export interface CollectOutput {
  readonly logger: Logger;
  show(progress: CollectProgress): void;
  /** Says how it ended. */
  end(end: CollectEnd): void;
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
    secrets: [settings.apiToken, settings.mysqlPassword].filter((value) => value !== undefined),
  };
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** Between two lines of progress where nothing but figures changes. */
const LINE_EVERY_MS = 5_000;
/** Rates are measured over that long at most. */
const RATE_WINDOW_MS = 15_000;

/** A bar on the terminal, below the lines of the log. */
export class CollectBar implements CollectOutput {
  readonly logger: Logger;
  readonly #rate: Rate;
  readonly #bars = new cliProgress.MultiBar({
    format: '{bar} {percentage} % | {text}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    gracefulExit: false,
    stream: process.stderr,
  });
  #bar: cliProgress.SingleBar | undefined;

  constructor(options: OutputOptions) {
    this.#rate = new Rate(options.clock);
    this.logger = createLineLogger(options, (line) => {
      if (this.#bar === undefined) process.stderr.write(`${lineText(line, options.clock)}\n`);
      else this.#bars.log(`${lineText(line, options.clock)}\n`);
    });
  }

  show(progress: CollectProgress): void {
    const text = progressText(progress, this.#rate.add(progress));
    this.#bar ??= this.#bars.create(100, 0, { text });
    this.#bar.update(progress.percentage, { text });
  }

  end({ status }: CollectEnd): void {
    this.stop();
    process.stderr.write(status === 'stopped' ? `${STOPPED}\n` : 'Everything is up to date\n');
  }

  stop(): void {
    if (this.#bar === undefined) return;
    // A stop throws away the lines that are not drawn yet.
    this.#bars.update();
    this.#bars.stop();
    this.#bar = undefined;
  }
}

const STOPPED = 'Stopped; the next start goes on from here';

/** Lines, for logs and pipes. */
export class CollectLines implements CollectOutput {
  readonly logger: Logger;
  readonly #clock: Clock;
  readonly #rate: Rate;
  #dueMs = -Infinity;
  #shown = '';

  constructor(options: OutputOptions) {
    this.#clock = options.clock;
    this.#rate = new Rate(options.clock);
    this.logger = createLineLogger(options, (line) => {
      process.stderr.write(`${lineText(line, options.clock)}\n`);
    });
  }

  show(progress: CollectProgress): void {
    const text = progressText(progress, this.#rate.add(progress));
    // Following, nothing but the state is news.
    const key = `${progress.state} ${progress.seriesReady} ${progress.seriesTotal}`;
    const isNews = key !== this.#shown || progress.state === 'backfilling';
    if (!isNews || this.#clock.wallMs() < this.#dueMs) return;
    this.#dueMs = this.#clock.wallMs() + LINE_EVERY_MS;
    this.#shown = key;
    process.stdout.write(`${progress.percentage} % | ${text}\n`);
  }

  end({ status }: CollectEnd): void {
    process.stdout.write(status === 'stopped' ? `${STOPPED}\n` : 'Everything is up to date\n');
  }

  stop(): void {
    // Nothing is held.
  }
}

/** Every line is an object with an `event`: `log`, `progress` or `end`. */
export class CollectJson implements CollectOutput {
  readonly logger: Logger;
  readonly #rate: Rate;

  constructor(options: OutputOptions) {
    this.#rate = new Rate(options.clock);
    this.logger = createLineLogger(options, ({ level, message, fields }) =>
      writeJson({ ...fields, event: 'log', level, message }),
    );
  }

  show(progress: CollectProgress): void {
    const { barsPerSec, etaSec } = this.#rate.add(progress);
    writeJson({
      event: 'progress',
      by: progress.by,
      state: progress.state,
      percentage: progress.percentage,
      series_ready: progress.seriesReady,
      series_total: progress.seriesTotal,
      bars_done: progress.barsDone,
      bars_wanted: progress.barsWanted,
      bars_per_sec: barsPerSec === undefined ? null : Math.round(barsPerSec),
      eta_sec: etaSec === undefined ? null : Math.round(etaSec),
    });
  }

  end({ status, left }: CollectEnd): void {
    writeJson({ event: 'end', status, not_collected: left });
  }

  stop(): void {
    // Nothing is held.
  }
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

interface Speed {
  readonly barsPerSec: number | undefined;
  readonly etaSec: number | undefined;
}

/** How fast it goes lately, and how long the rest takes at that speed. */
export class Rate {
  readonly #samples: { atMs: number; bars: number; percentage: number }[] = [];

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add({ barsDone, percentage, state }: CollectProgress): Speed {
    const atMs = this.#clock.wallMs();
    // What was measured before a pause, or by a process that has ended, says nothing.
    if (state !== 'backfilling' || barsDone < (this.#samples.at(-1)?.bars ?? 0)) {
      this.#samples.length = 0;
    }
    this.#samples.push({ atMs, bars: barsDone, percentage });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - RATE_WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || first.atMs === atMs) return UNKNOWN;
    const seconds = (atMs - first.atMs) / 1000;
    const perSec = (percentage - first.percentage) / seconds;
    return {
      barsPerSec: (barsDone - first.bars) / seconds,
      etaSec: perSec > 0 ? (100 - percentage) / perSec : undefined,
    };
  }
}

const UNKNOWN: Speed = { barsPerSec: undefined, etaSec: undefined };

/** `12 of 100 series | 34,567 bars | 8,200 bars/s | ETA 1:20`. */
export function progressText(progress: CollectProgress, { barsPerSec, etaSec }: Speed): string {
  const { by, state, seriesReady, seriesTotal, barsDone } = progress;
  const parts = [`${seriesReady} of ${seriesTotal} series`, `${grouped(barsDone)} bars`];
  if (state !== 'backfilling') parts.unshift(state);
  if (by !== 'this process') parts.unshift(`by ${by}`);
  if (state === 'backfilling' && barsPerSec !== undefined) {
    parts.push(`${grouped(Math.round(barsPerSec))} bars/s`);
    parts.push(`ETA ${etaSec === undefined ? '–' : durationText(etaSec)}`);
  }
  return parts.join(' | ');
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
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
