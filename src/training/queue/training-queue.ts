import { PauseFile } from '../../collection/pause-file.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import { PRIORITIES, type Priority, type TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { Stores } from '../../storage/stores.js';
import type { TrainingOptions } from '../options/training-options.js';

export type QueueState = 'idle' | 'running' | 'paused' | 'stopping' | 'stopped';

export interface QueueStatus {
  readonly state: QueueState;
  /** `file`, `api`, `session <uid>`. */
  readonly pausedBy: readonly string[];
  /** Jobs under way. */
  readonly current: readonly TrainingJob[];
  /** Waiting jobs by priority. */
  readonly waiting: Readonly<Record<Priority, number>>;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

export interface QueueDependencies {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: Pick<TrainingOptions, 'venue' | 'pauseFile'>;
  /** Jobs may be claimed again. */
  readonly wake: () => void;
  /** Kills the trainers of jobs under way. */
  readonly abort: (isMeant: (job: TrainingJob) => boolean) => void;
}

const SHOWN_JOBS = 100;

/** Controls of the whole queue. Every call can be repeated, at any time. */
export class TrainingQueue {
  readonly #stopping = new AbortController();
  readonly #pauseFile: PauseFile | undefined;
  #watching: Promise<void> = Promise.resolve();

  readonly #dependencies: QueueDependencies;

  constructor(dependencies: QueueDependencies) {
    this.#dependencies = dependencies;
    const { options, clock, logger, wake } = dependencies;
    const { pauseFile: file } = options;
    if (file === undefined) return;
    this.#pauseFile = new PauseFile({ file, subject: 'Training', onResumed: wake, clock, logger });
  }

  async start(): Promise<void> {
    const { stores, options } = this.#dependencies;
    // Creates the row that transactions lock.
    await stores.control.set(options.venue, {});
    if (this.#pauseFile !== undefined) this.#watching = this.#pauseFile.run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  /** Whether no job may begin now. */
  async isHeld(): Promise<boolean> {
    const { stores, options } = this.#dependencies;
    const { isPaused, isStopped } = await stores.control.find(options.venue);
    return isPaused || isStopped || (await this.isPausedByFile());
  }

  /** Whether `PAUSE_FILE` is there. */
  async isPausedByFile(): Promise<boolean> {
    return (await this.#pauseFile?.check()) === true;
  }

  /** Cancels the open job of a key whose models are cleared, also a running one. */
  async cancelKey(key: ModelKey): Promise<void> {
    const { stores, clock } = this.#dependencies;
    const why = { code: 'cleared', message: 'its models were cleared', at: clock.wallMs() };
    if ((await stores.jobs.cancelOpen({ key }, why)) === 0) return;
    const isMeant = (job: TrainingJob): boolean => modelKeyText(job) === modelKeyText(key);
    this.#dependencies.abort((job) => job.trialUid === undefined && isMeant(job));
  }

  /** Cancels one open job, also a running one. @returns false where it has ended */
  async cancelJob(uid: string): Promise<boolean> {
    const { stores, options, clock } = this.#dependencies;
    const why = { code: 'cancelled', message: 'a person cancelled it', at: clock.wallMs() };
    if ((await stores.jobs.cancelOpen({ venue: options.venue, uid }, why)) === 0) return false;
    this.#dependencies.abort((job) => job.uid === uid);
    return true;
  }

  /** Running jobs finish; no other begins. */
  async pause(): Promise<void> {
    const { stores, options, logger } = this.#dependencies;
    await stores.control.set(options.venue, { isPaused: true });
    logger.info('[TRAIN] The queue is paused');
  }

  /** Ends a pause and a stop. A pause by file lasts as long as the file. */
  async resume(): Promise<void> {
    const { stores, options, logger, wake } = this.#dependencies;
    await stores.control.set(options.venue, { isPaused: false, isStopped: false });
    logger.info('[TRAIN] The queue goes on');
    wake();
  }

  /** Running jobs finish, waiting ones are cancelled. The daemon queues nothing by itself until a resume. */
  async stopAfterCurrent(): Promise<number> {
    return this.#clear('stopped', 'the queue was stopped', 'pending');
  }

  /**
   * Cancels all jobs and kills the trainers. Jobs are cancelled first, so that late results are refused.
   */
  async forceStop(): Promise<number> {
    const cleared = await this.#clear('force_stopped', 'the queue was stopped by force');
    this.#dependencies.abort(() => true);
    return cleared;
  }

  async #clear(code: string, message: string, status?: 'pending'): Promise<number> {
    const { stores, options, clock, logger } = this.#dependencies;
    const { venue } = options;
    const which = status === undefined ? { venue } : { venue, status };
    const cleared = await stores.transaction(async (tx) => {
      await tx.control.set(venue, { isStopped: true, isPaused: false });
      return tx.jobs.cancelOpen(which, { code, message, at: clock.wallMs() });
    });
    logger.warn(`[TRAIN] ${message}: ${cleared} jobs cancelled`);
    return cleared;
  }

  async status(): Promise<QueueStatus> {
    const { stores, options } = this.#dependencies;
    const { venue } = options;
    const page = { limit: SHOWN_JOBS, offset: 0 };
    const control = await stores.control.find(venue);
    const tally = await stores.jobs.tally({ venue });
    const current = (await stores.jobs.list({ venue, status: 'running' }, page)).rows;
    const ended = (status: string): number =>
      tally.reduce((sum, one) => sum + (one.status === status ? one.jobs : 0), 0);
    const waiting = Object.fromEntries(
      PRIORITIES.map((priority) => [
        priority,
        tally.find((one) => one.status === 'pending' && one.priority === priority)?.jobs ?? 0,
      ]),
    ) as Record<Priority, number>;
    const paused = await stores.sessions.listByStatus('paused');
    const held = await this.#countHeld(paused.map(({ uid }) => uid));
    const pausedBy = [
      ...((await this.isPausedByFile()) ? ['file'] : []),
      ...(control.isPaused ? ['api'] : []),
      ...paused.map(({ uid }) => `session ${uid}`),
    ];
    const free = ended('pending') - held;
    return {
      state: stateOf({ ...control, pausedBy, running: ended('running'), free }),
      pausedBy,
      current,
      waiting,
      completed: ended('completed'),
      failed: ended('failed'),
      cancelled: ended('cancelled'),
    };
  }

  /** Waiting jobs of paused sessions. */
  async #countHeld(sessions: readonly string[]): Promise<number> {
    let held = 0;
    for (const sessionUid of sessions) {
      const { venue } = this.#dependencies.options;
      const filter = { venue, sessionUid, status: 'pending' } as const;
      held += (await this.#dependencies.stores.jobs.list(filter, { limit: 1, offset: 0 })).total;
    }
    return held;
  }
}

/** @param seen.free waiting jobs that no paused session holds */
export function stateOf(seen: {
  readonly isStopped: boolean;
  readonly pausedBy: readonly string[];
  readonly running: number;
  readonly free: number;
}): QueueState {
  const { isStopped, pausedBy, running, free } = seen;
  if (isStopped) return running > 0 ? 'stopping' : 'stopped';
  if (pausedBy.includes('file') || pausedBy.includes('api')) return 'paused';
  if (running > 0 || free > 0) return 'running';
  return pausedBy.length > 0 ? 'paused' : 'idle';
}
