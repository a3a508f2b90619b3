import { describe, expect, it } from 'vitest';
import {
  TIMEFRAMES,
  barIndex,
  barOpenTime,
  closeTimeOf,
  floorToBar,
  isTimeframe,
  lastClosedOpenTime,
  timeframeMs,
} from './timeframe.js';

const at = (iso: string): number => Date.parse(iso);

describe('timeframes', () => {
  it('opens a week on Monday, UTC', () => {
    const monday = at('2024-05-06T00:00:00Z');
    expect(new Date(monday).getUTCDay()).toBe(1);
    expect(floorToBar(at('2024-05-12T23:59:59.999Z'), '1w')).toBe(monday);
    expect(floorToBar(at('2024-05-13T00:00:00Z'), '1w')).toBe(at('2024-05-13T00:00:00Z'));
  });

  it('numbers bars so that number and open time lead to each other, on every timeframe', () => {
    for (const timeframe of TIMEFRAMES) {
      const index = barIndex(at('2024-05-08T13:37:42Z'), timeframe);
      const openTime = barOpenTime(index, timeframe);
      expect(barIndex(openTime, timeframe)).toBe(index);
      expect(barIndex(openTime + timeframeMs(timeframe) - 1, timeframe)).toBe(index);
      expect(barOpenTime(index + 1, timeframe)).toBe(closeTimeOf(openTime, timeframe));
    }
  });

  it('calls a bar closed from the first millisecond after it', () => {
    expect(lastClosedOpenTime(at('2024-05-08T14:00:00Z'), '1h')).toBe(at('2024-05-08T13:00:00Z'));
    expect(lastClosedOpenTime(at('2024-05-08T13:59:59.999Z'), '1h')).toBe(
      at('2024-05-08T12:00:00Z'),
    );
  });

  it('refuses months and what is no timeframe', () => {
    expect(['1M', '7m', '', '1H'].filter(isTimeframe)).toEqual([]);
  });
});
