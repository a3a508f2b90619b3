import type { ModelRecord } from '../../domain/model-record.js';
import type { Priority, TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf, TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import type { OfDaemon } from '../../storage/stores/waiting-jobs.js';
import type { Stores } from '../../storage/stores.js';
import { pruneVersions } from '../../models/artifact-cleanup.js';
import { ONE_FOLDER, type ModelArtifacts } from '../../models/model-artifacts.js';
import { removeAttempt } from '../preparation/candidate-folder.js';
import { isCausedByData } from '../attempt/promotion.js';
import { ProgressReporter, type Progress } from '../preparation/progress-reporter.js';
import { patiently } from './patient-artifacts.js';
import { LaneLoop, type QueueLane } from './lane-loop.js';
import {
  settleFailure,
  settleJob,
  type SettleContext,
  type Settlement,
  type ShortageMemory,
} from './settle-job.js';
import { findTrialOf, underTrial } from '../options/trial-options.js';
import { removeTrialBaseModels } from '../residuals/base-model-files.js';
import { trainModel, type TrainingResult } from '../attempt/train-model.js';
import type { TrainerProcess } from '../trainer-process/trainer-process.js';
import type { TrainerReadiness } from '../trainer-process/trainer-readiness.js';
import type { TrainingWorkerClient } from '../worker/training-worker-client.js';
import type { TrainingOptions } from '../options/training-options.js';

/** Each is called after the change is stored. */
export interface TrainingEvents {
  /** A model has begun to serve its key. */
  readonly onPromoted?: ((record: ModelRecord) => void) | undefined;
  readonly onRejected?: ((record: ModelRecord) => void) | undefined;
  readonly onFailed?: ((record: ModelRecord) => void) | undefined;
  /** An attempt has ended, in whatever way; `status` is the settlement's, or `completed` where nothing was trained. */
  readonly onEnded?:
    ((job: TrainingJob, status: Settlement['status'] | 'completed') => void) | undefined;
  readonly onProgress?: ((job: TrainingJob, progress: Progress) => void) | undefined;
}

export interface JobWorkerDependencies {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TrainingOptions;
  readonly runUid: string;
  readonly trainer: Pick<TrainerProcess, 'run' | 'stop'>;
  readonly trainingWorker: Pick<TrainingWorkerClient, 'prepare' | 'judge' | 'rest'>;
  readonly shortages: ShortageMemory;
  readonly readiness: Pick<TrainerReadiness, 'find' | 'last' | 'recheck'>;
  /** Whether a file keeps jobs from beginning. What a person has paused or stopped the claim itself leaves alone. */
  readonly isHeldByFile: () => Promise<boolean>;
  /** Whether this daemon trains what was imported from files. */
  readonly hasFiles: () => boolean;
  /** How folders of models reach other hosts. Default: all share one models' folder. */
  readonly artifacts?: ModelArtifacts | undefined;
  /** Whether a daemon on another host makes the models serve. */
  readonly isServedElsewhere?: boolean | undefined;
  readonly events?: TrainingEvents | undefined;
  /** Only jobs of these, in this order; all by their turn where undefined. */
  readonly queues?: readonly Priority[] | undefined;
  /** The bots that can be trained here, where others may train the rest; all are tried where undefined. */
  readonly listBots?: (() => readonly string[]) | undefined;
  /** Called when it has nothing to do. */
  readonly onIdle?: (() => void) | undefined;
}

/** Attempts to store a result while the database is away. */
const STORE_ATTEMPTS = 5;
const STORE_PAUSE_MS = 2000;
/** A result that the database refuses is stored again at each wake, up to this often. */
const MAX_REFUSALS = 10;

interface Attempt {
  readonly job: TrainingJob;
  readonly modelUid: string;
  readonly startedAt: number;
  readonly logger: Logger;
  readonly result: TrainingResult;
  /** How often the database refused both the result and the job's failure. */
  readonly refusals: number;
}

/** One lane of the queue: runs stored jobs one after the other, with a trainer that all lanes share. */
export class JobWorker implements QueueLane {
  readonly #loop: LaneLoop;
  /** An attempt whose end could not be stored yet. */
  #unsettled: Attempt | undefined;

  readonly #dependencies: JobWorkerDependencies;

  constructor(dependencies: JobWorkerDependencies) {
    this.#dependencies = dependencies;
    const { logger, trainingWorker, onIdle } = dependencies;
    this.#loop = new LaneLoop({
      tryNext: () => this.#tryNext(),
      onError: (error) => logger.error('[TRAIN] The queue could not be worked on', { error }),
      onIdle: () => {
        onIdle?.();
        return trainingWorker.rest();
      },
    });
  }

  /** Whether it waits to be woken. */
  get isResting(): boolean {
    return this.#loop.isResting;
  }

  get currentJob(): TrainingJob | undefined {
    return this.#loop.currentJob;
  }

  start(): void {
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Puts the current job back into the queue and kills its trainer. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#dependencies.trainer.stop();
  }

  /** Kills the trainer of the job under way where that job was cancelled. */
  abort(isMeant: (job: TrainingJob) => boolean): void {
    this.#loop.abort(isMeant);
  }

  /** @returns whether there was a job */
  async #tryNext(): Promise<boolean> {
    const { clock, runUid, stores, queues } = this.#dependencies;
    if (this.#unsettled !== undefined) await this.#conclude(this.#unsettled);
    if (!(await this.#mayBegin())) return false;
    const claim = { ...this.#ownJobs(), queues, ownerRunUid: runUid };
    const job = await this.#loop.claim(() =>
      stores.jobs.claimNext({ ...claim, at: clock.wallMs() }),
    );
    if (job === undefined) return false;
    await this.#handle(job);
    return true;
  }

  /** Python is looked at only where something waits and may begin: that starts an interpreter. */
  async #mayBegin(): Promise<boolean> {
    const { readiness, stores, isHeldByFile } = this.#dependencies;
    if (readiness.last?.status !== 'ready') {
      if (!(await stores.jobs.isAnyPending(this.#ownJobs())) || (await this.#isHeld()))
        return false;
    }
    if ((await readiness.find()).status !== 'ready') return false;
    // Asked last: the check of Python takes seconds, in which a person may pause the queue.
    return !(await isHeldByFile());
  }

  async #isHeld(): Promise<boolean> {
    const { stores, options, isHeldByFile } = this.#dependencies;
    const { isPaused, isStopped } = await stores.control.find(options.venue);
    return isPaused || isStopped || (await isHeldByFile());
  }

  #ownJobs(): OfDaemon {
    const { options, hasFiles, listBots } = this.#dependencies;
    const { venue } = options;
    return { venue, withFiles: hasFiles(), work: 'training', bots: listBots?.() };
  }

  async #handle(job: TrainingJob): Promise<void> {
    const startedAt = this.#dependencies.clock.wallMs();
    const { symbol, timeframe, bot, uid } = job;
    const logger = this.#dependencies.logger.child({ symbol, timeframe, bot, job: uid });
    const result = await this.#attempt(job, logger);
    await this.#conclude({
      job,
      modelUid: newUid(startedAt),
      startedAt,
      logger,
      result,
      refusals: 0,
    });
  }

  async #conclude(attempt: Attempt): Promise<void> {
    const { stores, logger, options } = this.#dependencies;
    const settlement = await this.#store(attempt);
    this.#tell(attempt, settlement);
    this.#dependencies.events?.onEnded?.(attempt.job, settlement.status);
    if (attempt.job.trialUid !== undefined) await removeTrialBaseModels(stores, options);
    if (settlement.status !== 'promoted') return;
    const { modelsDir, modelVersionsKept: versionsKept } = options;
    await pruneVersions(
      { models: stores.models, modelsDir, logger },
      { key: attempt.job, versionsKept },
    );
  }

  #attempt(job: TrainingJob, logger: Logger): Promise<TrainingResult> {
    return this.#loop.during(job, async (signal, isInDoubt) => {
      if (isInDoubt) {
        const stored = await this.#dependencies.stores.jobs.find(job.uid);
        if (stored?.status !== 'running') return { status: 'aborted' };
      }
      return this.#train(job, logger, signal);
    });
  }

  async #train(job: TrainingJob, logger: Logger, signal: AbortSignal): Promise<TrainingResult> {
    const progress = this.#reporterFor(job, logger);
    const { clock, artifacts: given = ONE_FOLDER } = this.#dependencies;
    const artifacts = patiently(given, { clock, logger, signal });
    try {
      const { stores } = this.#dependencies;
      const trial = await findTrialOf(stores, job);
      const context = underTrial(this.#dependencies, trial);
      return await trainModel({ ...context, artifacts, job, trial, logger, progress, signal });
    } catch (error) {
      if (signal.aborted) return { status: 'aborted' };
      const code = error instanceof TransientError ? 'unavailable' : 'internal';
      return { status: 'failed', code, message: messageOf(error), prepared: undefined };
    } finally {
      await progress.settle();
    }
  }

  #reporterFor(job: TrainingJob, logger: Logger): ProgressReporter {
    const { clock, stores, events } = this.#dependencies;
    return new ProgressReporter({
      clock,
      store: (progress) => stores.jobs.progress(job.uid, progress),
      emit: (progress) => events?.onProgress?.(job, progress),
      onStoreError: (error) => logger.warn('[TRAIN] Progress could not be stored', { error }),
    });
  }

  /** Tries a few times; a result that is still not stored is stored before the next job begins. */
  async #store(attempt: Attempt): Promise<Settlement> {
    const { clock } = this.#dependencies;
    this.#unsettled = attempt;
    for (let round = 1; ; round++) {
      try {
        // A job that only waits ends by one statement, which is refused where the job is lost.
        const lost =
          attempt.result.status === 'waiting' ? undefined : await this.#findLost(attempt);
        const settlement =
          lost ?? (await settleJob(await this.#contextOf(attempt), attempt.result));
        this.#unsettled = undefined;
        return settlement;
      } catch (error) {
        if (!(error instanceof TransientError)) {
          return (await this.#findLost(attempt)) ?? (await this.#failRefused(attempt, error));
        }
        if (round === STORE_ATTEMPTS || this.#loop.stopping.aborted) throw error;
      }
      // A stop ends the pause for one last try.
      await clock.sleep(STORE_PAUSE_MS, this.#loop.stopping).catch(() => undefined);
    }
  }

  async #contextOf(attempt: Attempt): Promise<SettleContext> {
    const trial = await findTrialOf(this.#dependencies.stores, attempt.job);
    return { ...underTrial({ ...this.#dependencies, ...attempt }, trial), trial };
  }

  /** Drops the result, with its files, of a job that was cancelled meanwhile or that another run owns. */
  async #findLost({ job }: Attempt): Promise<Settlement | undefined> {
    const { stores, options } = this.#dependencies;
    const stored = await stores.jobs.find(job.uid);
    if (stored === undefined) return undefined;
    const isCancelled = stored.status === 'cancelled';
    const isOwn = stored.ownerRunUid === job.ownerRunUid && stored.attempt === job.attempt;
    if (!isCancelled && isOwn) return undefined;
    this.#unsettled = undefined;
    await removeAttempt(job, options);
    if (isCancelled) return { status: 'cancelled', reason: stored.errorMessage ?? '' };
    return { status: 'requeued', reason: 'another run owns it by now' };
  }

  /** Fails a job whose result is refused: left open it would block its key. Bounded, because that may be refused too. */
  async #failRefused(attempt: Attempt, error: unknown): Promise<Settlement> {
    const refusals = attempt.refusals + 1;
    this.#unsettled = refusals < MAX_REFUSALS ? { ...attempt, refusals } : undefined;
    try {
      return await this.#failJob(attempt, error);
    } catch (failure) {
      if (refusals === MAX_REFUSALS) {
        attempt.logger.error('[TRAIN] The job stays open until the next start: its end is refused');
      }
      throw failure;
    }
  }

  /** Ends a job whose result the database refuses, unless it has ended already. */
  async #failJob(attempt: Attempt, error: unknown): Promise<Settlement> {
    const { stores, options } = this.#dependencies;
    const { job, modelUid } = attempt;
    const stored = await stores.jobs.find(job.uid);
    // The result was stored after all: the next attempt finds it, and its files must stay.
    if (stored?.modelUid === modelUid) throw error;
    const message = `the result could not be stored: ${messageOf(error)}`;
    const failure = { code: 'unstorable', message, prepared: undefined };
    const context = { ...this.#dependencies, ...attempt };
    const isOpen = stored?.status === 'running';
    const settled = isOpen ? await settleFailure(context, failure) : undefined;
    this.#unsettled = undefined;
    await removeAttempt(job, options);
    if (settled === undefined) throw error;
    return settled;
  }

  #tell({ job, logger, result }: Attempt, settlement: Settlement): void {
    const { events } = this.#dependencies;
    if (!('record' in settlement)) {
      logger.info(`[TRAIN] ${settlement.status}: ${settlement.reason}`);
      return;
    }
    const { record, status } = settlement;
    const reason = record.verdict?.reason ?? record.errorMessage ?? '';
    if (status === 'promoted') {
      logger.info(`[TRAIN] Promoted: ${reason}`, { model: record.uid });
      events?.onPromoted?.(record);
      return;
    }
    if (status === 'published') {
      logger.info(`[TRAIN] Published: ${reason}; it serves once its daemon has fetched it`, {
        model: record.uid,
      });
      return;
    }
    const wait = this.#waitAfter(job, status === 'rejected' || isFailedByData(result));
    logger.warn(`[TRAIN] Model ${status}: ${reason}; ${wait}`, { model: record.uid });
    const tell = status === 'rejected' ? events?.onRejected : events?.onFailed;
    tell?.(record);
  }

  /** When the key is tried again. An increment starts no cooldown: the next one comes with its schedule. */
  #waitAfter({ mode }: TrainingJob, isForCandles: boolean): string {
    if (mode === 'incremental')
      return 'the model serves on, and the next increment comes on schedule';
    const { trainRetryCooldownSec, rejectedRetryBars } = this.#dependencies.options;
    const candles = isForCandles ? ` and after ${rejectedRetryBars} more candles` : '';
    return `next attempt in ${trainRetryCooldownSec} s at the earliest${candles}`;
  }
}

function isFailedByData(result: TrainingResult): boolean {
  return result.status === 'failed' && isCausedByData(result.code);
}
