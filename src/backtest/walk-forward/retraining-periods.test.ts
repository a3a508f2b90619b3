import { describe, expect, it } from 'vitest';
import { barIndex } from '../../domain/timeframe.js';
import { retrainingPeriods } from './retraining-periods.js';

const HOUR_MS = 3_600_000;
const firstIndex = barIndex(Date.UTC(2024, 0, 1), '1h');
const market = { timeframe: '1h', endIndex: firstIndex + 500 } as const;

describe('retrainingPeriods', () => {
  it('begins at the span and covers each bar once', () => {
    const span = { firstIndex, lastIndex: firstIndex + 399 };
    const periods = retrainingPeriods(span, '7d', market);
    expect(periods.map(({ at }) => at)).toEqual(
      [0, 168, 336].map((bars) => Date.UTC(2024, 0, 1) + bars * HOUR_MS),
    );
    expect(periods.map((one) => one.toIndex - one.fromIndex)).toEqual([168, 168, 164]);
    expect(periods[1]?.fromIndex).toBe(periods[0]?.toIndex);
  });

  it('keeps the same periods when the span ends earlier', () => {
    const long = retrainingPeriods({ firstIndex, lastIndex: firstIndex + 399 }, '7d', market);
    const short = retrainingPeriods({ firstIndex, lastIndex: firstIndex + 200 }, '7d', market);
    expect(short).toEqual(long.slice(0, 2));
  });

  it('has one period when nothing is trained again', () => {
    const span = { firstIndex, lastIndex: firstIndex + 399 };
    expect(retrainingPeriods(span, 'never', market)).toEqual([
      { at: Date.UTC(2024, 0, 1), fromIndex: firstIndex, toIndex: firstIndex + 500 },
    ]);
  });

  it('never retrains twice within a bar', () => {
    const weeks = { firstIndex: 100, lastIndex: 103 };
    const periods = retrainingPeriods(weeks, '1d', { timeframe: '1w', endIndex: 104 });
    expect(periods.map((one) => one.fromIndex)).toEqual([100, 101, 102, 103]);
  });
});
