import type { Trial } from '../../domain/experiment.js';
import type { TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { ModelArtifacts } from '../../models/model-artifacts.js';
import type { Stores } from '../../storage/stores.js';
import type { ContinuedParent } from './increment-plan.js';
import type { ProgressReporter } from './progress-reporter.js';
import type { ParentFiles } from '../trainer-process/trainer-job.js';
import type { TrainerProcess } from '../trainer-process/trainer-process.js';
import type { TrainingWorkerClient } from '../worker/training-worker-client.js';
import type { TrainingOptions } from '../options/training-options.js';

/** What one attempt at a job starts from. */
export interface AttemptContext {
  readonly job: TrainingJob;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly options: TrainingOptions;
  /** The model to continue; undefined for a full fit. */
  readonly increment?: Increment | undefined;
  /** Of a job of an experiment or shadow; options and clock are already those of the trial. */
  readonly trial?: Trial | undefined;
}

/** A model to be continued, and its files. */
export interface Increment {
  readonly parent: ContinuedParent;
  readonly files: ParentFiles;
}

/** The same with the processes that do the work. */
export interface TrainModelContext extends AttemptContext {
  readonly logger: Logger;
  readonly trainer: Pick<TrainerProcess, 'run'>;
  readonly trainingWorker: Pick<TrainingWorkerClient, 'prepare' | 'judge'>;
  /** Waits for a store that is away. */
  readonly artifacts: ModelArtifacts;
  readonly progress: ProgressReporter;
  readonly signal: AbortSignal;
}
