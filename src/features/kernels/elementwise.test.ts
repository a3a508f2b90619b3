import { describe, expect, it } from 'vitest';
import * as elementwise from './elementwise.js';
import { applyKernel } from './kernel.js';

const of = (...values: number[]): Float64Array => Float64Array.from(values);

describe('ratios', () => {
  it('are neutral for 0/0 and missing for x/0', () => {
    const out = applyKernel(elementwise.divide(0.5), [of(6, 0, 1, NaN), of(3, 0, 0, 1)]);
    expect([...out]).toEqual([2, 0.5, NaN, NaN]);
  });

  it('in logs are missing unless both sides are positive', () => {
    const out = applyKernel(elementwise.logRatio, [of(Math.E, 0, -1, 1), of(1, 1, 1, 0)]);
    expect([...out]).toEqual([1, NaN, NaN, NaN]);
    expect([...applyKernel(elementwise.logarithm, [of(1, 0, -1)])]).toEqual([0, NaN, NaN]);
  });

  it('of balances lie between −1 and 1', () => {
    const out = applyKernel(elementwise.balance, [of(3, 0, 0, 1), of(1, 2, 0, 1)]);
    expect([...out]).toEqual([0.5, -1, 0, 0]);
  });
});

describe('distances', () => {
  it('count units between two lines', () => {
    expect([...applyKernel(elementwise.distance, [of(7, 5), of(3, 6), of(2, 2)])]).toEqual([
      2, -0.5,
    ]);
  });

  it('within the rounding of the lines are 0 however small the unit', () => {
    const out = applyKernel(elementwise.distance, [
      of(1, 1, 1),
      of(1 + 1e-15, 1, 2),
      of(1e-20, 0, 0),
    ]);
    expect([...out]).toEqual([0, 0, NaN]);
  });

  it('in standard deviations are 0 where nothing varies', () => {
    const out = applyKernel(elementwise.score, [of(5, 1 + 1e-15), of(3, 1), of(4, 0)]);
    expect([...out]).toEqual([0.5, 0]);
  });

  it('between two bounds are one half where the bounds coincide but for rounding', () => {
    const out = applyKernel(elementwise.position, [
      of(2, 1, 3, 1),
      of(1, 1, 1, 1),
      of(3, 3, 3, 1 + 1e-15),
    ]);
    expect([...out]).toEqual([0.5, 0, 1, 0.5]);
  });
});

describe('lags and conditions', () => {
  it('look back so many bars and are missing before', () => {
    expect([...applyKernel(elementwise.lag(2), [of(1, 2, 3, 4)])]).toEqual([NaN, NaN, 1, 2]);
  });

  it('are 1, 0 or missing', () => {
    const out = applyKernel(elementwise.above, [of(2, 1, NaN, 1), of(1, 1, 1, NaN)]);
    expect([...out]).toEqual([1, 0, NaN, NaN]);
  });
});

describe('plain arithmetic', () => {
  const x = of(-2, 3, NaN);
  const y = of(4, 0.5, 1);

  it.each([
    ['add', applyKernel(elementwise.add, [x, y]), [2, 3.5, NaN]],
    ['subtract', applyKernel(elementwise.subtract, [x, y]), [-6, 2.5, NaN]],
    ['multiply', applyKernel(elementwise.multiply, [x, y]), [-8, 1.5, NaN]],
    ['larger', applyKernel(elementwise.larger, [x, y]), [4, 3, NaN]],
    ['smaller', applyKernel(elementwise.smaller, [x, y]), [-2, 0.5, NaN]],
    ['absolute', applyKernel(elementwise.absolute, [x]), [2, 3, NaN]],
    ['sign', applyKernel(elementwise.sign, [x]), [-1, 1, NaN]],
    ['positivePart', applyKernel(elementwise.positivePart, [x]), [0, 3, NaN]],
    ['negativePart', applyKernel(elementwise.negativePart, [x]), [2, 0, NaN]],
    ['squareRoot', applyKernel(elementwise.squareRoot, [of(9, 0, NaN)]), [3, 0, NaN]],
    ['logOnePlus', applyKernel(elementwise.logOnePlus, [of(0, Math.E - 1, NaN)]), [0, 1, NaN]],
    ['linear', applyKernel(elementwise.linear(2, 1), [x]), [-3, 7, NaN]],
    ['clamp', applyKernel(elementwise.clamp(-1, 1), [x]), [-1, 1, NaN]],
  ])('%s works value by value and keeps gaps', (_, out, expected) => {
    expect([...out].map((value) => Number(value.toFixed(12)))).toEqual(expected);
  });
});
