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

  it('finds calibrated forecasts calibrated, within their margins, and overconfident ones not', () => {
    const random = seededRandom('0123456789abcdef0123456789abcdef');
    const drawn = Array.from({ length: 20_000 }, () => 0.3 + 0.4 * random());
    const honest = reliabilityOf(
      drawn.map((probability) => ({ probability, isTrue: random() < probability })),
    );
    for (const { meanProbability, shareTrue, margin } of honest) {
      expect(Math.abs(shareTrue - meanProbability)).toBeLessThan(1.6 * margin);
    }
    const boasting = reliabilityOf(
      drawn.map((probability) => ({ probability, isTrue: random() < probability - 0.1 })),
    );
    for (const { meanProbability, shareTrue, margin } of boasting) {
      expect(meanProbability - shareTrue).toBeGreaterThan(2 * margin);
    }
  });
});
