import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { needsTorch } from '../../domain/bots.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { JobAttempt, type AttemptResult, type TrainerProgress } from './job-attempt.js';
import { TrainerChild } from './trainer-child.js';
import type { BaseModelJob } from './trainer-job.js';
import type { TrainerJob } from './trainer-job.js';
import { failed, type TrainerOutcome } from './trainer-outcome.js';

const DEFAULT_POLL_INTERVAL_MS = 500;
const DEFAULT_IDLE_STOP_MS = 60_000;

export interface TrainerProcessOptions {
  /** Interpreter and arguments, as `trainerCommand` gives them. */
  readonly command: readonly string[];
  /** Folder of the Python package. */
  readonly cwd: string;
  /** The whole environment of the process; without it the process inherits the daemon's secrets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly memoryLimitMb: number;
  readonly jobTimeoutMs: number;
  /** Longest silence during a job; without it only the job's own limit holds. */
  readonly stallTimeoutMs?: number;
  readonly recycleAfterJobs: number;
  /** A process that has held more is replaced: it does not give memory back. */
  readonly recycleAboveMb: number;
  readonly clock: Clock;
  /** A clock that no one sets; only differences count. */
  readonly monotonicMs?: () => number;
  readonly logger: Logger;
  readonly pollIntervalMs?: number;
  /** An idle process holds 200 MB: after this long without a job it is ended. */
  readonly idleStopMs?: number;
}

type AnyJob = TrainerJob | BaseModelJob;

export interface RunOptions {
  /** Aborting kills the whole process group. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainerProgress) => void;
  /** Resident memory of the process group at each look, in MB of 2^20 bytes. */
  readonly onMemory?: (rssMb: number) => void;
  /** Of the processor that the fits of a base model may take, for which all other jobs wait. Default 1. */
  readonly threads?: number;
}

/**
 * The trainer process: started with the first job, kept for the next ones, and replaced after a failure, after
 * enough jobs, or near its memory limit. It runs one job at a time. Every failure of Python is an outcome, never
 * an exception.
 */
export class TrainerProcess {
  #child: TrainerChild | undefined;
  #running: Promise<TrainerOutcome> | undefined;
  #disposal: Promise<void> = Promise.resolve();
  #idle = new AbortController();
  readonly #stopping = new AbortController();

  readonly #options: TrainerProcessOptions;

  constructor(options: TrainerProcessOptions) {
    this.#options = options;
  }

  /** Id of the process and of its group while there is one. */
  get processId(): number | undefined {
    return this.#child?.groupId;
  }

  async run(job: AnyJob, options: RunOptions = {}): Promise<TrainerOutcome> {
    if (this.#running !== undefined) throw new Error('A trainer process takes one job at a time');
    this.#idle.abort();
    this.#running = this.#runOne(job, options);
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
      this.#scheduleIdleStop();
    }
  }

  /** Cancels a running job, kills the group and waits until it is gone. For good: no job runs after. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#idle.abort();
    // The job's caller sees its failure.
    await this.#running?.catch(() => undefined);
    await this.#dispose();
  }

  async #runOne(job: AnyJob, options: RunOptions): Promise<TrainerOutcome> {
    const signals = [
      this.#stopping.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ];
    const signal = AbortSignal.any(signals);
    await this.#disposal;
    if (signal.aborted) return failed('cancelled', 'the job was cancelled before it began');
    if (existsSync(job.outputDir)) {
      return failed('bad_job', `output_dir: exists already: ${job.outputDir}`);
    }
    // On top of what earlier jobs left PyTorch would be over the limit.
    if (needsTorch(job.bot) && (this.#child?.jobsRun ?? 0) > 0) await this.#dispose();
    const child = this.#ensureChild();
    const result = await new JobAttempt(child, job, {
      ...this.#options,
      monotonicMs: this.#options.monotonicMs ?? (() => performance.now()),
      stallTimeoutMs: this.#options.stallTimeoutMs ?? this.#options.jobTimeoutMs,
      pollIntervalMs: this.#options.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS,
      threads: options.threads ?? 1,
      signal,
      onProgress: options.onProgress ?? (() => undefined),
      onMemory: options.onMemory ?? (() => undefined),
    }).run();
    await this.#tidyUp(child, job, result);
    return result.outcome;
  }

  #ensureChild(): TrainerChild {
    if (this.#child !== undefined) return this.#child;
    const child = new TrainerChild(this.#options);
    child.start();
    this.#child = child;
    void child.ended.then(() => {
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }

  async #tidyUp(child: TrainerChild, job: AnyJob, result: AttemptResult): Promise<void> {
    if (!result.isChildUsable) {
      await this.#dispose(child);
      await removeOutput(job, child.groupId);
      return;
    }
    const isWorn = child.jobsRun >= this.#options.recycleAfterJobs;
    if (isWorn || result.peakRssMb > this.#options.recycleAboveMb) await this.#dispose(child);
  }

  #scheduleIdleStop(): void {
    if (this.#child === undefined || this.#stopping.signal.aborted) return;
    this.#idle = new AbortController();
    const { clock, idleStopMs = DEFAULT_IDLE_STOP_MS } = this.#options;
    clock
      .sleep(idleStopMs, this.#idle.signal)
      .then(
        () => this.#dispose(),
        // Aborted: there is another job.
        () => undefined,
      )
      .catch((error: unknown) => {
        this.#options.logger.error('the idle trainer could not be ended', { error });
      });
  }

  async #dispose(child = this.#child): Promise<void> {
    if (child !== undefined) {
      this.#child = undefined;
      this.#disposal = child.kill();
    }
    await this.#disposal;
  }
}

/** A killed job may leave its scratch directory, or an output directory renamed in its last moment. */
async function removeOutput(job: AnyJob, processId: number | undefined): Promise<void> {
  for (const directory of [job.outputDir, `${job.outputDir}.tmp-${String(processId)}`]) {
    await rm(directory, { recursive: true, force: true });
  }
}
