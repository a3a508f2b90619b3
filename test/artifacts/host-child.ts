import { hostname } from 'node:os';
import path from 'node:path';
import type { S3Place } from '../../src/artifacts/s3-artifacts.js';
import { PRIORITIES } from '../../src/domain/training-job.js';
import { SystemClock } from '../../src/lib/clock.js';
import { SILENT_LOGGER as logger } from '../../src/lib/silent-logger.js';
import type { MysqlLocation } from '../../src/storage/connection/location.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { openStores } from '../../src/storage/stores.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import { PublishedModels } from '../../src/training/remote/published-models.js';
import type { RedisPlace } from '../../src/training/remote/redis-place.js';
import { WorkerHost } from '../../src/training/remote/worker-host.js';
import { VERSION } from '../training/worker-rig.js';
import { ReplayedTrainer } from './replayed-trainer.js';
import { hostOf } from './stored.js';

/** What a host of its own, which a test kills, is told. */
export interface HostOrder {
  readonly role: 'worker' | 'daemon';
  readonly location: MysqlLocation;
  readonly place: S3Place;
  readonly redis: RedisPlace;
  readonly options: TrainingOptions;
  /** What the trainer brings. */
  readonly recorded: string;
}

const order = JSON.parse(process.argv[2] ?? '') as HostOrder;
const { location, place, redis, options, recorded } = order;
const clock = new SystemClock();
const database = await openDatabase(location, { clock, logger });
const stores = openStores(database, clock);
const { modelsDir } = options;
const { stored } = hostOf(place, { stores, modelsDir });

if (order.role === 'daemon') {
  const published = new PublishedModels({ stores, artifacts: stored, clock, logger, options });
  for (const record of await published.list(false)) await published.take(record);
} else {
  await new WorkerHost({
    ...{ stores, stored, location, clock, logger, place: redis, version: VERSION },
    venue: undefined,
    workerEnvironment: {},
    folders: { modelsDir, workDir: path.join(path.dirname(modelsDir), 'child-work') },
    concurrency: 1,
    queues: PRIORITIES,
    trainers: () => ({ count: 1, memoryLimitMb: 1_000 }),
    createTrainer: () => new ReplayedTrainer(recorded),
    python: `none on ${hostname()}`,
    checkPython: () => Promise.resolve({ status: 'ok', versions: {} }),
    isPaused: () => Promise.resolve(false),
    onJob: () => undefined,
    onReady: () => undefined,
  }).run(new AbortController().signal);
}
process.exit();
