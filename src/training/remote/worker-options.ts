import type { QueueWorker } from '../../domain/queue-worker.js';
import type { SeenNotice } from '../../domain/training-notice.js';
import type { Priority, TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { StoredArtifacts } from '../../models/stored-artifacts.js';
import type { Stores } from '../../storage/stores.js';
import { DEFAULT_DEEP } from '../options/bot-params.js';
import type { PythonCheck } from '../trainer-process/check-python.js';
import type { TrainerLimits, TrainerNeeds } from '../trainer-process/find-ability.js';
import { fromNoticeOptions } from './notice-options.js';
import type { RedisPlace } from './redis-place.js';
import type { WorkerLanesOptions } from './worker-lanes.js';

/** Wall time between two signs of life, in which force-stops, other versions and lost claims are noticed too. */
export const BEAT_MS = 2_000;

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

/** Trainers for the bots that the daemon names, on the device that it names; no more than jobs at a time. */
export function trainersFor(
  notice: SeenNotice,
  { trainers, folders, concurrency = Infinity }: WorkerHostOptions,
): TrainerNeeds {
  const { bots, deep = DEFAULT_DEEP } = fromNoticeOptions(notice, {
    ...folders,
    pauseFile: undefined,
  });
  const { count, memoryLimitMb } = trainers(bots);
  return { count: Math.min(count, concurrency), memoryLimitMb, device: deep.device };
}
