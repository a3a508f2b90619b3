import { existsSync } from 'node:fs';
import { PRIORITIES } from '../../src/domain/training-job.js';
import { SystemClock } from '../../src/lib/clock.js';
import { SILENT_LOGGER as logger } from '../../src/lib/silent-logger.js';
import type { MysqlLocation } from '../../src/storage/connection/location.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { openStores } from '../../src/storage/stores.js';
import type { RedisPlace } from '../../src/training/remote/redis-place.js';
import { WorkerHost } from '../../src/training/remote/worker-host.js';
import { failed } from '../../src/training/trainer-process/trainer-outcome.js';
import { VERSION } from './worker-rig.js';

/** What a worker that a test kills or stops is told. */
export interface WorkerOrder {
  readonly location: MysqlLocation;
  readonly place: RedisPlace;
  readonly folders: { readonly modelsDir: string; readonly workDir: string };
  /** Its trainer fails each job once this file is there; at once where none is named. */
  readonly goFile?: string;
}

const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder;
const { location, place, folders, goFile } = order;
const clock = new SystemClock();
const stores = openStores(await openDatabase(location, { clock, logger }), clock);
const LOOK_MS = 20;

await new WorkerHost({
  ...{ stores, location, clock, logger, place, folders, version: VERSION },
  venue: undefined,
  workerEnvironment: {},
  concurrency: 1,
  queues: PRIORITIES,
  trainers: () => ({ count: 1, memoryLimitMb: 1_000 }),
  createTrainer: () => ({
    run: async () => {
      process.stdout.write('begun\n');
      // The signal is left alone: this worker does not hear that it lost its claim.
      while (goFile !== undefined && !existsSync(goFile)) await clock.sleep(LOOK_MS);
      return failed('internal', 'as the test wants');
    },
    stop: () => Promise.resolve(),
  }),
  python: 'none',
  checkPython: () => Promise.resolve({ status: 'ok', versions: {} }),
  isPaused: () => Promise.resolve(false),
  onJob: (_, outcome) => process.stdout.write(`ended ${outcome}\n`),
  onReady: ({ uid }) => process.stdout.write(`worker ${uid}\n`),
}).run(new AbortController().signal);
