import type { Settings } from '../../config/settings.js';
import type { Logger } from '../lib/logger.js';
import type { Database } from '../storage/database/database.js';
import type { Stores } from '../storage/stores.js';
import { checkPython } from '../training/trainer-process/check-python.js';
import {
  findPython,
  trainerCommand,
  trainerDir,
} from '../training/trainer-process/python-command.js';
import { TrainerProcess } from '../training/trainer-process/trainer-process.js';
import { TrainingService, type TrainingServiceDependencies } from '../training/training-service.js';
import type { Instruments } from './choose-instruments.js';
import type { Market } from './open-market.js';
import { PROJECT_DIR } from './module-options.js';
import { toTrainingOptions } from './to-training-options.js';

const RECYCLE_AFTER_JOBS = 50;

interface TrainingParts {
  readonly settings: Settings;
  readonly market: Market;
  readonly instruments: Instruments;
  readonly database: Database;
  readonly stores: Stores;
  readonly runUid: string;
  readonly trainerEnvironment: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** The training of a venue as the settings say, for the daemon and for `npm run train`. */
export function createTrainingService(
  parts: TrainingParts,
  own: Partial<TrainingServiceDependencies> = {},
): TrainingService {
  const { settings, instruments, market, database, stores, logger, runUid, trainerEnvironment } =
    parts;
  const { clock } = market.data;
  const python = findPython({ python: settings.python, projectDir: PROJECT_DIR });
  const cwd = trainerDir(PROJECT_DIR);
  return new TrainingService({
    ...{ stores, location: database.location, clock, logger, runUid, python },
    options: toTrainingOptions(settings, instruments, market),
    createTrainer: () =>
      new TrainerProcess({
        ...{ command: trainerCommand(python), cwd, clock, logger, env: trainerEnvironment },
        memoryLimitMb: settings.trainMemoryMb,
        jobTimeoutMs: settings.trainJobTimeoutSec * 1000,
        recycleAfterJobs: RECYCLE_AFTER_JOBS,
      }),
    checkPython: () => checkPython(python, cwd),
    ...own,
  });
}
