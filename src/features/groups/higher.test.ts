import { describe, expect, it } from 'vitest';
import { checkFormulas } from '../../../test/golden/check-formulas.js';
import { deviation, mean, NAIVE_ROWS, type NaiveRow } from '../../../test/golden/naive-rows.js';

interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Closed bars of so many hours on UTC bounds, newest first. */
function closedBars(row: NaiveRow, hours: number, count: number): Bar[] {
  const sinceClose = (row.index + 1) % hours;
  return Array.from({ length: count }, (_, bar) => {
    const lag = sinceClose + bar * hours;
    return {
      open: row.at('open', lag + hours - 1),
      high: Math.max(...row.last('high', hours, lag)),
      low: Math.min(...row.last('low', hours, lag)),
      close: row.at('close', lag),
      volume: row.last('volume', hours, lag).reduce((sum, volume) => sum + volume, 0),
    };
  });
}

function returnsOf(row: NaiveRow, hours: number, count: number): number[] {
  const closes = closedBars(row, hours, count + 1).map(({ close }) => close);
  return closes.slice(0, -1).map((close, i) => Math.log(close / (closes[i + 1] ?? NaN)));
}

function bodyShare([bar]: readonly Bar[]): number {
  if (bar === undefined) return NaN;
  return (bar.close - bar.open) / (bar.high - bar.low);
}

function place(bars: readonly Bar[]): number {
  const low = Math.min(...bars.map((bar) => bar.low));
  const high = Math.max(...bars.map((bar) => bar.high));
  return ((bars[0]?.close ?? NaN) - low) / (high - low);
}

function volumeRatio(bars: readonly Bar[]): number {
  return Math.log(1 + (bars[0]?.volume ?? NaN) / mean(bars.map(({ volume }) => volume)));
}

checkFormulas('features of higher timeframes: four hours and a day for hours', {
  near_log_return_1: (row) => returnsOf(row, 4, 1)[0] ?? NaN,
  near_log_return_6: (row) => returnsOf(row, 4, 6).reduce((sum, move) => sum + move, 0),
  near_realised_vol_20: (row) => deviation(returnsOf(row, 4, 20)),
  near_body_share: (row) => bodyShare(closedBars(row, 4, 1)),
  near_volume_ratio_5: (row) => volumeRatio(closedBars(row, 4, 5)),
  near_range_position_20: (row) => place(closedBars(row, 4, 20)),
  far_log_return_1: (row) => returnsOf(row, 24, 1)[0] ?? NaN,
  far_log_return_14: (row) => returnsOf(row, 24, 14).reduce((sum, move) => sum + move, 0),
  far_realised_vol_10: (row) => deviation(returnsOf(row, 24, 10)),
  far_body_share: (row) => bodyShare(closedBars(row, 24, 1)),
  far_volume_ratio_5: (row) => volumeRatio(closedBars(row, 24, 5)),
  far_range_position_10: (row) => place(closedBars(row, 24, 10)),
});

describe('the bars checked', () => {
  it('include some that close a bar of four hours and many that do not', () => {
    const closing = NAIVE_ROWS.filter(({ index }) => (index + 1) % 4 === 0);
    expect(closing.length).toBeGreaterThan(3);
    expect(closing.length).toBeLessThan(NAIVE_ROWS.length - 3);
  });
});
