import { availableParallelism, hostname, totalmem } from 'node:os';
import { DEAD_AFTER_MS, type QueueWorker } from '../../domain/queue-worker.js';
import type { SeenNotice } from '../../domain/training-notice.js';
import type { Priority, TrainingJob } from '../../domain/training-job.js';
import { VenueClock } from '../../exchange/venue-clock.js';
import { catalogueHash } from '../../features/feature-hash.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import { ARTIFACT_GRACE_MS, sweepCopies } from '../../models/artifact-sweep.js';
import type { StoredArtifacts } from '../../models/stored-artifacts.js';
import type { Stores } from '../../storage/stores.js';
import type { PythonCheck } from '../trainer-process/check-python.js';
import type { Ability, TrainerLimits } from '../trainer-process/find-ability.js';
import { fromNoticeOptions } from './notice-options.js';
import { WorkerAbility } from './worker-ability.js';
import { JobEventSender } from './job-events.js';
import { findFolderMark } from './folder-mark.js';
import { findRefusal } from './find-refusal.js';
import { TicketReader } from './ticket-reader.js';
import type { RedisPlace } from './redis-place.js';
import { WorkerLanes, type WorkerLanesOptions } from './worker-lanes.js';

/** Wall time between two signs of life, in which force-stops, other versions and lost claims are noticed too. */
const BEAT_MS = 2_000;
/** Beats after which lanes look into the database by themselves, whatever Redis does. */
const BEATS_A_LOOK = 5;
/** An hour. */
const BEATS_A_SWEEP = 1_800;
/** A notice is told every five seconds. One of that age is what a daemon left behind. */
const NOTICE_OLD_MS = 15_000;
const BYTES_A_MB = 2 ** 20;

export interface WorkerHostOptions extends Pick<
  WorkerLanesOptions,
  'location' | 'workerEnvironment' | 'createTrainer' | 'folders'
> {
  readonly python: string;
  readonly checkPython: (signal: AbortSignal) => Promise<PythonCheck>;
  /** How many trainers this machine has for the daemon's bots. */
  readonly trainers: (bots: readonly string[]) => TrainerLimits;
  /** Jobs at a time; one more than trainers where undefined. */
  readonly concurrency: number | undefined;
  readonly stores: Stores;
  /** The artifact store, where this host has a models' folder of its own. */
  readonly stored?: StoredArtifacts | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly place: RedisPlace;
  readonly version: string;
  /** Only of this venue; needed where several have daemons. */
  readonly venue: string | undefined;
  /** Which jobs it takes, in this order. */
  readonly queues: readonly Priority[];
  /** Whether a file of this host pauses it. */
  readonly isPaused: () => Promise<boolean>;
  readonly onJob: (job: TrainingJob, outcome: string) => void;
  /** Once it takes jobs. */
  readonly onReady: (worker: QueueWorker) => void;
}

/**
 * Works off a venue's queue away from its daemon. It takes its training settings from the daemon, is known by its
 * signs of life in the database, and takes jobs by the same conditional updates as the daemon's own lanes would.
 */
export class WorkerHost {
  readonly #options: WorkerHostOptions;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
  }

  /**
   * Works until the signal aborts. Jobs under way are then given back.
   *
   * @throws ConfigError where the worker differs from the daemon, or does not share models with it
   */
  async run(signal: AbortSignal): Promise<void> {
    const notice = await this.#awaitNotice(signal);
    if (notice === undefined) return;
    const { clock, logger } = this.#options;
    const ability = new WorkerAbility({ ...this.#options, clock, logger, signal });
    const able = await ability.find(trainersFor(notice, this.#options));
    if (signal.aborted) return;
    const worker = await this.#register(notice, able);
    await new WorkerShift(this.#options, { worker, notice, ability, able }).run(signal);
  }

  /**
   * What the venue's daemon tells; undefined where the signal aborted first. In an upgrade the workers may be started
   * before the daemon: what its former version left behind refuses nobody.
   */
  async #awaitNotice(signal: AbortSignal): Promise<SeenNotice | undefined> {
    const { stores, venue, version, clock, logger } = this.#options;
    const own = { version, catalogueHash: catalogueHash() };
    const isOfFormer = (notice: SeenNotice): boolean =>
      notice.ageMs > NOTICE_OLD_MS && findRefusal(own, notice) !== undefined;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const all = await stores.notices.list();
      const found = all.filter((one) => venue === undefined || one.venue === venue);
      const [only, ...others] = found;
      if (others.length > 0) {
        const names = found.map((one) => one.venue).join(', ');
        throw new ConfigError(
          `Daemons of several venues use this database: give --venue (${names})`,
        );
      }
      if (only !== undefined && !isOfFormer(only)) return only;
      if (isFirst) {
        const last = only === undefined ? '' : `; the last one was version ${only.version}`;
        logger.info(`[QUEUE] Waiting for a daemon with QUEUE=redis on this database${last}`);
      }
      await clock.sleep(BEAT_MS, signal).catch(() => undefined);
    }
    return undefined;
  }

  async #register(notice: SeenNotice, { bots, lack }: Ability): Promise<QueueWorker> {
    const { stores, clock, version, queues } = this.#options;
    const { count } = trainersFor(notice, this.#options);
    const { concurrency = count + 1 } = this.#options;
    const own = { version, catalogueHash: catalogueHash() };
    const refusal = findRefusal(own, notice) ?? (await this.#findOtherPlace(notice));
    const startedAt = clock.wallMs();
    const worker: QueueWorker = {
      uid: newUid(startedAt),
      venue: notice.venue,
      host: hostname(),
      pid: process.pid,
      ...own,
      cores: availableParallelism(),
      memoryMb: Math.round(totalmem() / BYTES_A_MB),
      accelerator: undefined,
      queues,
      concurrency,
      bots,
      status: refusal === undefined ? 'working' : 'refused',
      reason: refusal ?? lack,
      startedAt,
    };
    await stores.workers.register(worker);
    if (refusal !== undefined) throw new ConfigError(refusal);
    return worker;
  }

  /** Why the daemon would not get this worker's models; undefined where it would. */
  async #findOtherPlace({ venue, folderMark }: SeenNotice): Promise<string | undefined> {
    const { folders, stored } = this.#options;
    if (stored !== undefined) {
      if (await stored.isMarked(folderMark)) return undefined;
      return `The ${stored.place} is not the artifact store of the daemon of ${venue}: give both the same ARTIFACTS_DIR, or S3_ENDPOINT, S3_BUCKET and S3_PREFIX`;
    }
    if ((await findFolderMark(folders.modelsDir)) === folderMark) return undefined;
    return `MODELS_DIR (${folders.modelsDir}) is not the folder of the daemon of ${venue}: share that one, or give both an artifact store (ARTIFACTS)`;
  }
}

/** Trainers for the bots that the daemon names; no more than jobs at a time. */
function trainersFor(
  notice: SeenNotice,
  { trainers, folders, concurrency = Infinity }: WorkerHostOptions,
): TrainerLimits {
  const { bots } = fromNoticeOptions(notice, { ...folders, pauseFile: undefined });
  const { count, memoryLimitMb } = trainers(bots);
  return { count: Math.min(count, concurrency), memoryLimitMb };
}

interface ShiftBegin {
  readonly worker: QueueWorker;
  readonly notice: SeenNotice;
  readonly ability: WorkerAbility;
  /** What the worker registered. */
  readonly able: Ability;
}

/** The time from a worker's registration to its end. */
class WorkerShift {
  readonly #options: WorkerHostOptions;
  readonly #worker: QueueWorker;
  readonly #clock: VenueClock;
  readonly #sender: JobEventSender;
  readonly #reader: TicketReader;
  readonly #ability: WorkerAbility;
  #able: Ability;
  #looking: Promise<void> | undefined;
  #lanes: WorkerLanes;
  #notice: SeenNotice;
  #beats = 0;
  #isRefused = false;
  #isCutOff = false;

  constructor(options: WorkerHostOptions, { worker, notice, ability, able }: ShiftBegin) {
    const { place, queues, logger, clock } = options;
    this.#options = options;
    this.#worker = worker;
    this.#notice = notice;
    this.#ability = ability;
    this.#able = able;
    this.#clock = new VenueClock({ wall: clock, speed: notice.speed });
    this.#sender = new JobEventSender(place, worker.venue);
    this.#reader = new TicketReader({
      place,
      queues,
      logger,
      wakeOne: () => this.#lanes.wakeOne(),
    });
    // Twice, because a clock far from this machine's wants to be confirmed; the daemon has judged it already.
    this.#observe(notice);
    this.#observe(notice);
    this.#lanes = this.#createLanes();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, onReady } = this.#options;
    await this.#sender.start();
    this.#lanes.start();
    await this.#reader.start();
    onReady(this.#worker);
    try {
      while (!signal.aborted) {
        await clock.sleep(BEAT_MS, signal).catch(() => undefined);
        await this.#tryBeat(signal);
        // Beside the beats: an interpreter that hangs must not make the worker look dead.
        this.#looking ??= this.#lookAtAbility().finally(() => (this.#looking = undefined));
      }
    } finally {
      await this.#stop();
    }
  }

  /** Says once that the database is away, and once that it is back. */
  async #tryBeat(signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#beat(signal);
      if (this.#isCutOff)
        logger.info('[QUEUE] The database is told again that this worker is alive');
      this.#isCutOff = false;
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      if (!this.#isCutOff) logger.warn(`[QUEUE] No sign of life: ${messageOf(error)}`);
      this.#isCutOff = true;
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { stores, version } = this.#options;
    const { uid, venue } = this.#worker;
    if (signal.aborted) return;
    const silentMs = await stores.workers.beat(uid);
    // After such a silence others may hold the jobs by now.
    if (silentMs === undefined || silentMs > DEAD_AFTER_MS) this.#lanes.abort(() => true);
    const notice = (await stores.notices.list()).find((one) => one.venue === venue);
    if (notice !== undefined) await this.#heed(notice, version);
    const current = this.#lanes.current();
    const owned = new Set(await stores.queue.listOwned(uid));
    const lost = new Set(current.filter((job) => !owned.has(job)));
    if (lost.size > 0) this.#lanes.abort((job) => lost.has(job.uid));
    this.#beats += 1;
    if (this.#beats % BEATS_A_LOOK === 0) this.#lanes.wake();
    if (this.#beats % BEATS_A_SWEEP === 1) await this.#sweep();
  }

  /** Tells the daemon once what can be trained has changed: somebody has installed or removed a library. */
  async #lookAtAbility(): Promise<void> {
    const { stores, logger } = this.#options;
    try {
      const able = await this.#ability.find(trainersFor(this.#notice, this.#options));
      if (JSON.stringify(able) === JSON.stringify(this.#able)) return;
      const { bots, lack: reason } = able;
      await stores.workers.beat(this.#worker.uid, { bots, reason });
      this.#able = able;
      logger.info('[QUEUE] What this worker can train has changed', { bots, reason });
      this.#lanes.wake();
    } catch (error) {
      logger.debug('[QUEUE] What this worker can train is looked at again', { error });
    }
  }

  /** Models that this host trained, and that the daemon or another worker has retired since. */
  async #sweep(): Promise<void> {
    const { stores, stored, folders, clock, logger } = this.#options;
    if (stored === undefined) return;
    const changedBefore = clock.wallMs() - ARTIFACT_GRACE_MS;
    await sweepCopies({ ...folders, stores, changedBefore, logger });
  }

  /** Takes over what the daemon tells. With new training settings the jobs under way begin again. */
  async #heed(notice: SeenNotice, version: string): Promise<void> {
    const refusal = findRefusal({ version, catalogueHash: this.#worker.catalogueHash }, notice);
    if (refusal !== undefined) {
      this.#isRefused = true;
      await this.#options.stores.workers.beat(this.#worker.uid, {
        status: 'refused',
        reason: refusal,
      });
      throw new ConfigError(refusal);
    }
    this.#observe(notice);
    if (this.#notice.isPaused && !notice.isPaused) this.#lanes.wake();
    const isSame = JSON.stringify(notice.options) === JSON.stringify(this.#notice.options);
    this.#notice = notice;
    if (isSame) return;
    await this.#lanes.stop();
    this.#lanes = this.#createLanes();
    this.#lanes.start();
  }

  #observe({ marketMs, ageMs, speed }: SeenNotice): void {
    const at = this.#clock.monotonicMs();
    this.#clock.observe({
      venueMs: Math.floor(marketMs + ageMs * speed),
      sentMs: at,
      receivedMs: at,
    });
  }

  #createLanes(): WorkerLanes {
    const { stores, isPaused, onJob } = this.#options;
    return new WorkerLanes({
      ...this.#options,
      concurrency: this.#worker.concurrency,
      trainers: trainersFor(this.#notice, this.#options),
      readiness: this.#ability.readiness,
      listBots: () => this.#able.bots,
      clock: this.#clock,
      worker: this.#worker,
      notice: this.#notice,
      sender: this.#sender,
      artifacts: this.#options.stored,
      isHeld: async () => {
        const { isPaused: isQueuePaused, isStopped } = await stores.control.find(
          this.#worker.venue,
        );
        return isQueuePaused || isStopped || this.#notice.isPaused || (await isPaused());
      },
      hasFiles: () => this.#notice.hasFiles,
      onFree: () => this.#reader.resume(),
      onJob,
    });
  }

  async #stop(): Promise<void> {
    const { stores, logger } = this.#options;
    await this.#reader.stop();
    await this.#lanes.stop();
    this.#sender.stop();
    if (this.#isRefused) return;
    try {
      await stores.workers.beat(this.#worker.uid, { status: 'stopped' });
    } catch (error) {
      logger.warn(`[QUEUE] The end of the worker could not be stored: ${messageOf(error)}`);
    }
  }
}
