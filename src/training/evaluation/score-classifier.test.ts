import { describe, expect, it } from 'vitest';
import { calibrationBins } from './classification.js';
import type { Predicted } from './losses.js';
import { scoreClassifier } from './score-classifier.js';

const SEED = '0123456789abcdef'.repeat(4);

/** 40 rows from the generator x → (1103515245·x + 12345) mod 2³¹, which any language can repeat. */
function generatedRows(): Predicted {
  let state = 12345n;
  const next = (): number => {
    state = (state * 1103515245n + 12345n) % 2147483648n;
    return Number(state) / 2 ** 31;
  };
  const probabilities: number[] = [];
  const labels: number[] = [];
  for (let row = 0; row < 40; row++) {
    const raw = [next() + 0.1, next() + 0.1, next() + 0.1];
    const sum = raw.reduce((total, value) => total + value, 0);
    probabilities.push(...raw.map((value) => value / sum));
    labels.push(Math.floor(next() * 3));
  }
  return { probabilities, labels, prior: [0.3, 0.4, 0.3] };
}

describe('scoreClassifier', () => {
  // Expected values: scikit-learn 1.9.1 (log_loss, accuracy_score, f1_score(average="macro"),
  // roc_auc_score) on the same rows; the calibration error by numpy over linspace(0, 1, 16).
  const score = scoreClassifier(generatedRows(), SEED);

  it('agrees with scikit-learn on the log losses', () => {
    expect(score.logLoss).toBeCloseTo(1.154540673629675, 12);
    expect(score.priorLogLoss).toBeCloseTo(1.1104761307791073, 12);
    expect(score.skill.estimate).toBeCloseTo(1.1104761307791073 - 1.154540673629675, 12);
  });

  it('agrees with scikit-learn on BUY against SELL', () => {
    expect(score.directionRows).toBe(27);
    expect(score.directionSkill.estimate).toBeCloseTo(0.6931471805599451 - 0.7574568054954027, 12);
    expect(score.directionalAuc).toBeCloseTo(0.4725274725274726, 12);
  });

  it('agrees with scikit-learn on accuracy and macro F1', () => {
    expect(score.accuracy).toBeCloseTo(0.35, 12);
    expect(score.macroF1).toBeCloseTo(0.339836860670194, 12);
  });

  it('agrees with numpy on the calibration error', () => {
    expect(score.calibrationError).toBeCloseTo(0.1560699589108241, 12);
  });

  it('shows in bins of confidence what the calibration error is made of', () => {
    const { probabilities, labels } = generatedRows();
    const bins = calibrationBins(probabilities, labels);
    expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(40);
    for (const { from, to, confidence, accuracy, rows } of bins) {
      expect(confidence).toBeGreaterThan(from);
      expect(confidence).toBeLessThanOrEqual(to);
      expect(accuracy * rows).toBeCloseTo(Math.round(accuracy * rows), 9);
    }
    const error = bins.reduce(
      (sum, { rows, confidence, accuracy }) => sum + (rows / 40) * Math.abs(confidence - accuracy),
      0,
    );
    expect(error).toBeCloseTo(score.calibrationError, 12);
  });

  it('says the same for the same seed and other bounds for another', () => {
    expect(scoreClassifier(generatedRows(), SEED)).toEqual(score);
    const other = scoreClassifier(generatedRows(), 'f'.repeat(64));
    expect(other.skill.estimate).toBe(score.skill.estimate);
    expect(other.skill.lower).not.toBe(score.skill.lower);
  });

  it('gives no direction skill where no row has a direction', () => {
    const flat = scoreClassifier(
      { ...generatedRows(), labels: new Array<number>(40).fill(1) },
      SEED,
    );
    expect(flat.directionRows).toBe(0);
    expect(flat.directionSkill.lower).toBeNaN();
  });
});
