import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { isSessionOver, type TrainingSession } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { DisposalStack } from '../../lib/disposal.js';
import { ConfigError, TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import { openDatabase } from '../../storage/database/database.js';
import { openStores, type Stores } from '../../storage/stores.js';
import type { TrainingOptions } from '../../training/options/training-options.js';
import { planScheduled } from '../../training/planning/plan-scheduled.js';
import { TrainPlanner } from '../../training/planning/train-planner.js';
import type { Trainer } from '../../training/trainer-process/trainer-pool.js';
import { TrainingService } from '../../training/training-service.js';
import type { PythonCheck } from '../../training/trainer-process/check-python.js';
import { FaultLog } from './fault-log.js';
import type { PeriodTraining, TrainedKey } from './kept-period.js';
import { findChanceFailure, readTraining } from './read-training.js';
import { WalkClock } from './walk-clock.js';

const POLL_MS = 100;
/** Jobs that wait so long beside none under way will wait for ever. */
const MOST_IDLE_POLLS = 600;
const MOST_SESSIONS = 10_000;
const MOST_TRIES = 3;

/** How models are trained in a run: the daemon's own training, with a folder of its own. */
export interface WalkTrainer {
  readonly python: string;
  readonly createTrainer: (clock: Clock) => Trainer;
  readonly checkPython: () => Promise<PythonCheck>;
  /** The whole environment of the training worker. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
}

export interface WalkTrainingOptions {
  /** Database, models and work files of the training lie here, and outlive the run. */
  readonly folder: string;
  /** Its folders are replaced by those of the run, and no file pauses it. */
  readonly training: TrainingOptions;
  readonly trainer: WalkTrainer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A date and the candles that had closed by it. */
export interface TrainingDate {
  readonly at: number;
  readonly dataHash: string;
}

/** A training that an earlier run began, perhaps without its end. */
export interface KnownTraining extends TrainingDate {
  readonly sessionUid: string;
  readonly isOver: boolean;
}

/**
 * The daemon's training over a database of its own whose market time stands at one retraining date after another. All
 * of it is stored, so a run that was killed goes on where it was.
 */
export class WalkTraining {
  readonly stores: Stores;
  readonly options: TrainingOptions;
  readonly #clock: WalkClock;
  readonly #service: TrainingService;
  readonly #stack: DisposalStack;
  readonly #signal: AbortSignal;
  readonly #faults: FaultLog;

  private constructor(parts: {
    readonly stores: Stores;
    readonly options: TrainingOptions;
    readonly clock: WalkClock;
    readonly service: TrainingService;
    readonly stack: DisposalStack;
    readonly signal: AbortSignal;
    readonly faults: FaultLog;
  }) {
    this.stores = parts.stores;
    this.options = parts.options;
    this.#clock = parts.clock;
    this.#service = parts.service;
    this.#stack = parts.stack;
    this.#signal = parts.signal;
    this.#faults = parts.faults;
  }

  /** Nothing else may train in the folder meanwhile. */
  static async open(options: WalkTrainingOptions): Promise<WalkTraining> {
    const { folder, trainer, signal } = options;
    const faults = new FaultLog(options.logger);
    const logger = faults.logger;
    const clock = new WalkClock(options.clock);
    const stack = new DisposalStack(logger);
    try {
      mkdirSync(folder, { recursive: true });
      const location = { engine: 'sqlite', file: path.join(folder, 'training.sqlite') } as const;
      const database = await openDatabase(location, { clock, logger });
      stack.defer('database', () => database.close());
      const stores = openStores(database, clock);
      const training = {
        ...options.training,
        modelsDir: path.join(folder, 'models'),
        workDir: path.join(folder, 'work'),
        // It pauses what the daemon trains by itself. Nobody would see why a run waits.
        pauseFile: undefined,
      };
      const service = new TrainingService({
        stores,
        location,
        workerEnvironment: trainer.workerEnvironment,
        clock,
        logger,
        options: training,
        runUid: newUid(options.clock.wallMs()),
        createTrainer: () => trainer.createTrainer(clock),
        python: trainer.python,
        checkPython: trainer.checkPython,
      });
      return new WalkTraining({ stores, options: training, clock, service, stack, signal, faults });
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Oldest first. */
  async listKnown(): Promise<readonly KnownTraining[]> {
    const { rows } = await this.stores.sessions.list({}, { limit: MOST_SESSIONS, offset: 0 });
    return rows.toReversed().map(toKnown);
  }

  /** Takes up what a killed run left. Market time stands at the date of its last training by then. */
  async start(at: number): Promise<void> {
    this.#clock.moveTo(at);
    await this.#forgiveDeaths();
    // Put on the stack once started: a service that never was has nothing to stop.
    this.#stack.use('training', this.#service);
    await this.#service.start();
  }

  stop(): Promise<void> {
    return this.#stack.stop();
  }

  /**
   * Trains every key that a scheduled full training of the daemon would train at that date. The candles that have
   * closed by then must be stored.
   *
   * @returns undefined where the run was stopped before the end
   */
  async trainAt(
    date: TrainingDate,
    onProgress: (share: number) => void,
  ): Promise<PeriodTraining | undefined> {
    this.#clock.moveTo(date.at);
    const { stores, options } = this;
    const planner = new TrainPlanner({ stores, options, clock: this.#clock });
    const planned = await planScheduled('full', { stores, options, planner });
    const waiting = planned.skipped.map(({ key, reason }): TrainedKey => ({
      symbol: key.symbol,
      outcome: 'waiting',
      reason,
    }));
    if (planned.keys.length === 0) return { keys: waiting, fitMs: 0, trainerPeakMb: 0 };
    const { sessionUid } = await this.#service.sessions.request({
      keys: planned.keys,
      kind: 'full',
      config: { at: date.at, dataHash: date.dataHash, waiting },
    });
    return this.finish(sessionUid, onProgress);
  }

  /**
   * Waits for the end of a training that has begun. One that ended by chance is begun again, since what is kept of it
   * must not depend on what else the machine did.
   *
   * @throws TransientError where it ends by chance again and again
   */
  async finish(
    sessionUid: string,
    onProgress: (share: number) => void,
  ): Promise<PeriodTraining | undefined> {
    const { sessions } = this.#service;
    let uid = sessionUid;
    for (let tries = 1; ; tries++) {
      if (!(await this.#untilOver(uid, onProgress))) return undefined;
      const { session } = await sessions.view(uid);
      const jobs = await sessions.jobsOf(session);
      const failure = await findChanceFailure(this.stores, session, jobs);
      if (failure === undefined) return readTraining(this.stores, session, jobs);
      if (tries === MOST_TRIES) throw notTrained(session, failure);
      uid = (await sessions.request({ keys: jobs, kind: 'full', config: session.config }))
        .sessionUid;
    }
  }

  /** @returns false where the run was stopped before */
  async #untilOver(sessionUid: string, onProgress: (share: number) => void): Promise<boolean> {
    const { sessions } = this.#service;
    for (let idlePolls = 0; ;) {
      if (this.#signal.aborted) return false;
      this.#assertTrainer();
      const { session, progress } = await sessions.view(sessionUid);
      onProgress(progress.percentage / 100);
      if (isSessionOver(session.status)) break;
      idlePolls = progress.summary.running > 0 ? 0 : idlePolls + 1;
      if (idlePolls > MOST_IDLE_POLLS) {
        throw new TransientError(`Training does not go on: ${this.#faults.newest ?? 'no reason'}`);
      }
      await this.#clock.sleep(POLL_MS, this.#signal).catch(() => undefined);
    }
    await sessions.conclude(sessionUid);
    return true;
  }

  /** @throws ConfigError where nothing can be trained: its jobs would wait for ever */
  #assertTrainer(): void {
    const fault = this.#service.trainerFault;
    if (fault !== undefined) throw new ConfigError(`${fault.message}. To mend it, ${fault.fix}`);
  }

  /**
   * A job whose daemon died is tried once more and then given up, since it may be what killed it. A run is killed by
   * people, as often as they like, and its result must not depend on it.
   */
  async #forgiveDeaths(): Promise<void> {
    const { stores, options } = this;
    const { venue } = options;
    const running = await stores.jobs.listRunningNotOwnedBy('', { venue, withFiles: false });
    for (const { uid, ownerRunUid } of running) {
      await stores.jobs.requeue(uid, { reason: 'the run ended', isDeath: false, ownerRunUid });
    }
    for (const baseModel of await stores.baseModels.listFitting(venue)) {
      await stores.baseModels.change(baseModel, { attempt: baseModel.attempt - 1 });
    }
  }
}

function notTrained({ config }: TrainingSession, failure: string): TransientError {
  const date = new Date(Number(config['at'])).toISOString().slice(0, 16).replace('T', ' ');
  return new TransientError(
    `The models of ${date} could not be trained (${failure}); what is done is kept: the same command goes on from there`,
  );
}

function toKnown({ uid, status, config }: TrainingSession): KnownTraining {
  const { at, dataHash } = config;
  return {
    sessionUid: uid,
    isOver: isSessionOver(status),
    at: Number(at),
    dataHash: String(dataHash),
  };
}
