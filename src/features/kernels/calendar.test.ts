import { describe, expect, it } from 'vitest';
import {
  cycle,
  isOnWeekdays,
  isWithinHours,
  monthShare,
  newestClosed,
  weekday,
} from './calendar.js';
import { applyKernel } from './kernel.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const times = (...texts: string[]): Float64Array =>
  Float64Array.from(texts, (text) => Date.parse(text));

describe('calendar kernels', () => {
  it('know the weekday in UTC, Monday first', () => {
    // 2024-01-01 was a Monday.
    expect(weekday(Date.parse('2024-01-01T00:00Z'))).toBe(0);
    expect(weekday(Date.parse('2024-01-07T23:59Z'))).toBe(6);
    const out = applyKernel(isOnWeekdays([5, 6]), [
      times('2024-01-05T23:00Z', '2024-01-06T00:00Z', '2024-01-07T23:00Z', '2024-01-08T00:00Z'),
    ]);
    expect([...out]).toEqual([0, 1, 1, 0]);
  });

  it('turn once a period, from its origin', () => {
    const day = { periodMs: DAY_MS, originMs: 0 };
    const at = [times('2024-01-01T00:00Z', '2024-01-01T06:00Z', '2024-01-01T12:00Z')] as const;
    const sines = applyKernel(cycle('sin', day), at);
    [0, 1, 0].forEach((value, i) => expect(sines[i]).toBeCloseTo(value, 9));
    const week = { periodMs: 7 * DAY_MS, originMs: 4 * DAY_MS };
    expect(applyKernel(cycle('cos', week), at)[0]).toBeCloseTo(1, 12);
  });

  it('know sessions by the hour at which a bar opens', () => {
    const out = applyKernel(isWithinHours(7, 16), [
      times('2024-01-01T06:59Z', '2024-01-01T07:00Z', '2024-01-01T15:59Z', '2024-01-01T16:00Z'),
    ]);
    expect([...out]).toEqual([0, 1, 1, 0]);
  });

  it('know sessions to the millisecond at every hour of the day', () => {
    for (let hour = 0; hour < 24; hour++) {
      const start = Date.UTC(2024, 4, 17, hour);
      const out = applyKernel(isWithinHours(0, hour), [Float64Array.of(start - 1, start)]);
      expect(out[1]).toBe(0);
      expect(out[0]).toBe(Number(hour > 0));
    }
  });

  it('give the day’s place within its month, leap years included', () => {
    const out = applyKernel(monthShare, [
      times('2024-02-01T00:00Z', '2024-02-15T12:00Z', '2024-02-29T23:00Z', '2023-02-28T00:00Z'),
    ]);
    expect([...out]).toEqual([0, 0.5, 1, 1]);
  });

  it('carry the newest closed bar of a higher timeframe to each base bar', () => {
    const closed = Float64Array.of(0, 0, 1, 1, 2);
    const out = applyKernel(newestClosed, [Float64Array.of(7, 8, NaN, NaN, NaN), closed]);
    expect([...out]).toEqual([NaN, NaN, 7, 7, 8]);
  });
});
