import { describe, expect, it } from 'vitest';
import { dailyClassifierScores, dailyRegressorScores } from './daily-scores.js';
import { scoreClassifier } from './score-classifier.js';
import { scoreRegressor } from './score-regressor.js';

const SEED = '0123456789abcdef'.repeat(4);
const HOUR_MS = 3_600_000;
const ROWS = 60;
const openTimes = Float64Array.from({ length: ROWS }, (_, row) => Date.UTC(2024, 0, 1, 12 + row));
const labels = Int32Array.from({ length: ROWS }, (_, row) => (row * 7) % 3);
const prior = [0.3, 0.4, 0.3] as const;

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

describe('the scores of days', () => {
  it('of a classifier add up to what it scores on all rows', () => {
    const probabilities = Float64Array.from({ length: 3 * ROWS }, (_, at) => {
      const [sell, buy] = [0.2 + 0.003 * Math.floor(at / 3), 0.35];
      return [sell, 1 - sell - buy, buy][at % 3] ?? 0;
    });
    const predicted = { probabilities, labels, prior };
    const days = dailyClassifierScores(predicted, openTimes);
    const score = scoreClassifier(predicted, SEED);
    expect(days.map(({ day, rows }) => [day * 24 * HOUR_MS, rows])).toEqual([
      [Date.UTC(2024, 0, 1), 12],
      [Date.UTC(2024, 0, 2), 24],
      [Date.UTC(2024, 0, 3), 24],
    ]);
    expect(sum(days.map(({ loss }) => loss)) / ROWS).toBeCloseTo(score.logLoss, 12);
    expect(sum(days.map(({ priorLoss }) => priorLoss)) / ROWS).toBeCloseTo(score.priorLogLoss, 12);
    const directionRows = sum(days.map((day) => day.directionRows));
    expect(directionRows).toBe(score.directionRows);
    const gains = sum(days.map((day) => day.directionPriorLoss - day.directionLoss));
    expect(gains / directionRows).toBeCloseTo(score.directionSkill.estimate, 12);
    // BUY is the likelier side until SELL reaches 0.35 at row 50.
    const hits = [...labels].filter((label, row) => label === (row < 50 ? 2 : 0)).length;
    const ties = [...labels].filter((label, row) => row === 50 && label === 0).length;
    expect(Math.abs(sum(days.map((day) => day.directionHits)) - hits)).toBeLessThanOrEqual(ties);
  });

  it('of a regressor add up too', () => {
    const returns = Float32Array.from(labels, (label, row) => (label - 1) * 0.01 + row * 1e-5);
    const predictions = Float32Array.from(returns, (value, row) =>
      row % 4 === 0 ? -value : value / 2,
    );
    const thresholds = { sell: -0.005, buy: 0.005 };
    const predicted = { predictions, returns, labels, thresholds, prior };
    const days = dailyRegressorScores(predicted, openTimes);
    const score = scoreRegressor(predicted, SEED);
    const gains = sum(days.map((day) => day.priorLoss - day.loss));
    expect(gains / ROWS).toBeCloseTo(score.skill.estimate, 10);
    const directionGains = sum(days.map((day) => day.directionPriorLoss - day.directionLoss));
    expect(directionGains / score.directionRows).toBeCloseTo(score.directionSkill.estimate, 10);
    expect(sum(days.map((day) => day.directionHits))).toBe(
      score.directionRows - sum(days.map((day) => day.directionLoss)),
    );
  });
});
