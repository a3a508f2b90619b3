import { describe, expect, it } from 'vitest';
import { steppedCandles } from '../../../test/demo/recording-files.js';
import { resampleBars } from './resample.js';

const HOUR_MS = 3_600_000;
const MONDAY_MS = Date.UTC(2024, 0, 1);

describe('resampling', () => {
  it('joins first open, highest high, lowest low, last close and all volume', () => {
    const bars = steppedCandles({ fromMs: MONDAY_MS, stepMs: HOUR_MS, count: 4 });
    expect(resampleBars(bars, '4h')).toEqual([
      { openTime: MONDAY_MS, open: 100, high: 106, low: 96, close: 100, volume: 46 },
    ]);
  });

  it('begins weeks on Monday', () => {
    const bars = steppedCandles({ fromMs: MONDAY_MS - HOUR_MS, stepMs: HOUR_MS, count: 2 });
    const openTimes = resampleBars(bars, '1w').map(({ openTime }) => openTime);
    expect(openTimes).toEqual([MONDAY_MS - 7 * 24 * HOUR_MS, MONDAY_MS]);
  });

  it('leaves out a coarse bar without any bar in it', () => {
    const bars = steppedCandles({ fromMs: MONDAY_MS, stepMs: 8 * HOUR_MS, count: 2 });
    expect(resampleBars(bars, '4h').map(({ openTime }) => openTime)).toEqual([
      MONDAY_MS,
      MONDAY_MS + 8 * HOUR_MS,
    ]);
  });

  it('adds decimals without a rest', () => {
    const bar = { openTime: 0, open: 1, high: 1, low: 1, close: 1 };
    const bars = [0.1, 0.2].map((volume, i) => ({ ...bar, openTime: i * HOUR_MS, volume }));
    expect(resampleBars(bars, '1d')[0]?.volume).toBe(0.3);
  });

  it('makes nothing of nothing', () => {
    expect(resampleBars([], '1d')).toEqual([]);
  });
});
