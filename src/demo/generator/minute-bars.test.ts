import { describe, expect, it } from 'vitest';
import { HOUR_FIELDS } from './hour-bars.js';
import { minuteBars } from './minute-bars.js';

function columnsOf(bar: readonly number[], hour = 100): number[][] {
  const minutes = minuteBars({ key: 99, hour, bar: Float64Array.from(bar) });
  return Array.from({ length: HOUR_FIELDS }, (_, field) =>
    [...minutes].filter((__, position) => position % HOUR_FIELDS === field),
  );
}

const HOURS: [what: string, bar: number[]][] = [
  ['rises', [10_000, 10_250, 9_900, 10_100, 5_000]],
  ['falls', [10_000, 10_250, 9_900, 9_950, 5_000]],
  ['has no wicks', [10_000, 10_100, 10_000, 10_100, 5_000]],
  ['goes nowhere', [10_000, 10_000, 10_000, 10_000, 5_000]],
  ['has the least volume', [10_000, 10_003, 9_998, 10_001, 240]],
  ['has few ticks', [3, 4, 1, 2, 1e12]],
];

describe('the minutes of an hour', () => {
  it.each(HOURS)('join to exactly it when it %s', (_what, bar) => {
    for (let hour = 0; hour < 50; hour++) {
      const [open = [], high = [], low = [], close = [], volume = []] = columnsOf(bar, hour);
      expect(volume).toHaveLength(60);
      const sum = volume.reduce((total, steps) => total + steps, 0);
      expect([open[0], Math.max(...high), Math.min(...low), close[59], sum]).toEqual(bar);
    }
  });

  it.each(HOURS)('are whole ticks and steps, at least one step each, when it %s', (_what, bar) => {
    const [, , , , volume = []] = columnsOf(bar);
    expect(columnsOf(bar).flat().every(Number.isInteger)).toBe(true);
    expect(Math.min(...volume)).toBeGreaterThanOrEqual(1);
  });

  it('reach the low first when the hour rises, else the high', () => {
    const firstAt = (bar: readonly number[]): [low: number, high: number] => {
      const [, high = [], low = []] = columnsOf(bar);
      return [low.indexOf(bar[2] ?? NaN), high.indexOf(bar[1] ?? NaN)];
    };
    const [lowOfRise, highOfRise] = firstAt([10_000, 12_000, 8_000, 10_500, 5_000]);
    expect(lowOfRise).toBeLessThan(highOfRise);
    const [lowOfFall, highOfFall] = firstAt([10_000, 12_000, 8_000, 9_500, 5_000]);
    expect(highOfFall).toBeLessThan(lowOfFall);
  });

  it('differ from hour to hour', () => {
    const bar = [10_000, 10_250, 9_900, 10_100, 5_000];
    expect(columnsOf(bar, 1)).not.toEqual(columnsOf(bar, 2));
  });
});
