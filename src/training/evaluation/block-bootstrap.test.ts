import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../test/gaussian.js';
import { bootstrapMean } from './block-bootstrap.js';
import { seededRandom } from '../../lib/seeded-random.js';

const SEED = 'c0ffee00'.repeat(8);
const seedOf = (number: number): string => number.toString(16).padStart(8, '0').repeat(8);

describe('bootstrapMean', () => {
  it('bounds a constant by itself', () => {
    const values = new Float64Array(100).fill(0.5);
    const found = bootstrapMean(values, new Float64Array(100).fill(1), seededRandom(SEED));
    expect(found).toEqual({ estimate: 0.5, lower: 0.5, upper: 0.5 });
  });

  it('has the width of the normal approximation on independent values', () => {
    // One-sided 95 % of a mean of n independent values of unit variance: 1.645 / √n.
    const random = seededRandom(SEED);
    const values = Float64Array.from({ length: 2400 }, () => gaussian(random));
    const { estimate, lower, upper } = bootstrapMean(
      values,
      new Float64Array(2400).fill(1),
      random,
    );
    const expected = 1.645 / Math.sqrt(2400);
    expect((estimate - lower) / expected).toBeGreaterThan(0.85);
    expect((estimate - lower) / expected).toBeLessThan(1.15);
    expect((upper - estimate) / expected).toBeGreaterThan(0.85);
    expect((upper - estimate) / expected).toBeLessThan(1.15);
  });

  it('is wider than row by row where neighbours are alike', () => {
    const random = seededRandom(SEED);
    let last = 0;
    const values = Float64Array.from(
      { length: 2400 },
      () => (last = 0.9 * last + gaussian(random)),
    );
    const weight = new Float64Array(2400).fill(1);
    const width = (blockRows: number): number => {
      const { lower, upper } = bootstrapMean(values, weight, seededRandom(SEED), {
        blockRows,
        resamples: 1000,
      });
      return upper - lower;
    };
    expect(width(24)).toBeGreaterThan(2 * width(1));
  });

  it('means over the rows that count only', () => {
    const values = Float64Array.of(1, 0, 3, 0);
    const found = bootstrapMean(values, Float64Array.of(1, 0, 1, 0), seededRandom(SEED), {
      blockRows: 2,
      resamples: 50,
    });
    expect(found.estimate).toBe(2);
    expect(found.lower).toBeGreaterThanOrEqual(1);
    expect(found.upper).toBeLessThanOrEqual(3);
  });

  it('has a lower bound above a true mean of 0 in about 5 % of series', () => {
    let above = 0;
    for (let series = 1; series <= 400; series++) {
      const random = seededRandom(seedOf(series));
      const values = Float64Array.from({ length: 650 }, () => gaussian(random));
      const found = bootstrapMean(values, new Float64Array(650).fill(1), random, {
        blockRows: 24,
        resamples: 200,
      });
      if (found.lower > 0) above++;
    }
    // 5 % of 400 with four standard errors, and a little for the blocks' optimism.
    expect(above).toBeGreaterThan(4);
    expect(above).toBeLessThan(44);
  });
});

describe('seededRandom', () => {
  it('repeats itself for a seed and spreads evenly', () => {
    const random = seededRandom(SEED);
    const again = seededRandom(SEED);
    const bins = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 10_000; draw++) {
      const value = random();
      expect(again()).toBe(value);
      const bin = Math.floor(value * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('refuses a seed that is not a hash', () => {
    expect(() => seededRandom('42')).toThrow(RangeError);
  });
});
