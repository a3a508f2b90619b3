import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyKernel, type Column, type Kernel, type Two } from './kernel.js';
import * as sums from './window-sums.js';

/** Values with gaps (NaN) here and there. */
const COLUMN = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
      fc.constant(NaN),
    ),
    {
      minLength: 1,
      maxLength: 300,
    },
  )
  .map((values) => Float64Array.from(values));

function naive(x: Column, windowBars: number, reduce: (window: Column) => number): number[] {
  return [...x.keys()].map((i) =>
    i + 1 < windowBars ? NaN : reduce(x.subarray(i + 1 - windowBars, i + 1)),
  );
}

function total(window: Column): number {
  return window.reduce((sum, value) => sum + value, 0);
}

function variance(window: Column): number {
  const mean = total(window) / window.length;
  return window.reduce((sum, value) => sum + (value - mean) ** 2, 0) / window.length;
}

function viaRunning(kernel: Kernel<Two>, x: Column): Column {
  const running = applyKernel(sums.runningSum, [x]);
  return applyKernel(kernel, [running, applyKernel(sums.validRun, [x])]);
}

function expectAlike(actual: Column, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, at) => {
    const found = actual[at] ?? Infinity;
    if (Number.isNaN(value)) expect(found).toBeNaN();
    else expect(Math.abs(found - value)).toBeLessThanOrEqual(tolerance);
  });
}

describe('window sums', () => {
  it('equal the sum added up in full, and are missing with any value of the window', () => {
    fc.assert(
      fc.property(COLUMN, fc.integer({ min: 1, max: 150 }), (x, windowBars) => {
        expectAlike(viaRunning(sums.windowSum(windowBars), x), naive(x, windowBars, total), 1e-8);
        expectAlike(
          applyKernel(sums.directSum(windowBars), [x]),
          naive(x, windowBars, total),
          1e-8,
        );
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('are the same bits from whichever position on they are computed', () => {
    const x = Float64Array.from({ length: 400 }, (_, i) => Math.sin(i * i) * 1e3);
    const whole = viaRunning(sums.windowSum(100), x);
    const range = { from: 192, end: 400, phase: 0 };
    const [running, run, out] = [
      new Float64Array(400),
      new Float64Array(400),
      new Float64Array(400),
    ];
    sums.runningSum(running, [x], range);
    sums.validRun(run, [x], range);
    sums.windowSum(100)(out, [running, run], { from: 300, end: 400, phase: 0 });
    expect([...out.subarray(300)]).toEqual([...whole.subarray(300)]);
  });

  it('restart where bar numbers divide by the block, wherever the span begins', () => {
    const x = Float64Array.from({ length: 200 }, (_, i) => Math.cos(i) * 1e3);
    const sumsFrom = (start: number): Column => {
      const part = x.slice(start);
      const phase = -start & 63;
      const range = { from: 0, end: part.length, phase };
      const [running, run, out] = [part.slice(), part.slice(), part.slice()];
      sums.runningSum(running, [part], range);
      sums.validRun(run, [part], range);
      sums.windowSum(50)(out, [running, run], range);
      return out;
    };
    expect([...sumsFrom(17).subarray(100)]).toEqual([...sumsFrom(0).subarray(117)]);
  });

  it('of exact zeros are exactly zero, whatever came before', () => {
    const x = Float64Array.from({ length: 100 }, (_, i) => (i < 40 ? 0.1 * i : 0));
    expect([...viaRunning(sums.windowSum(20), x).subarray(60)]).toEqual(Array(40).fill(0));
  });
});

describe('window variance', () => {
  const viaSquares = (x: Column, windowBars: number): Column =>
    applyKernel(sums.varianceOfSums(windowBars), [
      viaRunning(sums.windowSum(windowBars), x),
      viaRunning(
        sums.windowSum(windowBars),
        x.map((value) => value * value),
      ),
    ]);

  it('equals the two-pass variance', () => {
    fc.assert(
      fc.property(COLUMN, fc.integer({ min: 2, max: 120 }), (x, windowBars) => {
        expectAlike(viaSquares(x, windowBars), naive(x, windowBars, variance), 1e-5);
        expectAlike(
          applyKernel(sums.directVariance(windowBars), [x]),
          naive(x, windowBars, variance),
          1e-8,
        );
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('of what does not vary is exactly 0, far from 0 too', () => {
    const x = new Float64Array(200).fill(1.1);
    expect([...viaSquares(x, 30).subarray(29)]).toEqual(Array(171).fill(0));
  });
});

describe('runs of valid values', () => {
  it('break at missing values of either column', () => {
    const x = Float64Array.of(1, 1, NaN, 1, 1, 1);
    const y = Float64Array.of(1, 1, 1, 1, NaN, 1);
    expect([...applyKernel(sums.validRun, [x])]).toEqual([1, 2, 0, 1, 2, 3]);
    expect([...applyKernel(sums.validPairRun, [x, y])]).toEqual([1, 2, 0, 1, 0, 1]);
  });
});
