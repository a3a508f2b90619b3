import { describe, expect, test } from 'vitest';
import { learnGridOffset, snapToGrid } from './venue-grid.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Thursday, 1970-01-01, as the epoch; Monday is four days later. */
const THURSDAY = 2_800 * 7 * DAY;

const every = (stepMs: number, fromMs: number): number[] =>
  Array.from({ length: 20 }, (_, index) => fromMs + index * stepMs);

describe('the grid of a venue', () => {
  test('is the usual one for weeks from Monday and days from midnight', () => {
    expect(learnGridOffset(every(7 * DAY, THURSDAY + 4 * DAY), '1w')).toBe(0);
    expect(learnGridOffset(every(DAY, THURSDAY), '1d')).toBe(0);
  });

  test('is three days later for weeks from Thursday, sixteen hours for days from 16:00 UTC', () => {
    expect(learnGridOffset(every(7 * DAY, THURSDAY), '1w')).toBe(3 * DAY);
    expect(learnGridOffset(every(DAY, THURSDAY + 16 * HOUR), '1d')).toBe(16 * HOUR);
  });

  test('is not learned where the rows disagree, and never for bars shorter than a day', () => {
    expect(learnGridOffset([], '1d')).toBeUndefined();
    expect(learnGridOffset([THURSDAY, THURSDAY + 5 * HOUR], '1d')).toBeUndefined();
    expect(learnGridOffset(every(HOUR, THURSDAY + 1), '1h')).toBe(0);
  });

  test('takes a row within a second for the bar there, and leaves others as they are', () => {
    const bound = THURSDAY + 16 * HOUR;
    for (const offMs of [-1_000, -1, 0, 1, 1_000]) {
      expect(snapToGrid(bound + offMs, '1d', 16 * HOUR)).toBe(bound);
    }
    expect(snapToGrid(bound + 1_001, '1d', 16 * HOUR)).toBe(bound + 1_001);
    expect(snapToGrid(NaN, '1d', 0)).toBeNaN();
  });
});
