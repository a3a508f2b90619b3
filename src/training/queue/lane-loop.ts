import type { TrainingJob } from '../../domain/training-job.js';

export interface LaneLoopOptions {
  /** Works off one job. @returns whether there was one */
  readonly tryNext: () => Promise<boolean>;
  /** An error counts as no job, so that the next wake tries again. */
  readonly onError: (error: unknown) => void;
  /** Called before the lane waits, where it was not woken meanwhile. */
  readonly onIdle?: (() => Promise<void>) | undefined;
}

/** What works off jobs of the queue, one after the other. */
export type QueueLane = Pick<LaneLoop, 'start' | 'stop' | 'wake' | 'abort'>;

/** The loop of a lane: takes job after job, and waits to be woken where there is none. */
export class LaneLoop {
  readonly #options: LaneLoopOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #wakeUp: () => void = () => undefined;
  #isWoken = true;
  #isResting = false;
  /** What was aborted while a job was claimed; undefined while none is. */
  #missed: ((job: TrainingJob) => boolean)[] | undefined;
  #current: { readonly job: TrainingJob; readonly abort: AbortController } | undefined;

  constructor(options: LaneLoopOptions) {
    this.#options = options;
  }

  /** Aborts when the lane begins to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Whether it waits to be woken. */
  get isResting(): boolean {
    return this.#isResting && !this.#isWoken;
  }

  /** The job under way. */
  get currentJob(): TrainingJob | undefined {
    return this.#current?.job;
  }

  start(): void {
    this.#running = this.#work();
  }

  /** There may be something to do. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp();
  }

  /** Aborts the job under way and resolves when its end is stored. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
  }

  /** Aborts the job under way where that job is meant. */
  abort(isMeant: (job: TrainingJob) => boolean): void {
    this.#missed?.push(isMeant);
    if (this.#current !== undefined && isMeant(this.#current.job)) this.#current.abort.abort();
  }

  /** Takes the job that is to be the one under way. What is aborted meanwhile is known to `during`. */
  async claim(take: () => Promise<TrainingJob | undefined>): Promise<TrainingJob | undefined> {
    this.#missed = [];
    return take();
  }

  /**
   * Makes it the job under way. The signal that the work gets aborts with `abort` and with `stop`; where an abort meant
   * the job while it was claimed, it may have been cancelled before or after its claim, which is `isInDoubt`.
   */
  async during<Result>(
    job: TrainingJob,
    work: (signal: AbortSignal, isInDoubt: boolean) => Promise<Result>,
  ): Promise<Result> {
    const abort = new AbortController();
    const isInDoubt = this.#missed?.some((isMeant) => isMeant(job)) === true;
    this.#missed = undefined;
    this.#current = { job, abort };
    try {
      return await work(AbortSignal.any([this.stopping, abort.signal]), isInDoubt);
    } finally {
      this.#current = undefined;
    }
  }

  async #work(): Promise<void> {
    while (!this.stopping.aborted) {
      if (!(await this.#tryNext())) await this.#rest();
    }
  }

  async #tryNext(): Promise<boolean> {
    try {
      return await this.#options.tryNext();
    } catch (error) {
      this.#options.onError(error);
      return false;
    } finally {
      this.#missed = undefined;
    }
  }

  async #rest(): Promise<void> {
    if (!this.#isWoken) await this.#options.onIdle?.();
    if (!this.#isWoken) {
      this.#isResting = true;
      await new Promise<void>((resolve) => (this.#wakeUp = resolve));
      this.#isResting = false;
    }
    this.#isWoken = false;
  }
}
