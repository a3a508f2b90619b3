import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/seeded-random.js';
import { reliabilityOf } from './reliability.js';

describe('reliabilityOf', () => {
  it('counts the forecasts of each bin and leaves empty bins out', () => {
    const bins = reliabilityOf([
      { probability: 0.41, isTrue: true },
      { probability: 0.44, isTrue: false },
      { probability: 0.5, isTrue: true },
      { probability: 1, isTrue: true },
    ]);
    expect(bins.map(({ from, count }) => [from.toFixed(2), count])).toEqual([
      ['0.40', 2],
      ['0.50', 1],
      ['1.00', 1],
    ]);
    expect(bins[0]).toMatchObject({ shareTrue: 0.5 });
    expect(bins[0]?.meanProbability).toBeCloseTo(0.425, 12);
  });

  it('finds calibrated forecasts calibrated, within their intervals, and overconfident ones not', () => {
    const random = seededRandom('0123456789abcdef0123456789abcdef');
    const drawn = Array.from({ length: 20_000 }, () => 0.3 + 0.4 * random());
    const honest = reliabilityOf(
      drawn.map((probability) => ({ probability, isTrue: random() < probability })),
    );
    for (const { meanProbability, lower, upper } of honest) {
      const half = (upper - lower) / 2;
      expect(meanProbability).toBeGreaterThan(lower - 0.6 * half);
      expect(meanProbability).toBeLessThan(upper + 0.6 * half);
    }
    const boasting = reliabilityOf(
      drawn.map((probability) => ({ probability, isTrue: random() < probability - 0.1 })),
    );
    for (const { meanProbability, lower, upper } of boasting) {
      expect(meanProbability).toBeGreaterThan(upper + (upper - lower) / 2);
    }
  });

  // Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3: 81 of 263, 15 of 148.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
  ])('gives %i of %i the interval of the literature', (hits, count, lower, upper) => {
    const forecasts = Array.from({ length: count }, (_, at) => ({
      probability: 0.5,
      isTrue: at < hits,
    }));
    const [bin] = reliabilityOf(forecasts);
    expect(bin?.lower).toBeCloseTo(lower, 4);
    expect(bin?.upper).toBeCloseTo(upper, 4);
  });

  it.each([10, 20, 50, 200])(
    'has intervals over %i forecasts that hold the true share 95 times of 100, within two',
    (count) => {
      const bins = Array.from({ length: count + 1 }, (_, hits) =>
        reliabilityOf(
          Array.from({ length: count }, (_unused, at) => ({ probability: 0.5, isTrue: at < hits })),
        ),
      );
      const shares = Array.from({ length: 70 }, (_, at) => (30 + at) / 100);
      // Exact: the chances of all counts whose interval holds the share.
      const held = shares.map((share) =>
        chancesOf(count, share).reduce((sum, chance, hits) => {
          const { lower = NaN, upper = NaN } = bins[hits]?.[0] ?? {};
          return lower <= share && share <= upper ? sum + chance : sum;
        }, 0),
      );
      const mean = held.reduce((sum, one) => sum + one, 0) / held.length;
      expect(Math.abs(mean - 0.95)).toBeLessThanOrEqual(0.02);
    },
  );
});

/** Of each number of hits, were they independent. In logarithms: the smallest are below what a double holds. */
function chancesOf(count: number, share: number): number[] {
  let chance = count * Math.log(1 - share);
  return Array.from({ length: count + 1 }, (_, hits) => {
    const own = Math.exp(chance);
    chance += Math.log((count - hits) / (hits + 1)) + Math.log(share / (1 - share));
    return own;
  });
}
