import type { Clock } from '../../lib/clock.js';

/** Progress is stored this often at most (wall time). */
const MIN_STORE_INTERVAL_MS = 1000;

export interface Progress {
  readonly stage: string;
  /** 0 to 100, never falling. */
  readonly progressPct: number;
}

export interface ProgressReporterOptions {
  readonly clock: Clock;
  readonly store: (progress: Progress) => Promise<void>;
  readonly emit: (progress: Progress) => void;
  readonly onStoreError: (error: unknown) => void;
}

/** Progress of one job: published at once, stored at a bounded rate, never awaited. */
export class ProgressReporter {
  #lastStoredMs = -Infinity;
  #writing: Promise<void> = Promise.resolve();
  #current: Progress = { stage: 'queued', progressPct: 0 };

  readonly #options: ProgressReporterOptions;

  constructor(options: ProgressReporterOptions) {
    this.#options = options;
  }

  report(stage: string, progressPct: number): void {
    const bounded = Math.min(Math.max(progressPct, this.#current.progressPct), 100);
    const isNews = stage !== this.#current.stage || bounded !== this.#current.progressPct;
    if (!isNews) return;
    const isNewStage = stage !== this.#current.stage;
    this.#current = { stage, progressPct: bounded };
    this.#options.emit(this.#current);
    const nowMs = this.#options.clock.wallMs();
    if (!isNewStage && nowMs - this.#lastStoredMs < MIN_STORE_INTERVAL_MS) return;
    this.#lastStoredMs = nowMs;
    this.#writing = this.#writing.then(() => this.#write(this.#current));
  }

  /** Resolves when no write is under way: the job's end must not be overwritten by one. */
  async settle(): Promise<void> {
    await this.#writing;
  }

  async #write(progress: Progress): Promise<void> {
    try {
      await this.#options.store(progress);
    } catch (error) {
      // A percentage that is not stored must not fail the job.
      this.#options.onStoreError(error);
    }
  }
}
