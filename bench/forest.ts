import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { seededRandom } from '../src/lib/seeded-random.js';
import { writeFeatureFile } from '../src/training/dataset/feature-file.js';
import { FOREST_PARAMS } from '../src/training/options/bot-params.js';
import {
  buildGlobalDataset,
  type GlobalItem,
} from '../src/training/global-model/build-global-dataset.js';
import type { TrainerProcess } from '../src/training/trainer-process/trainer-process.js';
import { createTrainer } from '../test/trainer/real-trainer.js';
import type { Benchmark } from './harness/benchmark.js';

const DAY_MS = 86_400_000;
const ITEMS = 2_500;
/** The first 6 rows have too short a history, the last 7 no outcome yet. */
const ROWS_AN_ITEM = 98;
const DAYS = ROWS_AN_ITEM + 6 + 7;
const ROWS = ITEMS * ROWS_AN_ITEM;
const COLUMNS = 22;
/** The defaults of the settings. */
const [TRAIN_MEMORY_MB, MAX_MODEL_MB] = [400, 20];
const BYTES_A_MB = 1_000_000;

/** P4: one forest for all items, from their prices to a model that can serve. */
export const forest: Benchmark = {
  name: 'forest',
  bar: 'P4',
  title: 'random_forest over 2,500 items, 245,000 rows of 22 features',
  async run() {
    const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-forest-'));
    const trainer = createTrainer({
      ...{
        memoryLimitMb: TRAIN_MEMORY_MB,
        jobTimeoutMs: 600_000,
        recycleAfterJobs: 5,
        recycleAboveMb: TRAIN_MEMORY_MB,
      },
    });
    try {
      return await measure(folder, trainer);
    } finally {
      await trainer.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, trainer: TrainerProcess) {
  const items = generateItems();
  const startedAt = performance.now();
  const startedCpu = process.cpuUsage();
  const dataset = buildGlobalDataset({
    ...{ items, timeframe: '1d', fromOpenTime: 0, embargoMs: 7 * DAY_MS, minSamples: 400 },
    thresholds: { sell: -0.002, buy: 0.002 },
  });
  const featuresMs = performance.now() - startedAt;
  const featuresCpuMs = process.cpuUsage(startedCpu).user / 1000;
  if (dataset.status !== 'built') throw new Error(dataset.reason);
  const { summary, table } = dataset;
  if (table.rows !== ROWS || table.names.length !== COLUMNS) {
    throw new Error(`${table.rows} rows of ${table.names.length} features`);
  }
  const featuresFile = path.join(folder, 'items.evkf');
  await writeFeatureFile(featuresFile, table);
  const trained = await trainer.run({
    ...{ uid: 'forest', bot: 'random_forest', featuresFile, seed: 42, split: summary.split },
    outputDir: path.join(folder, 'model'),
    params: { ...FOREST_PARAMS, maxModelMb: MAX_MODEL_MB },
    ...{ selection: { method: 'none' }, classWeights: undefined, describe: {} },
  });
  if (trained.status === 'failed') throw new Error(trained.message);
  const { durations_ms: took } = trained.manifest;
  const model = await stat(path.join(trained.outputDir, 'model.onnx'));
  return {
    figures: [
      { name: 'features', value: featuresMs / 1000, unit: 's', bar: { atMost: 5 } },
      { name: 'processor time of the features', value: featuresCpuMs / 1000, unit: 's' },
      {
        name: `fit on all ${ROWS} rows`,
        value: (took['refit'] ?? NaN) / 1000,
        unit: 's',
        bar: { atMost: 10 },
      },
      { name: 'fit on the rows before the cut', value: (took['fit'] ?? NaN) / 1000, unit: 's' },
      { name: 'model', value: model.size / BYTES_A_MB, unit: 'MB', bar: { atMost: 10 } },
      { name: 'whole job in the trainer', value: trained.durationMs / 1000, unit: 's' },
      { name: 'peak memory of the trainer', value: trained.peakRssMb, unit: 'MB' },
    ],
    notes: [`${ITEMS} generated items of ${DAYS} days, six attributes; two threads grow the trees`],
  };
}

function generateItems(): GlobalItem[] {
  const random = seededRandom('c0ffee00'.repeat(4));
  return Array.from({ length: ITEMS }, (_, number) => {
    const drift = 0.004 * ((number % 4) - 1.5);
    let price = 5 + 500 * random() ** 3;
    const prices = Array.from({ length: DAYS }, () => {
      price *= Math.exp(drift + 0.04 * (random() - 0.5));
      return price;
    });
    const openTimes = prices.map((_price, day) => 1.7e12 + day * DAY_MS);
    const attributes = {
      type: `type ${number % 4}`,
      variant: `variant ${number % 30}`,
      condition: `condition ${number % 5}`,
      origin: number % 2 === 0 ? 'east' : 'west',
      rarity: String(1 + (number % 7)),
      edition: String(2000 + (number % 20)),
    };
    return { attributes, sequence: { openTimes, prices } };
  });
}
