/** Runs as a process of its own, compiled: trains until it is killed. Arguments: one JSON text. */
import { SystemClock } from '../../src/lib/clock.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { openDatabase } from '../../src/storage/database/database.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { openStores } from '../../src/storage/stores.js';
import type { RedisPlace } from '../../src/training/remote/redis-place.js';
import { RemoteQueue } from '../../src/training/remote/remote-queue.js';
import { failed } from '../../src/training/trainer-process/trainer-outcome.js';
import { TrainerProcess } from '../../src/training/trainer-process/trainer-process.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import { TrainingService } from '../../src/training/training-service.js';
import { VERSION } from './worker-rig.js';

export interface DoomedOrder {
  readonly location: DatabaseLocation;
  readonly options: TrainingOptions;
  readonly marketMs: number;
  readonly runUid?: string;
  /** Of the trainer; undefined for one that fails each job at once. */
  readonly command: readonly string[] | undefined;
  readonly cwd: string;
  /** Where it leaves its jobs to workers. */
  readonly place?: RedisPlace;
}

/** What it prints as soon as a job has come to a stage. */
export interface DoomedProgress {
  readonly stage: string;
  readonly trainerPid: number | undefined;
}

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (message: string, fields?: unknown) => console.error(message, fields),
  child: () => silent,
};

// The test that starts this process writes the argument.
const order = JSON.parse(process.argv[2] ?? '') as DoomedOrder;
const clock = new ManualClock(order.marketMs);
const database = await openDatabase(order.location, { clock, logger: silent });
const trainer =
  order.command === undefined
    ? {
        processId: undefined,
        run: () => Promise.resolve(failed('internal', 'as the test wants')),
        stop: () => Promise.resolve(),
      }
    : new TrainerProcess({
        ...{ command: order.command, cwd: order.cwd, memoryLimitMb: 400, jobTimeoutMs: 120_000 },
        ...{ recycleAfterJobs: 50, recycleAboveMb: 340, clock: new SystemClock() },
        ...{ logger: silent, pollIntervalMs: 50 },
      });
const stores = openStores(database, clock);
const { options, place, runUid = 'doomed' } = order;
const remote = { stores, clock, logger: silent, options, runUid, version: VERSION, speed: 1 };
const service = new TrainingService({
  ...{ stores, location: order.location, clock, logger: silent },
  ...{ options, runUid, python: order.command?.[0] ?? 'none' },
  ...(place && { createRemote: (facts) => new RemoteQueue({ ...remote, place }, facts) }),
  createTrainer: () => trainer,
  checkPython: () => Promise.resolve({ status: 'ok', versions: {} }),
  events: {
    onProgress: (_, { stage }) =>
      console.log(JSON.stringify({ stage, trainerPid: trainer.processId })),
  },
});
await service.start();
await service.planDue();
// Keeps the process alive while nothing runs. Time passes as outside: a lane that waits for another's base model
// looks again after a second.
setInterval(() => void clock.advance(100), 100);
