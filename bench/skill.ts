import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelRecord } from '../src/domain/model-record.js';
import type { TrainingOptions } from '../src/training/options/training-options.js';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { loadMarkets, type Markets } from './markets.js';
import { PLAIN_BARS, BASE_MODEL_BARS, skillFigures } from './skill-figures.js';
import { openTrainingSite } from './training-site.js';

const PAIRS = 24;

/** S6 and S7: skill and calibration of models on candles that they were not fitted on. */
export const skill: Benchmark = {
  name: 'skill',
  bar: 'S6, S7',
  title: 'skill and calibration on the test parts: plain models, and prior with residual',
  async run() {
    const markets = loadMarkets(PAIRS);
    const plain = await train(markets, 'off');
    const residuals = await train(markets, 'on');
    return toResult(markets, { plain, residuals });
  },
};

/** Trains all pairs in one session, as the daemon does. */
async function train(
  markets: Markets,
  pooling: TrainingOptions['pooling'],
): Promise<readonly ModelRecord[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-skill-'));
  const site = await openTrainingSite(markets, { folder, changes: { pooling } });
  try {
    await site.trainAll('manual');
    return await site.records();
  } finally {
    await site.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Trained {
  readonly plain: readonly ModelRecord[];
  readonly residuals: readonly ModelRecord[];
}

function toResult(markets: Markets, { plain, residuals }: Trained): BenchmarkResult {
  return {
    figures: [
      ...skillFigures('plain', plain, PLAIN_BARS),
      ...skillFigures('prior + residual', residuals, BASE_MODEL_BARS),
    ],
    notes: [
      `${markets.source}; six months, horizon 4, 70/15/15, default settings, features selected cold`,
      `residuals: ${residuals.filter(({ parentUid }) => parentUid !== undefined).length} of ${residuals.length}`,
      ...plain.map((record, at) => `${record.symbol}: ${words(record)} | ${words(residuals[at])}`),
    ],
  };
}

function words(record: ModelRecord | undefined): string {
  const score = record?.testScore;
  if (score === undefined) return `no score (${record?.errorMessage ?? ''})`;
  const { skill: total, directionSkill, directionalAuc, calibrationError } = score;
  const parts = [total.estimate.toFixed(4), directionSkill.estimate.toFixed(4)];
  return [...parts, directionalAuc.toFixed(3), calibrationError.toFixed(3)].join(' ');
}
