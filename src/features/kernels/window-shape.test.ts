import { describe, expect, it } from 'vitest';
import { applyKernel, type Column } from './kernel.js';
import * as shape from './window-shape.js';

const of = (...values: number[]): Column => Float64Array.from(values);

describe('moments of a window', () => {
  const values = [1, 2, 2, 3, 9];
  const raw = (power: number): Column =>
    of(values.reduce((sum, value) => sum + value ** power, 0) / values.length);

  it('give skewness and excess kurtosis of the population', () => {
    // Worked by hand: mean 3.4, Σ(x−m)² / 5 = 8.24, Σ(x−m)³ / 5 = 31.248, Σ(x−m)⁴ / 5 = 204.8672.
    const skewness = applyKernel(shape.skewness, [raw(1), raw(2), raw(3)]);
    expect(skewness[0]).toBeCloseTo(31.248 / 8.24 ** 1.5, 10);
    const kurtosis = applyKernel(shape.kurtosis, [raw(1), raw(2), raw(3), raw(4)]);
    expect(kurtosis[0]).toBeCloseTo(204.8672 / 8.24 ** 2 - 3, 10);
  });

  it('are 0 where nothing varies', () => {
    expect(applyKernel(shape.skewness, [of(2), of(4), of(8)])[0]).toBe(0);
    expect(applyKernel(shape.kurtosis, [of(2), of(4), of(8), of(16)])[0]).toBe(0);
  });
});

describe('least squares', () => {
  it('find the slope of a line and explain it wholly', () => {
    const x = Float64Array.from({ length: 30 }, (_, i) => 5 - 0.25 * i);
    const slopes = applyKernel(shape.slope(10), [x]);
    expect(slopes[8]).toBeNaN();
    expect(slopes[29]).toBeCloseTo(-0.25, 12);
    // Variance of ten equidistant values: step² · (n² − 1) / 12.
    const variance = new Float64Array(30).fill((0.0625 * 99) / 12);
    expect(applyKernel(shape.explainedShare(10), [slopes, variance])[29]).toBeCloseTo(1, 12);
  });

  it('see neither slope nor share in a flat window', () => {
    const x = new Float64Array(20).fill(0.1);
    const slopes = applyKernel(shape.slope(10), [x]);
    expect(slopes[19]).toBe(0);
    expect(applyKernel(shape.explainedShare(10), [slopes, new Float64Array(20)])[19]).toBe(0);
  });

  it('weigh the newest bar most in the weighted average', () => {
    const out = applyKernel(shape.rampMean(3), [of(1, 2, 6)]);
    expect(out[1]).toBeNaN();
    expect(out[2]).toBeCloseTo((1 + 4 + 18) / 6, 12);
  });
});

describe('ranks and deviations', () => {
  it('rank the newest value among the others, ties counting half', () => {
    expect([
      ...applyKernel(shape.percentileRank(4), [of(1, 2, 3, 2, 9, 0), of(1, 2, 3, 4, 5, 6)]),
    ]).toEqual([NaN, NaN, NaN, 0.5, 1, 0]);
  });

  it('have no rank with a missing value in the window', () => {
    expect([...applyKernel(shape.percentileRank(2), [of(1, NaN, 3, 4), of(1, 0, 1, 2)])]).toEqual([
      NaN,
      NaN,
      NaN,
      1,
    ]);
  });

  it('average the absolute distance from the mean', () => {
    const out = applyKernel(shape.meanDeviation(3), [of(1, 2, 6), of(NaN, NaN, 3)]);
    expect(out[2]).toBeCloseTo(2, 12);
  });
});

describe('correlation', () => {
  it('stays between −1 and 1 in spite of rounding, and is 0 without variation', () => {
    const out = applyKernel(shape.correlation, [of(1.0000001, -3, 0), of(1, 1, 0), of(1, 4, 5)]);
    expect([...out]).toEqual([1, -1, 0]);
  });
});
