import type { ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { TrainingJob } from '../domain/training-job.js';
import { ALL_FILES, isFileVenue } from '../domain/market.js';
import type { Logger } from '../lib/logger.js';
import { LeaseKeeper } from '../coordination/lease-keeper.js';
import type { DatabaseLocation } from '../storage/connection/location.js';
import type { ModelArtifacts } from '../models/model-artifacts.js';
import type { Stores } from '../storage/stores.js';
import { DriftWatch } from './planning/drift-watch.js';
import type { DueVerdict } from './planning/due-verdict.js';
import { recoverBaseModels, removeTrialBaseModels } from './residuals/base-model-files.js';
import { recoverJobs } from './queue/recover-jobs.js';
import { Experiments } from './experiments/experiments.js';
import { FirstTraining } from './planning/first-training.js';
import { TrainPlanner, type TrainPlannerDependencies } from './planning/train-planner.js';
import type { PythonCheck } from './trainer-process/check-python.js';
import { TrainerPool, type Trainer } from './trainer-process/trainer-pool.js';
import { TrainerReadiness, type Lack } from './trainer-process/trainer-readiness.js';
import { TrainingWorkerClient } from './worker/training-worker-client.js';
import type { TrainingOptions } from './options/training-options.js';
import { readTrainingStatus, type TrainingStatus } from './training-status.js';
import { JobWorker, type TrainingEvents } from './queue/job-worker.js';
import type { QueueLane } from './queue/lane-loop.js';
import { WaitingLog } from './planning/waiting-log.js';
import type { QueueFacts, RedisTrouble, RemoteQueue } from './remote/remote-queue.js';
import {
  NO_PREGENERATION,
  type PredictionPregeneration,
} from './queue/prediction-pregeneration.js';
import { TrainingQueue } from './queue/training-queue.js';
import { ShadowModels } from './experiments/shadow-models.js';
import { SessionFinalizer } from './queue/session-finalizer.js';
import { TrainingSchedules } from './planning/training-schedules.js';
import { TrainingSessions, type SessionEvents } from './queue/training-sessions.js';

const ONE_TRAINER = { count: 1, memoryLimitMb: Infinity };
/** A Python that cannot train is looked at again this often at least, whatever the cooldown. */
const MAX_RECHECK_SEC = 300;
/** No trading account: the holder of this lease trains what was imported from files. */
const FILES_LEASE = { venue: ALL_FILES, account: 'training' } as const;

export interface TrainingServiceDependencies {
  readonly stores: Stores;
  /** For the training worker, which reads candles over a connection of its own. */
  readonly location: DatabaseLocation;
  /** The whole environment of the training worker. Default: empty. */
  readonly workerEnvironment?: Readonly<Record<string, string>>;
  readonly clock: TrainPlannerDependencies['clock'];
  readonly logger: Logger;
  readonly options: TrainingOptions;
  /** Run of the daemon that owns the jobs it works on. */
  readonly runUid: string;
  readonly createTrainer: () => Trainer;
  /** Trainers side by side, and the memory that all may hold together, in MB of 2^20 bytes. Default: one. */
  readonly trainers?: { readonly count: number; readonly memoryLimitMb: number } | undefined;
  /** Jobs under way at once. Default: one more than trainers, which is prepared or judged while the others are fitted. */
  readonly lanes?: number;
  /** Lanes for jobs of the queue that train nothing and need no Python. */
  readonly otherLanes?: readonly QueueLane[];
  /** Workers elsewhere that work the queue off in place of lanes of its own. */
  readonly createRemote?: ((facts: QueueFacts) => RemoteQueue) | undefined;
  /** Aborts when the process begins to stop, and begins this stop with it: whoever waits for a planning is not held. */
  readonly signal?: AbortSignal | undefined;
  /** How folders of models reach other hosts. Default: all share one models' folder. */
  readonly artifacts?: ModelArtifacts | undefined;
  /** Interpreter, and the question whether it can train. */
  readonly python: string;
  readonly checkPython: (signal: AbortSignal) => Promise<PythonCheck>;
  readonly findArtefactFault?: ((record: ModelRecord) => string | undefined) | undefined;
  readonly events?: (TrainingEvents & SessionEvents) | undefined;
  /** Makes predictions around full and incremental training. */
  readonly pregeneration?: PredictionPregeneration | undefined;
}

/**
 * Keeps every key on a trained model: decides what is due, queues it as stored jobs and works them off
 * beside everything else. Must be started only by the daemon that holds the venue's lease: running jobs
 * of other runs are taken for dead.
 */
export class TrainingService {
  readonly sessions: TrainingSessions;
  readonly queue: TrainingQueue;
  readonly experiments: Experiments;
  readonly shadows: ShadowModels;
  readonly #planner: TrainPlanner;
  readonly #remote: RemoteQueue | undefined;
  readonly #readiness: Pick<TrainerReadiness, 'find' | 'last' | 'recheck' | 'stop'>;
  readonly #trainingWorker: TrainingWorkerClient;
  readonly #schedules: TrainingSchedules;
  readonly #sessionFinalizer: SessionFinalizer;
  readonly #filesLease: LeaseKeeper;
  readonly #driftWatch: DriftWatch;
  readonly #waitingLog: WaitingLog;
  readonly #firstTraining: FirstTraining;
  readonly #workers: readonly QueueLane[];
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;
  #planning: Promise<readonly DueVerdict[]> | undefined;
  #lastPlan: readonly DueVerdict[] = [];

  readonly #dependencies: TrainingServiceDependencies;

  constructor(dependencies: TrainingServiceDependencies) {
    this.#dependencies = dependencies;
    const { clock, logger, location, stores } = dependencies;
    this.#remote = dependencies.createRemote?.({
      isHeld: () => this.queue.isHeld(),
      isPausedByFile: () => this.queue.isPausedByFile(),
      hasFiles: () => this.#filesLease.isHeld(),
    });
    const remote = this.#remote;
    this.#planner = new TrainPlanner({ ...dependencies, isRemote: remote !== undefined });
    const { workerEnvironment: environment = {} } = dependencies;
    this.#trainingWorker = new TrainingWorkerClient({ location, clock, logger, environment });
    this.#waitingLog = new WaitingLog(logger);
    this.#firstTraining = new FirstTraining(logger);
    this.#readiness = remote?.readiness ?? ownReadiness(dependencies);
    const handles = {
      wake: () => this.#wake(),
      abort: (isMeant: (job: TrainingJob) => boolean) => {
        for (const worker of this.#workers) worker.abort(isMeant);
      },
    };
    const { trainers = ONE_TRAINER, lanes = trainers.count + 1 } = dependencies;
    this.sessions = new TrainingSessions({
      ...dependencies,
      ...handles,
      get lanes() {
        return remote?.readiness.lanes ?? lanes;
      },
      onCancelled: (session) => this.#sessionFinalizer.tellCancelled(session),
    });
    this.#filesLease = new LeaseKeeper({
      name: 'file training',
      key: FILES_LEASE,
      leases: stores.leases,
      clock,
      logger,
      holder: dependencies.runUid,
    });
    this.queue = new TrainingQueue({ ...dependencies, ...handles, wake: () => this.#resume() });
    const { sessions } = this;
    this.experiments = new Experiments({ ...dependencies, sessions });
    const { onPromoted } = dependencies.events ?? {};
    this.shadows = new ShadowModels({ ...dependencies, ...handles, sessions, onPromoted });
    const planner = this.#planner;
    const trainingWorker = this.#trainingWorker;
    this.#driftWatch = new DriftWatch({ ...dependencies, trainingWorker, planner, sessions });
    const { pregeneration = NO_PREGENERATION } = dependencies;
    this.#sessionFinalizer = new SessionFinalizer({ ...dependencies, sessions, pregeneration });
    this.#schedules = new TrainingSchedules({
      ...dependencies,
      sessions,
      planner,
      pregeneration,
      isReady: () => this.#isTrainerReady(),
    });
    const { count: size, memoryLimitMb } = trainers;
    const { createTrainer: create } = dependencies;
    const trainer = new TrainerPool({ size, memoryLimitMb, create, logger });
    const own = Array.from({ length: remote === undefined ? lanes : 0 }, () =>
      this.#createWorker(trainer),
    );
    this.#workers = [...own, ...(dependencies.otherLanes ?? [])];
  }

  /** Takes up what an earlier run left behind, then works on whatever is queued. */
  async start(): Promise<void> {
    await this.queue.start();
    await this.#filesLease.start();
    const { venue } = this.options;
    if (this.#remote === undefined) {
      await recoverJobs(this.#dependencies, { venue, withFiles: this.#filesLease.isHeld() });
    } else await this.#remote.start();
    await recoverBaseModels(this.#dependencies);
    await this.shadows.recover();
    for (const worker of this.#workers) worker.start();
    this.#stopWith(this.#dependencies.signal);
  }

  /** A drift check, or another question to the training worker, may take minutes: it ends with the process. */
  #stopWith(signal: AbortSignal | undefined): void {
    const begin = (): void => {
      // Whoever calls `stop` hears of a failure.
      this.stop().catch(() => undefined);
    };
    if (signal?.aborted === true) begin();
    else signal?.addEventListener('abort', begin, { once: true });
  }

  /**
   * Stops within seconds: the trainers' process groups are killed, their jobs go back into the queue.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#readiness.stop();
    await this.queue.stop();
    await this.#remote?.stop();
    // Together: a job waits for the training worker's answer, which on a busy machine takes its time.
    const lanes = this.#workers.map((worker) => worker.stop());
    await Promise.all([...lanes, this.#trainingWorker.stop()]);
    await this.#planning?.catch(() => undefined);
    await this.#filesLease.stop();
  }

  /** Queues what is due. Called in each analysis cycle; a call while one is under way joins it. */
  planDue(): Promise<readonly DueVerdict[]> {
    this.#planning ??= this.#planOnce().finally(() => (this.#planning = undefined));
    return this.#planning;
  }

  /** Begins the scheduled trainings that are due by stored state. Woken by an alarm. */
  async pollSchedules(): Promise<void> {
    if (!this.#stopping.signal.aborted) await this.#schedules.poll();
  }

  /** The verdicts of the newest planning, one for each key; empty before the first. */
  get lastPlan(): readonly DueVerdict[] {
    return this.#lastPlan;
  }

  /** Everything that the API tells about a key's training. */
  async status(key: ModelKey): Promise<TrainingStatus> {
    const verdict = await this.#planner.judge(key);
    return readTrainingStatus(this.#dependencies, {
      key,
      verdict,
      readiness: this.#readiness.last,
    });
  }

  get options(): TrainingOptions {
    return this.#dependencies.options;
  }

  /** What a person must mend before anything can be trained. */
  get trainerFault(): { readonly message: string; readonly fix: string } | undefined {
    const { last } = this.#readiness;
    return last?.status === 'not_ready' ? { message: last.message, fix: last.fix } : undefined;
  }

  /** Which bots no worker can train, and what a person must mend; undefined where others cannot be trained either. */
  get trainerLack(): Lack | undefined {
    const { last } = this.#readiness;
    return last?.status === 'ready' ? last.lack : undefined;
  }

  /** Why Redis does not carry the queue; undefined while it does, or none is used. */
  get redisTrouble(): RedisTrouble | undefined {
    return this.#remote?.trouble;
  }

  async #planOnce(): Promise<readonly DueVerdict[]> {
    await this.#keepToFiles();
    const verdicts = await this.#planner.plan(this.#filesLease.isHeld());
    this.#lastPlan = verdicts;
    this.#waitingLog.report(verdicts);
    const due = this.#firstTraining.release(verdicts, this.#dependencies.clock.wallMs());
    if (due.length > 0 && !this.#stopping.signal.aborted && (await this.#isTrainerReady())) {
      await this.#queueDue(due);
    }
    if (!this.#stopping.signal.aborted) {
      await removeTrialBaseModels(this.#dependencies.stores, this.options);
      await this.#sessionFinalizer.poll();
      await this.#driftWatch.poll();
    }
    this.#wake();
    return verdicts;
  }

  /** The lease of the files may have come since the last look, with jobs of a dead holder, or gone. */
  async #keepToFiles(): Promise<void> {
    if (this.#filesLease.isHeld()) {
      if (this.#remote === undefined)
        await recoverJobs(this.#dependencies, { venue: ALL_FILES, withFiles: true });
      return;
    }
    for (const worker of this.#workers) worker.abort(({ venue }) => isFileVenue(venue));
  }

  async #queueDue(due: readonly Extract<DueVerdict, { status: 'due' }>[]): Promise<void> {
    const causes = new Map(due.map(({ key, cause }) => [key, cause]));
    // Whoever has a model keeps it meanwhile: that is housekeeping. Whoever has none waits for one.
    const kind = due.some(({ cause }) => cause === 'untrained') ? 'initial' : 'auto';
    const keys = due.map(({ key }) => key);
    const { jobs } = await this.sessions.request({
      keys,
      kind,
      isAutomatic: true,
      causeOf: (key) => causes.get(key) ?? 'due',
    });
    for (const { uid, symbol, timeframe, bot, cause } of jobs) {
      this.#dependencies.logger.info('[TRAIN] Queued', { symbol, timeframe, bot, job: uid, cause });
    }
  }

  async #isTrainerReady(): Promise<boolean> {
    const { status } = await this.#readiness.find();
    return status === 'ready' && !this.#stopping.signal.aborted;
  }

  /** Python may have been mended or broken while nothing ran. */
  #resume(): void {
    this.#readiness.recheck();
    this.#wake();
  }

  #wake(): void {
    this.#remote?.wake();
    for (const worker of this.#workers) worker.wake();
  }

  #createWorker(trainer: Trainer): JobWorker {
    return new JobWorker({
      ...this.#dependencies,
      trainer,
      shortages: this.#planner,
      readiness: this.#readiness,
      trainingWorker: this.#trainingWorker,
      isHeldByFile: () => this.queue.isPausedByFile(),
      hasFiles: () => this.#filesLease.isHeld(),
    });
  }
}

function ownReadiness(dependencies: TrainingServiceDependencies): TrainerReadiness {
  const { python, clock, logger, checkPython: check, signal, options } = dependencies;
  return new TrainerReadiness({
    python,
    clock,
    check,
    signal,
    recheckSec: Math.min(options.trainRetryCooldownSec, MAX_RECHECK_SEC),
    onUnusable: ({ message, fix }) =>
      logger.warn(`[TRAIN] Cannot train: ${message}. To mend it, ${fix}`),
  });
}
