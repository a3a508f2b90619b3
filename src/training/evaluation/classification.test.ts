import { describe, expect, it } from 'vitest';
import { classify, directionalAuc } from './classification.js';

/** Probabilities whose BUY share of the directional mass is the given score. */
const fromScores = (scores: readonly number[]): number[] =>
  scores.flatMap((score) => [(1 - score) / 2, 0.5, score / 2]);

describe('directionalAuc', () => {
  it('counts ties half, as roc_auc_score does', () => {
    // scikit-learn: roc_auc_score([0,0,1,1,0,1,0,1], [.1,.4,.4,.8,.8,.8,.2,.3]) = 0.71875
    const scores = [0.1, 0.4, 0.4, 0.8, 0.8, 0.8, 0.2, 0.3];
    const labels = [0, 0, 2, 2, 0, 2, 0, 2];
    expect(directionalAuc(fromScores(scores), labels)).toBeCloseTo(0.71875, 12);
  });

  it('ignores HOLD rows', () => {
    expect(directionalAuc(fromScores([0.1, 0.9, 0.5]), [0, 2, 1])).toBe(1);
  });

  it('is not a number with one side only', () => {
    expect(directionalAuc(fromScores([0.1, 0.9]), [2, 2])).toBeNaN();
  });
});

describe('classify', () => {
  it('counts by hand: 2 of 3 right, F1 of 2/3, 0 and 1', () => {
    const probabilities = [0.8, 0.1, 0.1, 0.7, 0.2, 0.1, 0.1, 0.1, 0.8];
    const found = classify(probabilities, [0, 1, 2]);
    expect(found.accuracy).toBeCloseTo(2 / 3, 12);
    expect(found.macroF1).toBeCloseTo((2 / 3 + 0 + 1) / 3, 12);
  });
});
