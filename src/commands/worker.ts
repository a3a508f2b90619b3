import { hostname } from 'node:os';
import type { Settings } from '../../config/settings.js';
import { PauseFile } from '../collection/pause-file.js';
import { DataDirLock } from '../coordination/data-dir-lock.js';
import { toTrainerOptions } from '../daemon/module-options.js';
import { assertModelsDir } from '../daemon/assert-models-dir.js';
import { createArtifacts } from '../daemon/create-artifacts.js';
import { openStorage, withoutFallback, type OpenedStorage } from '../daemon/open-storage.js';
import { redisPlace } from '../daemon/redis-place.js';
import { trainingFolders } from '../daemon/to-training-options.js';
import type { QueueWorker } from '../domain/queue-worker.js';
import type { Priority, TrainingJob } from '../domain/training-job.js';
import type { ChildEnvironments } from '../lib/child-environments.js';
import type { Clock } from '../lib/clock.js';
import { DisposalStack } from '../lib/disposal.js';
import { ConfigError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { removeUnfinished } from '../models/artifact-cleanup.js';
import { MissingSchemaError } from '../storage/connection/pending-migrations.js';
import { openStores } from '../storage/stores.js';
import { assertAdmitted } from '../training/remote/assert-admitted.js';
import { WorkerHost } from '../training/remote/worker-host.js';
import { checkPython } from '../training/trainer-process/check-python.js';
import { TrainerProcess } from '../training/trainer-process/trainer-process.js';

const SCHEMA_LOOK_MS = 2_000;

export interface WorkerOptions {
  readonly settings: Settings;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly childEnvironments: ChildEnvironments;
  readonly queues: readonly Priority[];
  /** Jobs at a time; one more than trainers where undefined. */
  readonly concurrency: number | undefined;
  readonly venue: string | undefined;
  /** Gives the jobs under way back. */
  readonly signal: AbortSignal;
  readonly onReady: (worker: QueueWorker) => void;
  readonly onJob: (job: TrainingJob, outcome: string) => void;
}

/**
 * Works off the queue of a daemon with `QUEUE=redis`. Needs the database and Redis of that daemon, its models' folder
 * or its artifact store, a `DATA_DIR` of its own, and Python; neither an exchange nor an open port.
 *
 * @throws ConfigError when a person must mend something first
 * @throws TransientError when the database or the artifact store does not answer
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { settings, logger, clock, signal, childEnvironments } = options;
  const place = redisPlace(settings);
  if (place === undefined) throw new ConfigError('A worker needs QUEUE=redis and REDIS_URL');
  await assertAdmitted(place);
  const stack = new DisposalStack(logger);
  try {
    holdFolder(settings, clock, stack);
    assertModelsDir(settings);
    const opened = await openDaemonsDatabase(settings, { clock, logger, signal });
    if (opened === undefined) return;
    const { database } = opened;
    stack.defer('database', () => database.close());
    const stores = openStores(database, clock);
    const stored = createArtifacts(settings, { stores, clock, logger, stack })?.models;
    const folders = trainingFolders(settings);
    if (stored !== undefined) await removeLeftovers(settings, { clock, logger });
    const { python, cwd } = toTrainerOptions(settings);
    const host = new WorkerHost({
      ...options,
      place,
      trainers: (bots) => toTrainerOptions({ ...settings, bots }),
      python,
      stores,
      stored,
      location: database.location,
      workerEnvironment: childEnvironments.worker,
      folders,
      createTrainer: (count) => {
        const trainer = toTrainerOptions({ ...settings, trainProcesses: count });
        return new TrainerProcess({ ...trainer, env: childEnvironments.trainer, clock, logger });
      },
      checkPython: (ending) => checkPython(python, cwd, ending),
      isPaused: pauseOf(settings, { clock, logger }),
    });
    await host.run(signal);
  } finally {
    await stack.stop();
  }
}

/**
 * The daemon makes the schema, and nobody but the daemon may go on without MySQL. Before its first start, and in an
 * upgrade, workers may be started first: they wait for it. Undefined where the signal aborted meanwhile.
 */
async function openDaemonsDatabase(
  settings: Settings,
  tools: Pick<WorkerOptions, 'clock' | 'logger' | 'signal'>,
): Promise<OpenedStorage | undefined> {
  const strict = { ...withoutFallback(settings), autoCreateSchema: false };
  const { clock, logger, signal } = tools;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      return await openStorage(strict, tools);
    } catch (error) {
      if (!(error instanceof MissingSchemaError)) throw error;
      if (isFirst) logger.info(`[QUEUE] Waiting for a daemon to make the schema: ${error.lack}`);
    }
    await clock.sleep(SCHEMA_LOOK_MS, signal).catch(() => undefined);
  }
  return undefined;
}

/** Another process of this host may be at younger ones. In a folder that all share, the daemon does it. */
async function removeLeftovers(
  settings: Settings,
  { clock, logger }: Pick<WorkerOptions, 'clock' | 'logger'>,
): Promise<void> {
  const { modelsDir } = trainingFolders(settings);
  const changedBefore = clock.wallMs() - settings.trainJobTimeoutSec * 1000;
  await removeUnfinished({ modelsDir, logger, changedBefore });
}

function holdFolder({ dataDir }: Settings, clock: Clock, stack: DisposalStack): void {
  const lock = stack.use('data folder', new DataDirLock(dataDir));
  lock.acquire({
    pid: process.pid,
    host: hostname(),
    startedAt: new Date(clock.wallMs()).toISOString(),
    program: 'npm run worker',
  });
}

/** The pause file of this host pauses this worker alone. */
function pauseOf(
  { pauseFile: file }: Settings,
  tools: { readonly clock: Clock; readonly logger: Logger },
): () => Promise<boolean> {
  const pause = new PauseFile({ file, subject: 'Training', ...tools });
  return () => pause.check();
}
