import { describe, expect, it } from 'vitest';
import { REQUIRED_BARS } from '../../features/feature-matrix.js';
import {
  assertReachableSamples,
  trainingPeriodText,
  trainingWindowAt,
  windowBars,
} from './training-window.js';

const HOUR_MS = 3_600_000;
const AUTO = { historyDays: 'auto', trainMonthsBack: 6 } as const;

describe('training window', () => {
  it('is 6 months by default: 4,380 hourly bars', () => {
    expect(windowBars('1h', AUTO)).toBe(4380);
    expect(trainingPeriodText(4380, '1h')).toBe('183d');
  });

  it('has at least 600 bars, however long they are', () => {
    expect(windowBars('1d', AUTO)).toBe(600);
    expect(windowBars('1w', AUTO)).toBe(600);
  });

  it('is as long as HISTORY_DAYS says where it says so', () => {
    expect(windowBars('1h', { ...AUTO, historyDays: 10 })).toBe(240);
  });

  it("ends with the newest closed bar and loads the features' depth before its first", () => {
    const window = trainingWindowAt(10_000.5 * HOUR_MS, '1h', { ...AUTO, historyDays: 10 });
    expect(window.lastOpenTime).toBe(9999 * HOUR_MS);
    expect([window.fromIndex, window.toIndex]).toEqual([9760, 10_000]);
    expect(window.loadFromOpenTime).toBe((9760 - REQUIRED_BARS) * HOUR_MS);
  });
});

describe('the least number of samples', () => {
  const options = { historyDays: 20, trainMonthsBack: 6, timeframes: ['1h', '4h'] } as const;

  it('is refused where the window cannot hold it, with both numbers', () => {
    expect(() => assertReachableSamples({ ...options, minInitialTrainSamples: 121 })).toThrow(
      'MIN_INITIAL_TRAIN_SAMPLES=121 can never be met: the training window holds 120 candles of 4h',
    );
  });

  it('is taken where every window can hold it', () => {
    expect(() => assertReachableSamples({ ...options, minInitialTrainSamples: 120 })).not.toThrow();
  });
});
