import { DEAD_AFTER_MS, type QueueWorker } from '../../domain/queue-worker.js';
import type { SeenNotice } from '../../domain/training-notice.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { ARTIFACT_GRACE_MS, sweepCopies } from '../../models/artifact-sweep.js';
import type { Ability } from '../trainer-process/find-ability.js';
import { findRefusal } from './find-refusal.js';
import { JobEventSender } from './job-events.js';
import { TicketReader } from './ticket-reader.js';
import type { WorkerAbility } from './worker-ability.js';
import type { WorkerClock } from './worker-clock.js';
import { WorkerLanes } from './worker-lanes.js';
import { BEAT_MS, trainersFor, type WorkerHostOptions } from './worker-options.js';

/** Beats after which lanes look into the database by themselves, whatever Redis does. */
const BEATS_A_LOOK = 5;
/** An hour. */
const BEATS_A_SWEEP = 1_800;

export interface ShiftBegin {
  readonly worker: QueueWorker;
  readonly notice: SeenNotice;
  readonly clock: WorkerClock;
  readonly ability: WorkerAbility;
  /** What the worker registered. */
  readonly able: Ability;
}

/** The time from a worker's registration to its end. */
export class WorkerShift {
  readonly #options: WorkerHostOptions;
  readonly #worker: QueueWorker;
  readonly #clock: WorkerClock;
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

  constructor(options: WorkerHostOptions, { worker, notice, clock, ability, able }: ShiftBegin) {
    const { place, queues, logger } = options;
    this.#options = options;
    this.#worker = worker;
    this.#notice = notice;
    this.#ability = ability;
    this.#able = able;
    this.#clock = clock;
    this.#sender = new JobEventSender(place, worker.venue);
    this.#reader = new TicketReader({
      place,
      queues,
      logger,
      wakeOne: () => this.#lanes.wakeOne(),
    });
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
    if (silentMs === undefined || silentMs > DEAD_AFTER_MS) this.#giveAllBack(silentMs);
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

  #giveAllBack(silentMs: number | undefined): void {
    const silence = silentMs === undefined ? 'too long' : `${Math.round(silentMs / 1000)} s`;
    if (this.#lanes.current().length > 0) {
      this.#options.logger.warn(
        `[QUEUE] The database had no sign of life for ${silence}, so this worker counted as dead: its jobs are given back`,
      );
    }
    this.#lanes.abort(() => true);
  }

  /** Tells the daemon once what can be trained has changed: somebody has installed or removed a library. */
  async #lookAtAbility(): Promise<void> {
    const { stores, logger } = this.#options;
    try {
      const able = await this.#ability.find(trainersFor(this.#notice, this.#options));
      if (JSON.stringify(able) === JSON.stringify(this.#able)) return;
      const { bots, lack: reason, accelerator } = able;
      await stores.workers.beat(this.#worker.uid, { bots, reason, accelerator });
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
    this.#clock.observe(notice);
    if (this.#notice.isPaused && !notice.isPaused) this.#lanes.wake();
    const isSame = JSON.stringify(notice.options) === JSON.stringify(this.#notice.options);
    this.#notice = notice;
    if (isSame) return;
    await this.#lanes.stop();
    this.#lanes = this.#createLanes();
    this.#lanes.start();
  }

  #createLanes(): WorkerLanes {
    const { isPaused, onJob } = this.#options;
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
      isHeldByFile: async () => (await isPaused()) || this.#notice.isPaused,
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
