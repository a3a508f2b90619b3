import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { watchLimits, type AttemptTimes } from './limit-watch.js';
import type { ChildEnd, TrainerChild } from './trainer-child.js';
import {
  findEvent,
  type DoneEvent,
  type FailedEvent,
  type TrainerEvent,
  type TrainerStage,
} from './trainer-events.js';
import { toBaseModelJobLine, type BaseModelJob } from './trainer-job.js';
import { toJobLine, type TrainerJob } from './trainer-job.js';
import { readManifest } from './trainer-manifest.js';
import { failed, type TrainerFailed, type TrainerOutcome } from './trainer-outcome.js';

/** What a person does about a Python that is missing or lacks a package. */
export const SETUP_FIX = 'npm run setup';
/** Lines that are no events are tolerated up to this number: libraries print. */
const MAX_RUBBISH_LINES = 50;
const SHOWN_CHARACTERS = 200;
/** For a SIGKILL from outside: limits of the daemon report their own reason. */
const KILLED_HINT =
  'usually the system had no memory left (see dmesg); lower TRAIN_MEMORY_MB or POOL_MAX_ROWS, or free memory';
const IMPORT_FAILURE = /^.*(?:No module named|ImportError|cannot open shared object).*$/m;

export interface TrainerProgress {
  readonly stage: TrainerStage;
  /** Of the whole job, 0 to 100, never falling. */
  readonly percent: number;
}

export interface AttemptOptions {
  readonly clock: Clock;
  /** Monotonic, so that a change of the wall clock ends no job. */
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  /** Resident memory of the whole group, in MB of 2^20 bytes. */
  readonly memoryLimitMb: number;
  /** For the whole job. */
  readonly jobTimeoutMs: number;
  /** From one sign of life to the next. */
  readonly stallTimeoutMs: number;
  readonly pollIntervalMs: number;
  /** Of the processor, for a base model. */
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TrainerProgress) => void;
  readonly onMemory: (rssMb: number) => void;
}

export interface AttemptResult {
  readonly outcome: TrainerOutcome;
  /** False when the process must be killed and its files removed. */
  readonly isChildUsable: boolean;
  readonly peakRssMb: number;
}

/** The trainer's answer, or a failure of its process. */
type Verdict =
  | { readonly kind: 'answered'; readonly event: DoneEvent | FailedEvent }
  | { readonly kind: 'broken'; readonly failure: TrainerFailed };

/** One job on one process. The first of answer, process end, abort and exceeded limit decides its outcome. */
export class JobAttempt {
  readonly #over = new AbortController();
  readonly #times: AttemptTimes;
  #verdict: Verdict | undefined;
  #rubbishLines = 0;

  readonly #child: TrainerChild;
  readonly #job: TrainerJob | BaseModelJob;
  readonly #options: AttemptOptions;

  constructor(child: TrainerChild, job: TrainerJob | BaseModelJob, options: AttemptOptions) {
    this.#child = child;
    this.#job = job;
    this.#options = options;
    const nowMs = options.monotonicMs();
    this.#times = { isSent: false, startedAtMs: nowMs, lastSignMs: nowMs };
  }

  async run(): Promise<AttemptResult> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#break(failed('cancelled', 'the job was cancelled'));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#child.listen((line) => this.#readLine(line));
    void this.#child.ended.then((end) => this.#break(toFailure(end, this.#child.isReady)));
    if (signal.aborted) onAbort();
    else if (this.#child.isReady) this.#send();
    const watch = {
      ...this.#options,
      child: this.#child,
      times: this.#times,
      over: this.#over.signal,
    };
    const watched = await watchLimits({ ...watch, onExceeded: (failure) => this.#break(failure) });
    signal.removeEventListener('abort', onAbort);
    this.#child.listen(() => undefined);
    return this.#conclude(watched.peakRssMb);
  }

  #settle(verdict: Verdict): void {
    this.#verdict ??= verdict;
    this.#over.abort();
  }

  #break(failure: TrainerFailed): void {
    this.#settle({ kind: 'broken', failure });
  }

  #send(): void {
    this.#times.isSent = true;
    this.#times.startedAtMs = this.#options.monotonicMs();
    this.#times.lastSignMs = this.#times.startedAtMs;
    this.#child.jobsRun += 1;
    const job = this.#job;
    this.#child.send(
      'kind' in job ? toBaseModelJobLine(job, this.#options.threads) : toJobLine(job),
    );
  }

  #readLine(line: string | undefined): void {
    if (this.#verdict !== undefined) return;
    const event = line === undefined ? undefined : findEvent(line);
    if (event === undefined || !this.#take(event)) this.#countRubbish(line);
  }

  /** Returns false for an event that is not expected now. */
  #take(event: TrainerEvent): boolean {
    if (event.event === 'ready') return this.#takeReady(event.versions);
    // The uid is null where the trainer could not read the job line: it can only be this job.
    if (!this.#times.isSent || (event.job !== this.#job.uid && event.job !== null)) return false;
    this.#times.lastSignMs = this.#options.monotonicMs();
    if (event.event === 'progress') {
      this.#options.onProgress({ stage: event.stage, percent: event.percent });
    } else {
      this.#settle({ kind: 'answered', event });
    }
    return true;
  }

  #takeReady(versions: Readonly<Record<string, string>>): boolean {
    if (this.#times.isSent) return false;
    this.#child.isReady = true;
    this.#options.logger.debug('trainer is ready', { versions });
    this.#send();
    return true;
  }

  #countRubbish(line: string | undefined): void {
    this.#rubbishLines += 1;
    if (this.#rubbishLines === 1) {
      const text = line === undefined ? 'a line without an end' : line.slice(0, SHOWN_CHARACTERS);
      this.#options.logger.warn('the trainer printed something that is no event', { text });
    }
    if (this.#rubbishLines > MAX_RUBBISH_LINES) {
      const lines = `${this.#rubbishLines} lines that are no events`;
      this.#break(failed('bad_output', `the trainer printed ${lines}`));
    }
  }

  async #conclude(polledPeakMb: number): Promise<AttemptResult> {
    const verdict = this.#verdict;
    if (verdict === undefined) throw new Error('Broken invariant: a job ended without a verdict');
    if (verdict.kind === 'broken') {
      return { outcome: verdict.failure, isChildUsable: false, peakRssMb: polledPeakMb };
    }
    const { event } = verdict;
    if (event.event === 'done') return this.#concludeDone(event, polledPeakMb);
    const outcome = failed(event.code, event.message);
    return { outcome, isChildUsable: event.code !== 'memory', peakRssMb: polledPeakMb };
  }

  async #concludeDone(event: DoneEvent, polledPeakMb: number): Promise<AttemptResult> {
    const peakRssMb = Math.max(polledPeakMb, event.peak_rss_mb);
    const { outputDir } = this.#job;
    const reading = await readManifest(outputDir, event.manifest_sha256);
    if (reading.status === 'unreadable') {
      return { outcome: failed('bad_output', reading.reason), isChildUsable: false, peakRssMb };
    }
    const outcome: TrainerOutcome = {
      status: 'done',
      outputDir,
      manifestSha256: event.manifest_sha256,
      manifest: reading.manifest,
      durationMs: Math.round(this.#options.monotonicMs() - this.#times.startedAtMs),
      peakRssMb,
    };
    return { outcome, isChildUsable: true, peakRssMb };
  }
}

/** The failure of a job whose process has ended. */
function toFailure(end: ChildEnd, wasReady: boolean): TrainerFailed {
  if (end.kind === 'not_started') {
    return failed('no_python', `Python cannot be started (${end.reason}): run "${SETUP_FIX}"`);
  }
  const importError = wasReady ? undefined : IMPORT_FAILURE.exec(end.stderr)?.[0];
  if (importError !== undefined) {
    return failed('no_python', `Python lacks a package (${importError}): run "${SETUP_FIX}"`);
  }
  const lastLine = end.stderr.split('\n').at(-1)?.slice(0, SHOWN_CHARACTERS) ?? '';
  if (end.how === 'SIGKILL')
    return failed('crashed', `the trainer ended with SIGKILL: ${KILLED_HINT}`);
  const detail = lastLine === '' ? '' : `: ${lastLine}`;
  return failed('crashed', `the trainer ended with ${end.how}${detail}`);
}
