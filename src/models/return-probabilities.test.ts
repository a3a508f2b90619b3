import { describe, expect, it } from 'vitest';
import { normalShare, returnProbabilities } from './return-probabilities.js';

const SCALE = { rmse: 0.01, thresholds: { sell: -0.002, buy: 0.002 } };

describe('the normal distribution', () => {
  it.each([
    // SciPy 1.17, scipy.stats.norm.cdf.
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1.96, 0.024997895148220435],
    [5, 0.9999997133484281],
    [-8, 6.220960574271785e-16],
  ])('below %d has the share %d', (z, share) => {
    expect(normalShare(z)).toBeCloseTo(share, 12);
  });
});

describe('probabilities of a return', () => {
  it('add up to 1 and lean where the return is expected', () => {
    const [sell, hold, buy] = returnProbabilities(0.004, SCALE);
    expect(sell + hold + buy).toBeCloseTo(1, 12);
    expect(buy).toBeCloseTo(normalShare(0.2), 12);
    expect(buy).toBeGreaterThan(sell);
  });

  it('are even at the cost of the round trip, whatever the error', () => {
    for (const rmse of [0.001, 0.01, 1]) {
      expect(returnProbabilities(0.002, { ...SCALE, rmse })[2]).toBeCloseTo(0.5, 12);
    }
  });

  it('are certain of a model that has never erred', () => {
    expect(returnProbabilities(0.01, { ...SCALE, rmse: 0 })).toEqual([0, 0, 1]);
  });
});
