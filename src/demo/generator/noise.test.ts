import { describe, expect, it } from 'vitest';
import { gaussianAt, keyOf, SmoothNoise, uniformAt } from './noise.js';

const COUNT = 50_000;
const indices = Array.from({ length: COUNT }, (_, index) => index);

function moment(values: readonly number[], power: number): number {
  return values.reduce((sum, value) => sum + value ** power, 0) / values.length;
}

/** Mean of products of values that lie `lag` apart. */
function covariance(values: readonly number[], lag: number): number {
  return moment(
    values.slice(lag).map((value, i) => value * (values[i] ?? NaN)),
    1,
  );
}

// Bounds are five standard errors of a sample of that size or wider.
describe('random numbers with random access', () => {
  it('are uniform in (0, 1)', () => {
    const values = indices.map((index) => uniformAt(42, index, 0));
    expect(Math.min(...values)).toBeGreaterThan(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(moment(values, 1)).toBeCloseTo(1 / 2, 1.8);
    expect(moment(values, 2)).toBeCloseTo(1 / 3, 1.8);
    const tenths = new Set(values.map((value) => Math.floor(value * 10)));
    expect(tenths.size).toBe(10);
  });

  it('are normal with mean 0, variance 1 and kurtosis 3', () => {
    const values = indices.map((index) => gaussianAt(7, index, 3));
    expect(Math.abs(moment(values, 1))).toBeLessThan(0.025);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(0.035);
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(0.25);
  });

  it('do not depend on their neighbours, other channels or other keys', () => {
    const values = indices.map((index) => gaussianAt(7, index, 3));
    for (const lag of [1, 2, 24]) expect(Math.abs(covariance(values, lag))).toBeLessThan(0.025);
    for (const [key, channel] of [
      [7, 4],
      [8, 3],
    ] as const) {
      const products = values.map((value, index) => value * gaussianAt(key, index, channel));
      expect(Math.abs(moment(products, 1))).toBeLessThan(0.025);
    }
  });

  it('give different keys for texts that differ in one letter', () => {
    const keys = ['1/BTC', '1/BTD', '2/BTC', '1/BT', ''].map(keyOf);
    expect(new Set(keys).size).toBe(5);
  });
});

describe('smooth noise', () => {
  const noise = new SmoothNoise({ key: 5, channel: 2, period: 10 });
  const values = indices.map((index) => noise.at(index));

  it('has mean 0 and variance 1', () => {
    expect(Math.abs(moment(values, 1))).toBeLessThan(0.08);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(0.1);
  });

  it('remembers its value for about a period and forgets it within three', () => {
    expect(covariance(values, 1)).toBeGreaterThan(0.9);
    expect(covariance(values, 5)).toBeGreaterThan(0.4);
    expect(Math.abs(covariance(values, 30))).toBeLessThan(0.08);
  });

  it('does not depend on the order of the calls', () => {
    const other = new SmoothNoise({ key: 5, channel: 2, period: 10 });
    for (const index of [4_321, 12, 4_322, 0, 49_999, 13]) {
      expect(other.at(index)).toBe(values[index]);
    }
  });
});
