import { barOpenTime } from '../../domain/timeframe.js';
import type { TrainingEvidence, TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import type { Stores } from '../../storage/stores.js';
import type { TrainingEvents } from '../../training/queue/job-worker.js';
import { LaneLoop, type QueueLane } from '../../training/queue/lane-loop.js';
import { ProgressReporter } from '../../training/preparation/progress-reporter.js';
import { EMBEDDING_VERSION } from '../transform/embed-windows.js';
import type { LookalikeIndex } from '../worker/lookalike-index.js';
import type { Extended } from '../worker/lookalike-protocol.js';
import { EMBEDDING_NAME, readExtent, type Basis } from './read-extent.js';

/** Rows of one call: about as much as a kill can cost. */
const ROWS_A_CALL = 5_000;
/** A job over which the daemon died this often may be the cause. */
const MAX_ATTEMPTS = 5;

export interface EmbeddingLaneOptions {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runUid: string;
  readonly venue: string;
  readonly basis: Basis;
  readonly index: LookalikeIndex;
  /** Whether no job may begin now. */
  readonly isHeld: () => Promise<boolean>;
  readonly events?: Pick<TrainingEvents, 'onProgress' | 'onEnded'> | undefined;
}

/** The lane of the queue whose jobs compute the windows of a series. It needs no Python. */
export class EmbeddingLane implements QueueLane {
  readonly #options: EmbeddingLaneOptions;
  readonly #loop: LaneLoop;
  #isRecovered = false;

  constructor(options: EmbeddingLaneOptions) {
    this.#options = options;
    const { logger } = options;
    this.#loop = new LaneLoop({
      tryNext: () => this.#tryNext(),
      onError: (error) => logger.error('[EMBED] The queue could not be worked on', { error }),
    });
  }

  start(): void {
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Puts the current job back into the queue; its rows stay. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  abort(isMeant: (job: TrainingJob) => boolean): void {
    this.#loop.abort(isMeant);
  }

  /** Takes up the jobs that a dead run left running. */
  async #recover(): Promise<void> {
    const { stores, runUid, venue, logger, clock } = this.#options;
    const of = { venue, work: 'embedding' } as const;
    for (const job of await stores.jobs.listRunningNotOwnedBy(runUid, of)) {
      const { uid, symbol, timeframe, attempt, ownerRunUid } = job;
      const reason = 'the daemon died while the job was running';
      if (attempt < MAX_ATTEMPTS) {
        await stores.jobs.requeue(uid, { reason, isDeath: true, ownerRunUid });
        logger.warn(`[EMBED] Queued again: ${reason}`, { symbol, timeframe, job: uid });
        continue;
      }
      const failure = new RejectedError(`${reason}, for the ${attempt}th time`);
      await this.#fail(job, clock.wallMs(), failure);
    }
  }

  /** @returns whether there was a job */
  async #tryNext(): Promise<boolean> {
    const { stores, venue, runUid, clock, isHeld } = this.#options;
    if (!this.#isRecovered) await this.#recover();
    this.#isRecovered = true;
    const of = { venue, work: 'embedding' } as const;
    if (!(await stores.jobs.isAnyPending(of)) || (await isHeld())) return false;
    const claim = { ...of, ownerRunUid: runUid, at: clock.wallMs() };
    const job = await stores.jobs.claimNext(claim);
    if (job === undefined) return false;
    await this.#handle(job);
    return true;
  }

  async #handle(job: TrainingJob): Promise<void> {
    const { clock, events, stores, logger } = this.#options;
    const startedAt = clock.wallMs();
    await this.#loop.during(job, (signal) => this.#run(job, startedAt, signal));
    const status = (await stores.jobs.find(job.uid))?.status;
    const { symbol, timeframe, uid } = job;
    logger.info(`[EMBED] ${status ?? 'gone'}`, { symbol, timeframe, job: uid });
    const isEnded = status === 'completed' || status === 'failed' || status === 'cancelled';
    events?.onEnded?.(job, isEnded ? status : 'requeued');
  }

  async #run(job: TrainingJob, startedAt: number, signal: AbortSignal): Promise<void> {
    const progress = this.#reporterFor(job);
    try {
      const extended = await this.#embed(job, progress, signal);
      await progress.settle();
      if (extended === undefined) await this.#putBack(job);
      else await this.#complete(job, startedAt, extended);
    } catch (error) {
      await progress.settle();
      if (error instanceof TransientError && signal.aborted) await this.#putBack(job);
      else await this.#fail(job, startedAt, error);
    }
  }

  /** Computes what is missing, call by call. @returns undefined where it was told to end */
  async #embed(
    job: TrainingJob,
    progress: ProgressReporter,
    signal: AbortSignal,
  ): Promise<Extended | undefined> {
    const { stores, basis, index } = this.#options;
    // A cancellation before the job was current could not abort it.
    if ((await stores.jobs.find(job.uid))?.status !== 'running') return undefined;
    const extent = await readExtent(stores, basis, job);
    while (!signal.aborted) {
      const answer = await index.extend({ ...extent, maxRows: ROWS_A_CALL, isJob: true });
      if (answer.status === 'absent') throw new RejectedError('The file of windows disappeared');
      const { rows, firstIndex } = answer.state;
      const wanted = extent.lastIndex - firstIndex + 1;
      progress.report('embed', (100 * rows) / Math.max(1, wanted));
      if (answer.isComplete) {
        // Another stage is stored at once.
        progress.report('embedded', 100);
        return answer;
      }
    }
    return undefined;
  }

  /** A graceful stop; the row of a job that was cancelled stays as it is. */
  async #putBack({ uid, ownerRunUid }: TrainingJob): Promise<void> {
    const why = { reason: 'the daemon was stopped', isDeath: false, ownerRunUid };
    await this.#options.stores.jobs.requeue(uid, why);
  }

  async #complete(job: TrainingJob, startedAt: number, extended: Extended): Promise<void> {
    const { stores, clock } = this.#options;
    const { uid, ownerRunUid } = job;
    await stores.transaction(async (tx) => {
      const finishedAt = clock.wallMs();
      await tx.jobs.finish(uid, { status: 'completed', ownerRunUid, finishedAt });
      await tx.evidence.insert(this.#evidence(job, startedAt, { extended }));
    });
  }

  /** Refused where the job has ended otherwise meanwhile. */
  async #fail(job: TrainingJob, startedAt: number, error: unknown): Promise<void> {
    const { stores, clock, logger } = this.#options;
    const errorMessage = messageOf(error);
    const { uid, ownerRunUid, symbol, timeframe } = job;
    const end = { ownerRunUid, finishedAt: clock.wallMs(), errorCode: 'embedding', errorMessage };
    try {
      await stores.transaction(async (tx) => {
        await tx.jobs.finish(uid, { status: 'failed', ...end });
        await tx.evidence.insert(this.#evidence(job, startedAt, { error: errorMessage }));
      });
    } catch (refusal) {
      if (!(refusal instanceof RejectedError)) throw refusal;
    }
    logger.warn(`[EMBED] Failed: ${errorMessage}`, { symbol, timeframe, job: uid });
  }

  #evidence(
    job: TrainingJob,
    startedAt: number,
    { extended, error }: { readonly extended?: Extended; readonly error?: string },
  ): TrainingEvidence {
    const createdAt = this.#options.clock.wallMs();
    const first = extended?.state.firstIndex ?? 0;
    const timeOf = (index: number): number => barOpenTime(index, job.timeframe);
    return {
      uid: newUid(createdAt),
      jobUid: job.uid,
      modelUid: undefined,
      modelName: EMBEDDING_NAME,
      modelVersion: String(EMBEDDING_VERSION),
      device: 'cpu',
      processingTimeMs: createdAt - startedAt,
      artifactSha256: undefined,
      embeddingChecksum: extended?.checksum,
      dataFrom: extended === undefined ? undefined : timeOf(first),
      dataTo: extended === undefined ? undefined : timeOf(first + extended.state.rows),
      dataHash: undefined,
      libraryVersions: {},
      seed: undefined,
      error,
      createdAt,
    };
  }

  #reporterFor(job: TrainingJob): ProgressReporter {
    const { clock, stores, events, logger } = this.#options;
    return new ProgressReporter({
      clock,
      store: (progress) => stores.jobs.progress(job.uid, progress),
      emit: (progress) => events?.onProgress?.(job, progress),
      onStoreError: (error) => logger.warn('[EMBED] Progress could not be stored', { error }),
    });
  }
}
