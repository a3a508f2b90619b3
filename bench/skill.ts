import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelRecord, TestScore } from '../src/domain/model-record.js';
import type { TrainingOptions } from '../src/training/training-options.js';
import type { Bar, Benchmark, BenchmarkResult, Figure } from './harness/benchmark.js';
import { mean, shareOf } from './harness/statistics.js';
import { loadMarkets, type Markets } from './markets.js';
import { openTrainingSite } from './training-site.js';

const PAIRS = 24;

/** S6 and S7: what models know about candles they never saw, and whether they say how sure they are. */
export const skill: Benchmark = {
  name: 'skill',
  bar: 'S6, S7',
  title: 'skill and calibration on the test parts: plain models beside prior and residual',
  async run() {
    const markets = loadMarkets(PAIRS);
    const plain = await train(markets, 'off');
    const pooled = await train(markets, 'on');
    return toResult(markets, { plain, pooled });
  },
};

/** One session of all pairs, as the daemon trains them. */
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
  readonly pooled: readonly ModelRecord[];
}

interface Bars {
  readonly totalShare: number;
  readonly total: number;
  readonly direction: number;
  readonly directionShare: number;
  readonly auc: number;
}

const PLAIN_BARS: Bars = {
  ...{ totalShare: 0.9, total: 0.0108 },
  ...{ direction: 0.0018, directionShare: 0.6, auc: 0.543 },
};
const POOLED_BARS: Bars = {
  ...{ totalShare: 0.95, total: 0.0122 },
  ...{ direction: 0.0033, directionShare: 0.8, auc: 0.545 },
};
const MOST_CALIBRATION_ERROR = 0.05;

function toResult(markets: Markets, { plain, pooled }: Trained): BenchmarkResult {
  return {
    figures: [
      ...toFigures('plain', scoresOf(plain), PLAIN_BARS),
      ...toFigures('prior + residual', scoresOf(pooled), POOLED_BARS),
    ],
    notes: [
      `${markets.source}; six months, horizon 4, 70/15/15, default settings, features selected cold`,
      `residuals: ${pooled.filter(({ parentUid }) => parentUid !== undefined).length} of ${pooled.length}`,
      ...plain.map((record, at) => `${record.symbol}: ${words(record)} | ${words(pooled[at])}`),
    ],
  };
}

function scoresOf(records: readonly ModelRecord[]): readonly TestScore[] {
  return records.flatMap(({ testScore }) => testScore ?? []);
}

function toFigures(kind: string, scores: readonly TestScore[], bars: Bars): readonly Figure[] {
  const isPositive = (value: number): boolean => value > 0;
  const total = scores.map(({ skill }) => skill.estimate);
  const direction = scores.map(({ directionSkill }) => directionSkill.estimate);
  const calibration = scores.map(({ calibrationError }) => calibrationError);
  const auc = scores.map(({ directionalAuc }) => directionalAuc);
  const figure = (name: string, value: number, more: { unit?: string; bar?: Bar }): Figure => ({
    ...{ name: `${kind}: ${name}`, value, unit: '' },
    ...more,
  });
  return [
    figure('models', scores.length, {}),
    figure('total skill > 0', shareOf(total, isPositive), { bar: { atLeast: bars.totalShare } }),
    figure('mean total skill', mean(total), { unit: 'nat', bar: { atLeast: bars.total } }),
    figure('mean direction skill', mean(direction), {
      ...{ unit: 'nat', bar: { atLeast: bars.direction } },
    }),
    figure('direction skill > 0', shareOf(direction, isPositive), {
      bar: { atLeast: bars.directionShare },
    }),
    figure('mean directional AUC', mean(auc), { bar: { atLeast: bars.auc } }),
    figure('mean calibration error (S7)', mean(calibration), {
      bar: { atMost: MOST_CALIBRATION_ERROR },
    }),
    figure('largest calibration error', Math.max(...calibration), {}),
  ];
}

function words(record: ModelRecord | undefined): string {
  const score = record?.testScore;
  if (score === undefined) return `no score (${record?.errorMessage ?? ''})`;
  const { skill: total, directionSkill, directionalAuc, calibrationError } = score;
  const parts = [total.estimate.toFixed(4), directionSkill.estimate.toFixed(4)];
  return [...parts, directionalAuc.toFixed(3), calibrationError.toFixed(3)].join(' ');
}
