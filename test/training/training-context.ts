import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Candle } from '../../src/domain/candle.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { TrainingJob } from '../../src/domain/training-job.js';
import { CATALOGUE } from '../../src/features/catalogue.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { SystemClock } from '../../src/lib/clock.js';
import { openDatabase } from '../../src/storage/database/database.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { DEFAULT_CATBOOST_PARAMS } from '../../src/training/options/bot-params.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import {
  TrainingService,
  type TrainingServiceDependencies,
} from '../../src/training/training-service.js';
import type { Trainer } from '../../src/training/trainer-process/trainer-pool.js';
import type { TrainerProcess } from '../../src/training/trainer-process/trainer-process.js';
import { checkRealPython, createTrainer, PYTHON } from '../trainer/real-trainer.js';
import type { TestEngine } from '../database.js';
import { atFileEnd } from '../file-end.js';
import { recordingLogger, type LogLine } from './recording-logger.js';

export const VENUE = 'test';
export const KEY: ModelKey = { venue: VENUE, symbol: 'BTC/USDT', timeframe: '1h', bot: 'catboost' };

/** A whole hour; the newest closed bar opens one hour earlier. */
export const START_MS = Date.UTC(2024, 5, 3);
export const LAST_OPEN_TIME = START_MS - 3_600_000;
export const HOUR_MS = 3_600_000;

/** Enough to see momentum, few enough to be quick. */
const FEW_FEATURES = CATALOGUE.map(({ name }) => name).filter((name) =>
  /^(log_return|scaled_return|range_position)_/.test(name),
);

export interface TrainingContext {
  readonly stores: Stores;
  readonly location: DatabaseLocation;
  readonly clock: ManualClock;
  readonly options: TrainingOptions;
  readonly log: LogLine[];
  readonly folder: string;
  /** Services made here are stopped by `close`. */
  service(changes?: Partial<TrainingServiceDependencies>): TrainingService;
  store(candles: readonly Candle[], symbol?: string): Promise<number>;
  /** Resolves when the key's newest job has ended. */
  untilEnded(key?: ModelKey): Promise<TrainingJob>;
  close(): Promise<void>;
}

let warmTrainer: TrainerProcess | undefined;

/** Shared by the tests of a file: Python takes a second to start. */
function getWarmTrainer(): TrainerProcess {
  if (warmTrainer !== undefined) return warmTrainer;
  const created = createTrainer();
  atFileEnd(async () => {
    warmTrainer = undefined;
    await created.stop();
  });
  warmTrainer = created;
  return created;
}

/** A service with all it needs on a fresh database: of that engine, or SQLite in a folder of its own. */
export async function createTrainingContext(
  engine?: TestEngine,
  changes: Partial<TrainingOptions> = {},
): Promise<TrainingContext> {
  const clock = new ManualClock(START_MS);
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-training-'));
  const { stores, location, release } = await openStorage(engine, { clock, folder });
  const options = { ...quickOptions(folder), ...changes };
  const log: LogLine[] = [];
  const services: TrainingService[] = [];
  const base = {
    ...{ stores, clock, options, runUid: 'run-1', location, lanes: 1 },
    logger: recordingLogger(log),
    python: PYTHON,
    checkPython: checkRealPython,
    createTrainer: () => ({
      run: (...asked: Parameters<Trainer['run']>) => getWarmTrainer().run(...asked),
      stop: () => Promise.resolve(),
    }),
  };
  return {
    ...{ stores, clock, options, log, folder, location },
    service: (own = {}) => {
      const service = new TrainingService({ ...base, ...own });
      services.push(service);
      return service;
    },
    store: (candles, symbol = KEY.symbol) => storeCandles(stores, candles, symbol),
    untilEnded: (key = KEY) => untilEnded(stores, key),
    close: async () => {
      await Promise.all(services.map((service) => service.stop()));
      await release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openStorage(
  engine: TestEngine | undefined,
  { clock, folder }: { readonly clock: ManualClock; readonly folder: string },
): Promise<{ stores: Stores; location: DatabaseLocation; release: () => Promise<void> }> {
  if (engine !== undefined) {
    const { stores } = await engine.open({ clock });
    return { stores, location: engine.location(), release: () => Promise.resolve() };
  }
  const location = { engine: 'sqlite', file: path.join(folder, 'test.db') } as const;
  const database = await openDatabase(location, { clock, logger: recordingLogger([]) });
  return { stores: openStores(database, clock), location, release: () => database.close() };
}

function quickOptions(folder: string): TrainingOptions {
  return {
    venue: VENUE,
    symbols: [KEY.symbol],
    primarySymbol: KEY.symbol,
    referenceSymbol: undefined,
    timeframes: ['1h'],
    bots: ['catboost'],
    historyDays: 40,
    trainMonthsBack: 6,
    labelHorizonBars: 4,
    embargoBars: 'auto',
    trainSplit: [70, 15, 15],
    minInitialTrainSamples: 400,
    minRfeSamples: 150,
    maxBaselineFeatures: 120,
    candidateFeatures: FEW_FEATURES,
    classWeights: 'auto',
    promotionGate: 'baseline',
    championMinRows: 100,
    trainRetryCooldownSec: 600,
    rejectedRetryBars: 24,
    modelStaleHours: 24,
    modelMaxAgeHours: 168,
    modelVersionsKept: 2,
    maxModelMb: 20,
    maxLatencyMs: 50,
    feeRate: 0.001,
    catboost: { ...DEFAULT_CATBOOST_PARAMS, iterations: 60, learningRate: 0.1 },
    pooling: 'on',
    poolMinInstruments: 3,
    poolMaxRows: 100_000,
    batchSize: 25,
    trainSeed: 42,
    modelsDir: path.join(folder, 'models'),
    workDir: path.join(folder, 'work'),
  };
}

async function storeCandles(
  stores: Stores,
  candles: readonly Candle[],
  symbol: string,
): Promise<number> {
  const marketId = symbol.replace('/', '');
  const series = await stores.series.ensure({ venue: VENUE, symbol, marketId, timeframe: '1h' });
  await stores.candles.upsert(series.id, candles, 'rest');
  return series.id;
}

/** Tests have shorter limits of their own. */
const END_LIMIT_MS = 200_000;
const END_POLL_MS = 20;

async function untilEnded(stores: Stores, key: ModelKey): Promise<TrainingJob> {
  const clock = new SystemClock();
  const startedAt = clock.wallMs();
  while (clock.wallMs() - startedAt < END_LIMIT_MS) {
    const job = await stores.jobs.latest(key);
    const isOver = job !== undefined && !['pending', 'running'].includes(job.status);
    if (isOver) return job;
    await clock.sleep(END_POLL_MS);
  }
  throw new Error(`No job of ${key.symbol} ended within ${END_LIMIT_MS} ms`);
}
