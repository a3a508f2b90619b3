import { describe, expect, it } from 'vitest';
import { scoreRegressor, type PredictedReturns } from './score-regressor.js';

const SEED = 'ab'.repeat(32);
const THRESHOLDS = { sell: -0.01, buy: 0.01 };
const RETURNS = [0.03, -0.02, 0.0, 0.02, -0.04, 0.005];
const LABELS = [2, 0, 1, 2, 0, 1];

function score(predictions: readonly number[], changes: Partial<PredictedReturns> = {}) {
  const prior = [0.2, 0.3, 0.5] as const;
  const rows = { predictions, returns: RETURNS, labels: LABELS, thresholds: THRESHOLDS, prior };
  return scoreRegressor({ ...rows, ...changes }, SEED);
}

describe('the score of a regressor', () => {
  it('of persistence itself is no skill', () => {
    const { skill, regression } = score([0, 0, 0, 0, 0, 0]);
    expect(skill.estimate).toBe(0);
    expect(regression?.rmse).toBe(regression?.persistenceRmse);
    expect(regression?.mae).toBeCloseTo(0.115 / 6, 12);
  });

  it('of a perfect one is 1, and its classes are all right', () => {
    const perfect = score(RETURNS);
    expect(perfect.skill.estimate).toBeCloseTo(1, 12);
    expect(perfect.regression).toMatchObject({ rmse: 0, mae: 0, r2: 1 });
    expect(perfect.accuracy).toBe(1);
    // Four rows moved; the usual sign, BUY, is right on two of them.
    expect(perfect.directionRows).toBe(4);
    expect(perfect.directionSkill.estimate).toBe(0.5);
  });

  it('is the share by which the squared error is smaller than that of persistence', () => {
    const half = score(RETURNS.map((value) => value / 2));
    expect(half.skill.estimate).toBeCloseTo(0.75, 12);
  });

  it('gives a model that always says the usual sign no skill of direction', () => {
    const drift = score([0.01, 0.01, 0.01, 0.01, 0.01, 0.01]);
    expect(drift.directionSkill).toEqual({ estimate: 0, lower: 0, upper: 0 });
  });
});
