import type { QueueWorker } from '../../domain/queue-worker.js';
import type { SeenNotice } from '../../domain/training-notice.js';
import type { TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import type { ModelArtifacts } from '../../models/model-artifacts.js';
import type { Stores } from '../../storage/stores.js';
import type { TrainingOptions } from '../options/training-options.js';
import { JobWorker, type TrainingEvents } from '../queue/job-worker.js';
import type { ShortageMemory } from '../queue/settle-job.js';
import type { TrainerLimits } from '../trainer-process/find-ability.js';
import { TrainerPool, type Trainer } from '../trainer-process/trainer-pool.js';
import type { TrainerReadiness } from '../trainer-process/trainer-readiness.js';
import { TrainingWorkerClient } from '../worker/training-worker-client.js';
import { ForwardingLogger } from './forwarding-logger.js';
import type { JobEventSender } from './job-events.js';
import { fromNoticeOptions } from './notice-options.js';

/** The daemon's planner reads shortages from the jobs that ended by them. */
const NO_MEMORY: ShortageMemory = { rememberShortage: () => Promise.resolve() };

export interface WorkerLanesOptions {
  readonly stores: Stores;
  readonly location: DatabaseLocation;
  readonly workerEnvironment: Readonly<Record<string, string>>;
  /** Market time as the daemon tells it. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly worker: QueueWorker;
  readonly notice: SeenNotice;
  readonly folders: Pick<TrainingOptions, 'modelsDir' | 'workDir'>;
  readonly sender: JobEventSender;
  readonly concurrency: number;
  /** @param count how many there are */
  readonly createTrainer: (count: number) => Trainer;
  readonly trainers: TrainerLimits;
  readonly readiness: TrainerReadiness;
  /** Bots that this worker can train now. */
  readonly listBots: () => readonly string[];
  readonly isHeldByFile: () => Promise<boolean>;
  readonly hasFiles: () => boolean;
  /** The artifact store, where this host has a models' folder of its own. */
  readonly artifacts?: ModelArtifacts | undefined;
  /** A lane has nothing to do. */
  readonly onFree: () => void;
  readonly onJob: (job: TrainingJob, outcome: string) => void;
}

/** The lanes of a worker, with the trainers that they share, for one set of training settings. */
export class WorkerLanes {
  readonly #lanes: readonly JobWorker[];
  readonly #trainingWorker: TrainingWorkerClient;

  constructor(options: WorkerLanesOptions) {
    const { clock, location, workerEnvironment, trainers, createTrainer } = options;
    const { worker, notice, folders, sender, concurrency } = options;
    const logger = new ForwardingLogger(options.logger, (level, message, fields) =>
      sender.send({ kind: 'log', level, message, fields: { ...fields, worker: worker.uid } }),
    );
    this.#trainingWorker = new TrainingWorkerClient({
      location,
      clock,
      logger,
      environment: workerEnvironment,
    });
    const { count: size, memoryLimitMb } = trainers;
    const create = (): Trainer => createTrainer(size);
    const trainer = new TrainerPool({ size, memoryLimitMb, create, logger });
    const lane = {
      ...options,
      logger,
      trainer,
      trainingWorker: this.#trainingWorker,
      shortages: NO_MEMORY,
      isServedElsewhere: options.artifacts !== undefined,
      runUid: worker.uid,
      queues: worker.queues,
      options: fromNoticeOptions(notice, { ...folders, pauseFile: undefined }),
      onIdle: options.onFree,
      events: eventsOf(options),
    };
    this.#lanes = Array.from({ length: concurrency }, () => new JobWorker(lane));
  }

  start(): void {
    for (const lane of this.#lanes) lane.start();
  }

  /** Gives the jobs under way back and kills their trainers. */
  async stop(): Promise<void> {
    await Promise.all([...this.#lanes.map((lane) => lane.stop()), this.#trainingWorker.stop()]);
  }

  wake(): void {
    for (const lane of this.#lanes) lane.wake();
  }

  /** Wakes a lane that has nothing to do. @returns false where all are at work */
  wakeOne(): boolean {
    const free = this.#lanes.find((lane) => lane.isResting);
    free?.wake();
    return free !== undefined;
  }

  /** Uids of the jobs under way. */
  current(): readonly string[] {
    return this.#lanes.flatMap(({ currentJob }) => currentJob?.uid ?? []);
  }

  abort(isMeant: (job: TrainingJob) => boolean): void {
    for (const lane of this.#lanes) lane.abort(isMeant);
  }
}

function eventsOf({ sender, onJob }: WorkerLanesOptions): TrainingEvents {
  return {
    onProgress: (job, { stage, progressPct }) =>
      sender.send({ kind: 'progress', job: job.uid, stage, progressPct }),
    onEnded: (job, status) => {
      sender.send({ kind: 'ended', job: job.uid, status });
      onJob(job, status);
    },
  };
}
