import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { ModelRecord } from '../src/domain/model-record.js';
import { toJobLine } from '../src/training/trainer-process/trainer-job.js';
import { PROJECT_DIR, PYTHON, TRAINER_DIR } from '../test/trainer/real-trainer.js';
import { DEFAULT_PARAMS, FitRoad, prepare } from './fit-road.js';
import type { Benchmark } from './harness/benchmark.js';
import { loadMarkets, type Markets } from './markets.js';
import { openTrainingSite } from './training-site.js';

const PAIRS = 20;
const BAR_PAIRS = 100;

/** P1: training jobs from the queue to the verdict, against CatBoost's own fits of the same matrices. */
export const retrain: Benchmark = {
  name: 'retrain',
  bar: 'P1',
  title: 'full retrain of 20 symbols × 6 months, end to end',
  async run() {
    const markets = loadMarkets(PAIRS);
    const road = await FitRoad.open();
    try {
      const site = await openTrainingSite(markets, road.folder);
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
