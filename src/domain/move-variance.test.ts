import { expect, it } from 'vitest';
import { moveVarianceOf } from './move-variance.js';

it("is the spread of a classifier's mean returns by their probabilities", () => {
  // Mean 0.01 × (0.5 − 0.25) = 0.0025; 0.25 × 0.0125² + 0.25 × 0.0025² + 0.5 × 0.0075².
  const spread = { classMeanReturns: [-0.01, 0, 0.01] } as const;
  expect(moveVarianceOf(spread, [0.25, 0.25, 0.5])).toBeCloseTo(0.00006875, 12);
  expect(moveVarianceOf(spread, [0, 0, 1])).toBe(0);
});

it("is the square of a regressor's error", () => {
  const spread = { classMeanReturns: [-0.01, 0, 0.01], rmse: 0.02 } as const;
  expect(moveVarianceOf(spread, [0.2, 0.3, 0.5])).toBeCloseTo(0.0004, 12);
});

it('is not known of a model that does not say', () => {
  expect(moveVarianceOf({ classMeanReturns: null, rmse: null }, [0.2, 0.3, 0.5])).toBeUndefined();
});
