import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barsSinceHighest, barsSinceLowest, valueAtOffset } from './extremes.js';
import { applyKernel, type Column } from './kernel.js';

/** Few distinct values, so that ties are common, and gaps. */
const COLUMN = fc
  .array(fc.oneof({ weight: 12, arbitrary: fc.integer({ min: -4, max: 4 }) }, fc.constant(NaN)), {
    minLength: 1,
    maxLength: 120,
  })
  .map((values) => Float64Array.from(values));

function naiveSince(
  x: Column,
  windowBars: number,
  isBetter: (a: number, b: number) => boolean,
): number[] {
  return [...x.keys()].map((i) => {
    const window = [...x.subarray(Math.max(i + 1 - windowBars, 0), i + 1)].reverse();
    if (window.length < windowBars || window.some(Number.isNaN)) return NaN;
    return window.reduce(
      (best, value, at) => (isBetter(value, window[best] ?? NaN) ? at : best),
      0,
    );
  });
}

describe('bars since an extreme', () => {
  it('count to the newest of the highest and of the lowest values', () => {
    fc.assert(
      fc.property(COLUMN, fc.integer({ min: 1, max: 20 }), (x, windowBars) => {
        expect([...applyKernel(barsSinceHighest(windowBars), [x])]).toEqual(
          naiveSince(x, windowBars, (a, b) => a > b),
        );
        expect([...applyKernel(barsSinceLowest(windowBars), [x])]).toEqual(
          naiveSince(x, windowBars, (a, b) => a < b),
        );
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('do not depend on the position from which they are computed', () => {
    const x = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i * 0.7) * i);
    const whole = applyKernel(barsSinceHighest(30), [x]);
    const out = new Float64Array(100);
    barsSinceHighest(30)(out, [x], { from: 61, end: 100, phase: 0 });
    expect([...out.subarray(61)]).toEqual([...whole.subarray(61)]);
  });
});

describe('the value at an offset', () => {
  it('is the one that many bars ago', () => {
    const x = Float64Array.of(5, 6, 7, 8);
    const offsets = Float64Array.of(NaN, 1, 0, 3);
    expect([...applyKernel(valueAtOffset, [x, offsets])]).toEqual([NaN, 5, 7, 5]);
  });
});
