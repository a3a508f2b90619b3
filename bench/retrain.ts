import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelRecord } from '../src/domain/model-record.js';
import type { ModelKey } from '../src/domain/model-key.js';
import { SystemClock } from '../src/lib/system-clock.js';
import { openDatabase } from '../src/storage/database.js';
import { openStores, type Stores } from '../src/storage/stores.js';
import { checkPython } from '../src/training/trainer-process/check-python.js';
import { toJobLine } from '../src/training/trainer-process/trainer-job.js';
import { TrainingService } from '../src/training/training-service.js';
import {
  createTrainer,
  PROJECT_DIR,
  PYTHON,
  SILENT,
  TRAINER_DIR,
} from '../test/trainer/real-trainer.js';
import { DEFAULT_PARAMS, defaultTrainingOptions, FitRoad, prepare } from './fit-road.js';
import type { Benchmark } from './harness/benchmark.js';
import { loadMarkets, type Markets } from './markets.js';

const PAIRS = 20;
const BAR_PAIRS = 100;
const VENUE = 'bench';
const HOUR_MS = 3_600_000;
const POLL_MS = 100;
const LIMIT_MS = 60 * 60_000;

/** P1: training jobs from the queue to the verdict, against CatBoost's own fits of the same matrices. */
export const retrain: Benchmark = {
  name: 'retrain',
  bar: 'P1',
  title: 'full retrain of 20 symbols × 6 months, end to end',
  async run() {
    const markets = loadMarkets(PAIRS);
    const road = await FitRoad.open();
    try {
      const site = await openSite(markets, road.folder);
      const cold = await site.trainAll();
      const reused = await site.trainAll();
      const records = await site.records();
      await site.close();
      const bare = await fitBare(markets, records, road.folder);
      const hundred = BAR_PAIRS / PAIRS;
      return {
        figures: [
          { name: 'selection reused, 20 symbols', value: reused, unit: 's', baseline: bare },
          {
            name: 'the same against the bare fits and refits',
            value: reused / bare,
            unit: '×',
            bar: { atMost: 1.25 },
          },
          {
            name: 'selection reused, for 100 symbols',
            value: hundred * reused,
            unit: 's',
            bar: { atMost: 150 },
          },
          {
            name: 'selection cold, for 100 symbols',
            value: hundred * cold,
            unit: 's',
            bar: { atMost: 360 },
          },
        ],
        notes: [
          `${markets.source}; SQLite, one trainer process, as the daemon trains; 100 symbols by 5 × 20`,
          'the baseline runs in one process after the jobs, with the features that they chose',
        ],
      };
    } finally {
      await road.close();
    }
  },
};

interface Site {
  /** Seconds from the request to the last verdict. */
  trainAll(): Promise<number>;
  /** The newest record of each pair, in the order of the pairs. */
  records(): Promise<readonly ModelRecord[]>;
  close(): Promise<void>;
}

async function openSite({ pairs }: Markets, folder: string): Promise<Site> {
  const clock = marketAt((pairs[0]?.candles.at(-1)?.openTime ?? 0) + HOUR_MS);
  const location = { engine: 'sqlite', file: path.join(folder, 'bench.sqlite') } as const;
  const database = await openDatabase(location, { clock, logger: SILENT });
  const stores = openStores(database, clock);
  const keys = await store(stores, { pairs });
  const symbols = keys.map(({ symbol }) => symbol);
  const service = new TrainingService({
    ...{ stores, location, clock, logger: SILENT, runUid: 'bench', python: PYTHON },
    options: defaultTrainingOptions({ venue: VENUE, symbols, folder }),
    checkPython: () => checkPython(PYTHON, TRAINER_DIR),
    createTrainer: () => createTrainer(),
  });
  await service.start();
  return {
    trainAll: async () => {
      const startedAt = performance.now();
      await service.sessions.request({ keys, kind: 'manual' });
      await untilIdle(stores);
      return (performance.now() - startedAt) / 1000;
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

/** The wall's clock at a venue whose time stands still at the end of the recording. */
function marketAt(marketMs: number): SystemClock {
  return new (class extends SystemClock {
    override marketMs(): number {
      return marketMs;
    }
  })();
}

async function store(
  stores: Stores,
  { pairs }: Pick<Markets, 'pairs'>,
): Promise<readonly ModelKey[]> {
  const keys: ModelKey[] = [];
  for (const { symbol, candles } of pairs) {
    const marketId = symbol.replace('/', '');
    const series = await stores.series.ensure({ venue: VENUE, symbol, marketId, timeframe: '1h' });
    for (let at = 0; at < candles.length; at += 1000) {
      await stores.candles.upsert(series.id, candles.slice(at, at + 1000), 'rest');
    }
    keys.push({ venue: VENUE, symbol, timeframe: '1h', bot: 'catboost' });
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

/** Seconds that CatBoost's fits and refits take by themselves. */
async function fitBare(
  { pairs }: Markets,
  records: readonly ModelRecord[],
  folder: string,
): Promise<number> {
  const work: unknown[] = [];
  for (const [at, pair] of pairs.entries()) {
    const featuresFile = path.join(folder, `bare-${at}.evkf`);
    const { summary } = await prepare({ pair, reference: pairs[0] }, featuresFile);
    const features = records.find(({ symbol }) => symbol === pair.symbol)?.features ?? [];
    const selection = { method: 'reuse', features } as const;
    const line = toJobLine({
      ...{ uid: 'bare', bot: 'catboost', featuresFile, outputDir: folder, seed: 42 },
      ...{ split: summary.split, params: DEFAULT_PARAMS, selection },
      ...{ classWeights: undefined, describe: {} },
    });
    const { split, params, seed } = JSON.parse(line) as Record<string, unknown>;
    work.push({ file: featuresFile, features, split, params, seed });
  }
  const script = path.join(PROJECT_DIR, 'bench', 'bare_fits.py');
  const child = spawn(PYTHON, [script], {
    cwd: TRAINER_DIR,
    env: { PATH: process.env['PATH'] ?? '', PYTHONPATH: TRAINER_DIR },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(`${JSON.stringify(work)}\n`);
  const [output, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`The bare fits ended with ${String(code)}`);
  await Promise.all(pairs.map((_, at) => rm(path.join(folder, `bare-${at}.evkf`))));
  const { fit, refit } = JSON.parse(output) as { fit: number; refit: number };
  return fit + refit;
}
