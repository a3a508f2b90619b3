import { describe, expect, it } from 'vitest';
import { generateColumns } from '../../test/golden/generated-series.js';
import { barIndex, barOpenTime, TIMEFRAMES, timeframeMs } from '../domain/timeframe.js';
import { DEPTH_BARS } from './definition/block-layout.js';
import { HIGHER_TIMEFRAMES, resample } from './higher-timeframes.js';

const SERIES = generateColumns({ seed: 3, bars: 100 });
const DAY_MS = 86_400_000;

describe('resampling', () => {
  const resampled = resample(SERIES, {
    timeframe: '1h',
    firstIndex: SERIES.firstIndex,
    length: SERIES.length,
    groupBars: 4,
  });
  /** The series begins at 05:00 UTC: the first whole group of four hours opens at 08:00. */
  const FIRST_GROUP = 3;

  it('puts bars together on UTC bounds and leaves the broken first group out', () => {
    expect(barOpenTime(SERIES.firstIndex + FIRST_GROUP, '1h') % (4 * 3_600_000)).toBe(0);
    const group = { from: FIRST_GROUP + 4, to: FIRST_GROUP + 8 };
    const part = (column: Float64Array): number[] => [...column.slice(group.from, group.to)];
    expect(resampled.open[1]).toBe(SERIES.open[group.from]);
    expect(resampled.close[1]).toBe(SERIES.close[group.to - 1]);
    expect(resampled.high[1]).toBe(Math.max(...part(SERIES.high)));
    expect(resampled.low[1]).toBe(Math.min(...part(SERIES.low)));
    expect(resampled.volume[1]).toBeCloseTo(
      part(SERIES.volume).reduce((sum, value) => sum + value, 0),
      9,
    );
  });

  it('counts a bar as closed from its last base bar on, not before', () => {
    const closed = [...resampled.closed.subarray(0, 12)];
    expect(closed).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
    expect(resampled.length).toBe(Math.floor((100 - FIRST_GROUP) / 4));
    expect(resampled.closed[99]).toBe(resampled.length);
  });

  it('is empty for a span shorter than one bar', () => {
    const options = {
      timeframe: '1h',
      firstIndex: SERIES.firstIndex,
      length: 5,
      groupBars: 24,
    } as const;
    expect(resample(SERIES, options).length).toBe(0);
  });
});

describe('the timeframes above each timeframe', () => {
  it.each(TIMEFRAMES)('of %s lie on bounds of days or weeks', (timeframe) => {
    const { nearBars, farBars } = HIGHER_TIMEFRAMES[timeframe];
    expect(nearBars).toBeGreaterThanOrEqual(3);
    expect(farBars).toBeGreaterThan(2 * nearBars);
    for (const bars of [nearBars, farBars]) {
      const lengthMs = bars * timeframeMs(timeframe);
      expect(lengthMs % DAY_MS === 0 || DAY_MS % lengthMs === 0).toBe(true);
    }
  });

  it.each(TIMEFRAMES)(
    'of %s leave enough whole bars in a span for their longest window',
    (timeframe) => {
      const { nearBars, farBars } = HIGHER_TIMEFRAMES[timeframe];
      // At worst a span begins just after a bound and ends just before one.
      expect(Math.floor((DEPTH_BARS + 1 - 2 * (farBars - 1)) / farBars)).toBeGreaterThanOrEqual(15);
      expect(Math.floor((DEPTH_BARS + 1 - 2 * (nearBars - 1)) / nearBars)).toBeGreaterThanOrEqual(
        40,
      );
    },
  );

  it('that are whole weeks open on Monday', () => {
    const monday = Date.UTC(2024, 0, 1);
    const series = generateColumns({
      seed: 4,
      bars: 60,
      timeframe: '1d',
      firstOpenTime: monday - 3 * DAY_MS,
    });
    const weekly = resample(series, {
      timeframe: '1d',
      firstIndex: series.firstIndex,
      length: series.length,
      groupBars: 7,
    });
    expect(weekly.open[0]).toBe(series.open[barIndex(monday, '1d') - series.firstIndex]);
  });
});
