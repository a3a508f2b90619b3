import { describe, expect, it } from 'vitest';
import { DAY_MS } from './calendar.js';
import { drawdownSeries, largestDrawdown, toDaily } from './equity-curve.js';
import { performanceOf } from './performance.js';

const START = Date.UTC(2024, 0, 1);

function curveOf(equity: readonly number[], stepMs = DAY_MS) {
  return { at: equity.map((_, index) => START + (index + 1) * stepMs), equity };
}

describe('the daily equity', () => {
  it('is the last value of each UTC day, and a day without a point keeps the value before it', () => {
    const at = [START + 5, START + DAY_MS, START + 3 * DAY_MS + 1];
    const daily = toDaily({ at, equity: [100, 110, 121] }, 100);
    expect(daily.day).toEqual([0, 1, 2, 3].map((day) => START + day * DAY_MS));
    expect(daily.equity).toEqual([110, 110, 110, 121]);
    expect(daily.returns.map((value) => Number(value.toFixed(12)))).toEqual([0.1, 0, 0, 0.1]);
  });

  it('counts the close at midnight to the day that ends then: 48 hours are two days', () => {
    const hours = Array.from({ length: 48 }, (_, hour) => 100 + hour);
    const curve = curveOf(hours, DAY_MS / 24);
    expect(toDaily(curve, 100)).toMatchObject({ day: [START, START + DAY_MS], equity: [123, 147] });
    expect(performanceOf(curve, 100).days).toBe(2);
  });

  it('is empty for an empty curve', () => {
    expect(toDaily({ at: [], equity: [] }, 100).returns).toEqual([]);
  });
});

describe('the largest drawdown', () => {
  it('is the deepest fall from a peak, with the times of peak, trough and recovery', () => {
    const drawdown = largestDrawdown(curveOf([100, 120, 90, 110, 120, 60, 119]));
    expect(drawdown).toEqual({
      depth: 0.5,
      peakAt: START + 5 * DAY_MS,
      troughAt: START + 6 * DAY_MS,
      recoveredAt: undefined,
    });
  });

  it('is recovered once its peak is reached again, not a lower one', () => {
    const drawdown = largestDrawdown(curveOf([100, 50, 80, 79, 100, 99]));
    expect(drawdown).toMatchObject({ depth: 0.5, recoveredAt: START + 5 * DAY_MS });
  });

  it('is 0 for a curve that never falls', () => {
    expect(largestDrawdown(curveOf([1, 2, 2, 3])).depth).toBe(0);
    expect(drawdownSeries([1, 2, 1, 4])).toEqual([0, 0, 0.5, 0]);
  });
});

describe('the performance', () => {
  it('compounds over calendar time', () => {
    const { annualReturn, totalReturn, days } = performanceOf(
      curveOf([105, 110.25], (365 / 2) * DAY_MS),
      100,
    );
    expect(days).toBe(365);
    expect(totalReturn).toBeCloseTo(0.1025, 12);
    expect(annualReturn).toBeCloseTo(0.1025, 12);
  });

  // numpy: r = [0.01, -0.005, 0.02, 0.0]; mean/std(ddof=1)*sqrt(365), mean/sqrt(mean(min(r,0)**2))*sqrt(365).
  it('has the ratios that numpy computes for the same returns', () => {
    const equity = [101, 101 * 0.995, 101 * 0.995 * 1.02, 101 * 0.995 * 1.02];
    const { sharpe, sortino, annualVolatility } = performanceOf(curveOf(equity), 100);
    expect(sharpe).toBeCloseTo(10.7701329, 6);
    expect(sortino).toBeCloseTo(47.7624329, 6);
    expect(annualVolatility).toBeCloseTo(0.2118126137, 9);
  });

  it('leaves out what is not defined instead of naming a number', () => {
    const flat = performanceOf(curveOf([100, 100, 100]), 100);
    expect(flat).toMatchObject({ sharpe: undefined, sortino: undefined, calmar: undefined });
  });
});
