import { describe, expect, it } from 'vitest';
import { expectedReturn, toUnweightedProbabilities } from './class-probabilities.js';

describe('unweighted probabilities', () => {
  it('leaves probabilities of unweighted classes as they are', () => {
    expect(toUnweightedProbabilities([0.25, 0.25, 0.5], undefined)).toEqual([0.25, 0.25, 0.5]);
    expect(toUnweightedProbabilities([0.25, 0.25, 0.5], [1, 1, 1])).toEqual([0.25, 0.25, 0.5]);
  });

  it('divides weights out again and scales the three to 1', () => {
    // Odds 2 : 1 : 2 under weights 2 : 1 : 4 are 1 : 1 : 0.5, in fifths 2, 2 and 1.
    const [sell, hold, buy] = toUnweightedProbabilities([0.4, 0.2, 0.4], [2, 1, 4]);
    expect(sell).toBeCloseTo(0.4, 15);
    expect(hold).toBeCloseTo(0.4, 15);
    expect(buy).toBeCloseTo(0.2, 15);
  });

  it('takes out the rounding of single precision', () => {
    const [sell, hold, buy] = toUnweightedProbabilities(Float32Array.of(0.1, 0.2, 0.7), undefined);
    expect(sell + hold + buy).toBe(1);
  });

  it.each([
    [[0.5, 0.5]],
    [[0.2, 0.3, 0.4]],
    [[-0.1, 0.6, 0.5]],
    [[NaN, 0.5, 0.5]],
    [[Infinity, 0, 0]],
    [[0.2, 0.2, 0.2, 0.4]],
  ])('refuses %j', (raw) => {
    expect(() => toUnweightedProbabilities(raw, undefined)).toThrow(RangeError);
  });
});

describe('expected return', () => {
  it('weighs the mean training return of each class by its probability', () => {
    // 0.2 · −0.01 + 0.3 · 0.001 + 0.5 · 0.02
    expect(expectedReturn([0.2, 0.3, 0.5], [-0.01, 0.001, 0.02])).toBeCloseTo(0.0083, 15);
  });
});
