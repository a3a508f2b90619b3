import { describe, expect, it } from 'vitest';
import { applyKernel } from './kernel.js';
import { adaptive, exponential, trailingBand, wilder } from './smoothing.js';

describe('exponential smoothing', () => {
  it('begins with the mean of its first bars', () => {
    const out = applyKernel(exponential(3), [Float64Array.of(1, 2, 6, 7, 3)]);
    expect([...out]).toEqual([NaN, NaN, 3, 5, 4]);
  });

  it('keeps its state over a missing value, which stays missing', () => {
    const out = applyKernel(exponential(3), [Float64Array.of(NaN, 1, 2, 6, NaN, 7)]);
    expect([...out]).toEqual([NaN, NaN, NaN, 3, NaN, 5]);
  });

  it('weighs the newest bar with 1/n in Wilder’s form', () => {
    const out = applyKernel(wilder(4), [Float64Array.of(4, 4, 4, 4, 8)]);
    expect([...out]).toEqual([NaN, NaN, NaN, 4, 5]);
  });

  it('ignores the range’s start: the state begins with the span', () => {
    const x = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
    const out = new Float64Array(50);
    exponential(5)(out, [x], { from: 40, end: 50, phase: 0 });
    expect([...out]).toEqual([...applyKernel(exponential(5), [x])]);
  });
});

describe('the adaptive average', () => {
  it('follows fast in a straight move and stands still in a noisy one', () => {
    const x = Float64Array.of(1, 1, 2);
    const fast = applyKernel(adaptive, [x, Float64Array.of(NaN, 1, 1)]);
    expect(fast[2]).toBeCloseTo(1 + (2 / 3) ** 2, 12);
    const slow = applyKernel(adaptive, [x, Float64Array.of(NaN, 0, 0)]);
    expect(slow[2]).toBeCloseTo(1 + (2 / 31) ** 2, 12);
  });
});

describe('the trailing band', () => {
  it('rises with the price, holds when it falls, and changes sides when it is crossed', () => {
    const close = Float64Array.of(10, 12, 11, 7, 6, 9.9);
    const upper = close.map((price) => price + 2);
    const lower = close.map((price) => price - 2);
    const line = applyKernel(trailingBand, [close, upper, lower]);
    expect([...line]).toEqual([8, 10, 10, 9, 8, 7.9]);
  });

  it('is missing until its bands are there', () => {
    const line = applyKernel(trailingBand, [
      Float64Array.of(10, 10, 10),
      Float64Array.of(NaN, 12, 12),
      Float64Array.of(NaN, 8, 8),
    ]);
    expect([...line]).toEqual([NaN, 8, 8]);
  });
});
