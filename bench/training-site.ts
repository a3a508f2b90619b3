import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelRecord } from '../src/domain/model-record.js';
import type { ModelKey } from '../src/domain/model-key.js';
import type { BaseModel } from '../src/domain/base-model.js';
import type { SessionKind } from '../src/domain/training-job.js';
import { SystemClock } from '../src/lib/clock.js';
import type { DatabaseLocation } from '../src/storage/connection/location.js';
import { openDatabase } from '../src/storage/database/database.js';
import { openStores, type Stores } from '../src/storage/stores.js';
import { checkPython } from '../src/training/trainer-process/check-python.js';
import type { TrainingOptions } from '../src/training/options/training-options.js';
import { RemoteQueue, type QueueFacts } from '../src/training/remote/remote-queue.js';
import type { RedisPlace } from '../src/training/remote/redis-place.js';
import { TrainingService } from '../src/training/training-service.js';
import { createTrainer, PYTHON, TRAINER_DIR } from '../test/trainer/real-trainer.js';
import { defaultTrainingOptions } from './fit-pipeline.js';
import type { Markets } from './markets.js';

const VENUE = 'bench';
const HOUR_MS = 3_600_000;
const POLL_MS = 100;
const JOB_TIMEOUT_MS = 60 * 60_000;
const LIMIT_MS = 60 * 60_000;

/** A database of candles and the daemon's training on it, at a venue whose time stands still. */
export interface TrainingSite {
  readonly folder: string;
  readonly stores: Stores;
  readonly options: TrainingOptions;
  readonly keys: readonly ModelKey[];
  readonly service: Pick<TrainingService, 'sessions' | 'queue'>;
  /** @returns seconds from the request to the last verdict */
  trainAll(kind: SessionKind): Promise<number>;
  /** Stores the next bars of the recording, which were held back. */
  moveOn(bars: number): Promise<void>;
  /** The newest record of each pair, in the order of the pairs. */
  records(): Promise<readonly ModelRecord[]>;
  /** Base models, newest first. */
  baseModels(): Promise<readonly BaseModel[]>;
  close(): Promise<void>;
}

export interface TrainingSiteOptions {
  readonly folder: string;
  /** Newest bars of the recording that are not stored at first. */
  readonly heldBackBars?: number;
  readonly changes?: Partial<TrainingOptions>;
  /** Default: SQLite in the folder. */
  readonly location?: DatabaseLocation;
  /** Where its jobs are left to workers, instead of trained in this process. */
  readonly remote?: { readonly place: RedisPlace; readonly version: string };
  /** Which kind of model is trained. */
  readonly bot?: string;
}

export async function openTrainingSite(
  { pairs }: Pick<Markets, 'pairs'>,
  site: TrainingSiteOptions,
): Promise<TrainingSite> {
  const { folder, heldBackBars = 0, changes = {}, location: given, remote } = site;
  const { bot = 'catboost' } = site;
  const endMs = (pairs[0]?.candles.at(-1)?.openTime ?? 0) + HOUR_MS;
  const clock = new StandingClock(endMs - heldBackBars * HOUR_MS);
  const location = given ?? sqliteIn(folder);
  const database = await openDatabase(location, { clock, logger: SILENT_LOGGER });
  const stores = openStores(database, clock);
  const series = await store(stores, { pairs }, [-Infinity, clock.marketMs()]);
  const keys: readonly ModelKey[] = series.map((key) => ({ ...key, timeframe: '1h', bot }));
  const symbols = keys.map(({ symbol }) => symbol);
  const options = {
    ...defaultTrainingOptions({ venue: VENUE, symbols, folder }),
    bots: [bot],
    ...changes,
  };
  const parts = { stores, clock, logger: SILENT_LOGGER, runUid: 'bench', options };
  const createRemote =
    remote && ((facts: QueueFacts) => new RemoteQueue({ ...parts, ...remote, speed: 1 }, facts));
  const service = new TrainingService({
    ...{ ...parts, location, createRemote, python: PYTHON },
    checkPython: () => checkPython(PYTHON, TRAINER_DIR),
    createTrainer: () => createTrainer({ jobTimeoutMs: JOB_TIMEOUT_MS }),
  });
  await service.start();
  return {
    ...{ folder, stores, options, keys, service },
    baseModels: () =>
      stores.baseModels.list({ venue: VENUE, timeframe: '1h', bot }, { status: 'ready', limit: 9 }),
    trainAll: async (kind) => {
      const startedAt = performance.now();
      await service.sessions.request({ keys, kind });
      await untilIdle(stores);
      return (performance.now() - startedAt) / 1000;
    },
    moveOn: async (bars) => {
      const fromMs = clock.marketMs();
      clock.moveOn(bars * HOUR_MS);
      await store(stores, { pairs }, [fromMs, clock.marketMs()]);
    },
    records: async () => {
      const records = await Promise.all(keys.map((key) => stores.models.latest(key)));
      return records.filter((record) => record !== undefined);
    },
    close: async () => {
      await service.stop();
      await database.close();
    },
  };
}

function sqliteIn(folder: string): DatabaseLocation {
  return { engine: 'sqlite', file: path.join(folder, 'bench.sqlite') };
}

/** The wall clock, with a market time that moves only by `moveOn`. */
class StandingClock extends SystemClock {
  #marketMs: number;

  constructor(marketMs: number) {
    super();
    this.#marketMs = marketMs;
  }

  override marketMs(): number {
    return this.#marketMs;
  }

  moveOn(durationMs: number): void {
    this.#marketMs += durationMs;
  }
}

/** Stores the candles that open in a span. */
async function store(
  stores: Stores,
  { pairs }: Pick<Markets, 'pairs'>,
  [fromMs, toMs]: readonly [number, number],
): Promise<readonly Pick<ModelKey, 'venue' | 'symbol'>[]> {
  const keys: Pick<ModelKey, 'venue' | 'symbol'>[] = [];
  for (const { symbol, candles } of pairs) {
    const marketId = symbol.replace('/', '');
    const series = await stores.series.ensure({ venue: VENUE, symbol, marketId, timeframe: '1h' });
    const wanted = candles.filter(({ openTime }) => openTime >= fromMs && openTime < toMs);
    for (let at = 0; at < wanted.length; at += 1000) {
      await stores.candles.upsert(series.id, wanted.slice(at, at + 1000), 'rest');
    }
    keys.push({ venue: VENUE, symbol });
  }
  return keys;
}

async function untilIdle(stores: Stores): Promise<void> {
  const startedAt = performance.now();
  const page = { limit: 1, offset: 0 };
  while (performance.now() - startedAt < LIMIT_MS) {
    const pending = await stores.jobs.list({ venue: VENUE, status: 'pending' }, page);
    const running = await stores.jobs.list({ venue: VENUE, status: 'running' }, page);
    const failed = await stores.jobs.list({ venue: VENUE, status: 'failed' }, page);
    const [failure] = failed.rows;
    if (failure !== undefined) throw new Error(`${failure.symbol}: ${failure.errorMessage ?? ''}`);
    if (pending.total + running.total === 0) return;
    await sleep(POLL_MS);
  }
  throw new Error(`Training took longer than ${LIMIT_MS / 60_000} minutes`);
}
