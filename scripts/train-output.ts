import cliProgress from 'cli-progress';
import type { TrainEnd, TrainProgress } from '../src/daemon/train/train-options.js';
import type { Logger } from '../src/lib/logger.js';
import { createLineLogger, durationText, lineText, type OutputOptions } from './collect-output.js';

export interface TrainOutput {
  readonly logger: Logger;
  show(progress: TrainProgress): void;
  /** Says how it ended. */
  end(end: TrainEnd): void;
  /** Gives the terminal back. */
  stop(): void;
}

/** Between two lines of progress. */
const LINE_EVERY_MS = 5_000;

/** Two bars on the terminal, the session and the job under way, below the lines of the log. */
export class TrainBars implements TrainOutput {
  readonly logger: Logger;
  readonly #bars = new cliProgress.MultiBar({
    format: '{bar} {percentage} % | {text}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    gracefulExit: false,
    stream: process.stderr,
  });
  #session: cliProgress.SingleBar | undefined;
  #job: cliProgress.SingleBar | undefined;

  constructor(options: OutputOptions) {
    this.logger = createLineLogger(options, (line) => {
      const text = `${lineText(line, options.clock)}\n`;
      if (this.#session === undefined) process.stderr.write(text);
      else this.#bars.log(text);
    });
  }

  show(progress: TrainProgress): void {
    const text = sessionText(progress);
    this.#session ??= this.#bars.create(100, 0, { text });
    this.#session.update(Math.round(progress.percentage), { text });
    const { name = '', stage = '', percent = 0 } = progress.job ?? {};
    const jobText = `${name} ${stage}`;
    this.#job ??= this.#bars.create(100, 0, { text: jobText });
    this.#job.update(Math.round(percent), { text: jobText });
  }

  end(end: TrainEnd): void {
    this.stop();
    process.stderr.write(`${end.line}\n`);
  }

  stop(): void {
    if (this.#session === undefined) return;
    // A stop throws away the lines that are not drawn yet.
    this.#bars.update();
    this.#bars.stop();
    this.#session = undefined;
  }
}

/** Lines, for logs and pipes. */
export class TrainLines implements TrainOutput {
  readonly logger: Logger;
  #dueMs = -Infinity;

  readonly #options: OutputOptions;

  constructor(options: OutputOptions) {
    this.#options = options;

    this.logger = createLineLogger(options, (line) => {
      process.stderr.write(`${lineText(line, options.clock)}\n`);
    });
  }

  show(progress: TrainProgress): void {
    const nowMs = this.#options.clock.wallMs();
    if (nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + LINE_EVERY_MS;
    const job = progress.job === undefined ? '' : ` | ${progress.job.name} ${progress.job.stage}`;
    process.stdout.write(`${progress.percentage.toFixed(0)} % | ${sessionText(progress)}${job}\n`);
  }

  end(end: TrainEnd): void {
    process.stdout.write(`${end.line}\n`);
  }

  stop(): void {
    // Nothing is held.
  }
}

/** Every line is an object with an `event`: `log`, `progress` or `end`. */
export class TrainJson implements TrainOutput {
  readonly logger: Logger;

  constructor(options: OutputOptions) {
    this.logger = createLineLogger(options, ({ level, message, fields }) =>
      writeJson({ ...fields, event: 'log', level, message }),
    );
  }

  show({
    by,
    state,
    pausedBy,
    percentage,
    current,
    total,
    failed,
    etaSec,
    job,
  }: TrainProgress): void {
    writeJson({
      event: 'progress',
      by,
      state,
      paused_by: pausedBy,
      percentage,
      current,
      total,
      failed,
      eta_sec: etaSec === undefined ? null : Math.round(etaSec),
      job: job ?? null,
    });
  }

  end({ status, sessionUid, failed, line, left }: TrainEnd): void {
    writeJson({ event: 'end', status, session_id: sessionUid, failed, line, not_trained: left });
  }

  stop(): void {
    // Nothing is held.
  }
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** `12 of 100 models | 1 failed | ETA 1:20`. */
function sessionText({
  by,
  state,
  pausedBy,
  current,
  total,
  failed,
  etaSec,
}: TrainProgress): string {
  const parts = [`${current} of ${total} models`];
  const who = state === 'paused' ? ` by ${pausedBy.join(' and ')}` : '';
  if (state !== 'running') parts.unshift(`${state}${who}`);
  if (by !== 'this process') parts.unshift(`by ${by}`);
  if (failed > 0) parts.push(`${failed} failed`);
  parts.push(`ETA ${etaSec === undefined ? '–' : durationText(etaSec)}`);
  return parts.join(' | ');
}
