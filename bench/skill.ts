import type { TestScore } from '../src/domain/model-record.js';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { mean, shareOf } from './harness/statistics.js';
import { FitRoad } from './fit-road.js';
import { loadMarkets } from './markets.js';

const PAIRS = 24;

/** S6 and S7: what models know about candles they never saw, and whether they say how sure they are. */
export const skill: Benchmark = {
  name: 'skill',
  bar: 'S6, S7',
  title: 'skill and calibration of plain models on their test parts',
  async run() {
    const markets = loadMarkets(PAIRS);
    const road = await FitRoad.open();
    const scores: { symbol: string; score: TestScore; trees: number }[] = [];
    try {
      for (const pair of markets.pairs) {
        const fitted = await road.fit({ pair, reference: markets.pairs[0] });
        const { symbol, judgement, trained } = fitted;
        scores.push({ symbol, score: judgement.score, trees: trained.manifest.tree_count });
        await road.discard(fitted);
      }
    } finally {
      await road.close();
    }
    return toResult(scores, markets.source);
  },
};

function toResult(
  models: readonly { symbol: string; score: TestScore; trees: number }[],
  source: string,
): BenchmarkResult {
  const scores = models.map(({ score }) => score);
  const total = scores.map(({ skill }) => skill.estimate);
  const direction = scores.map(({ directionSkill }) => directionSkill.estimate);
  const calibration = scores.map(({ calibrationError }) => calibrationError);
  const isPositive = (value: number): boolean => value > 0;
  return {
    figures: [
      {
        name: 'models with total skill > 0',
        value: shareOf(total, isPositive),
        unit: '',
        bar: { atLeast: 0.9 },
      },
      { name: 'mean total skill', value: mean(total), unit: 'nat', bar: { atLeast: 0.0108 } },
      {
        name: 'mean direction skill',
        value: mean(direction),
        unit: 'nat',
        bar: { atLeast: 0.0018 },
      },
      {
        name: 'models with direction skill > 0',
        value: shareOf(direction, isPositive),
        unit: '',
        bar: { atLeast: 0.6 },
      },
      {
        name: 'mean directional AUC',
        value: mean(scores.map((score) => score.directionalAuc)),
        unit: '',
        bar: { atLeast: 0.543 },
      },
      {
        name: 'mean calibration error (S7)',
        value: mean(calibration),
        unit: '',
        bar: { atMost: 0.05 },
      },
      { name: 'largest calibration error', value: Math.max(...calibration), unit: '' },
      { name: 'mean trees', value: mean(models.map(({ trees }) => trees)), unit: '' },
    ],
    notes: [
      `${source}; six months, horizon 4, 70/15/15, default settings, features selected cold`,
      ...models.map(
        ({ symbol, score, trees }) =>
          `${symbol}: skill ${score.skill.estimate.toFixed(4)}, direction ${score.directionSkill.estimate.toFixed(4)}, AUC ${score.directionalAuc.toFixed(3)}, calibration error ${score.calibrationError.toFixed(3)}, ${trees} trees`,
      ),
    ],
  };
}
