import { describe, expect, it } from 'vitest';
import * as range from './candle-range.js';
import { applyKernel } from './kernel.js';
import { streak } from './window-shape.js';

const of = (...values: number[]): Float64Array => Float64Array.from(values);

describe('true range', () => {
  it('reaches back to the last close over a gap and is missing at the first bar', () => {
    const out = applyKernel(range.trueRange, [of(10, 15, 9), of(9, 14, 8), of(9.5, 14.5, 8.5)]);
    expect([...out]).toEqual([NaN, 5.5, 6.5]);
  });
});

describe('directional movement', () => {
  const high = of(10, 12, 12, 11, 13);
  const low = of(9, 10, 8, 8.5, 6);

  it('belongs to the side that moved further, and to neither inside', () => {
    expect([...applyKernel(range.directionalUp, [high, low])]).toEqual([NaN, 2, 0, 0, 0]);
    expect([...applyKernel(range.directionalDown, [high, low])]).toEqual([NaN, 0, 2, 0, 2.5]);
  });
});

describe('variances of one bar', () => {
  it('follow their papers’ formulas', () => {
    const [open, high, low, close] = [of(100), of(110), of(95), of(105)];
    const [hl, co] = [Math.log(110 / 95), Math.log(105 / 100)];
    expect(applyKernel(range.parkinson, [high, low])[0]).toBeCloseTo(hl ** 2 / (4 * Math.LN2), 14);
    const garmanKlass = applyKernel(range.garmanKlass, [open, high, low, close])[0];
    expect(garmanKlass).toBeCloseTo(0.5 * hl ** 2 - (2 * Math.LN2 - 1) * co ** 2, 14);
    const rogersSatchell = applyKernel(range.rogersSatchell, [open, high, low, close])[0];
    const up = Math.log(110 / 105) * Math.log(110 / 100);
    const down = Math.log(95 / 105) * Math.log(95 / 100);
    expect(rogersSatchell).toBeCloseTo(up + down, 14);
  });

  it('are never below 0 for a candle without defect', () => {
    const bars = [of(100, 100, 95), of(100, 110, 110), of(100, 95, 95), of(100, 110, 110)] as const;
    for (const value of applyKernel(range.rogersSatchell, bars))
      expect(value).toBeGreaterThanOrEqual(0);
    for (const value of applyKernel(range.garmanKlass, bars))
      expect(value).toBeGreaterThanOrEqual(0);
  });
});

describe('streaks', () => {
  it('count bars of one sign in a row, negative downward, 0 without change', () => {
    const out = applyKernel(streak(8), [of(NaN, 1, 2, -1, -1, -3, 0, 0, 5)]);
    expect([...out]).toEqual([NaN, 1, 2, -1, -2, -3, 0, 0, 1]);
  });

  it('stop counting at their limit', () => {
    expect([...applyKernel(streak(3), [of(1, 1, 1, 1, 1)])]).toEqual([1, 2, 3, 3, 3]);
  });
});
