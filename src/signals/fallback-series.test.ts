import { expect, it } from 'vitest';
import { BarState, toColumns, type CandleColumns } from '../domain/candle-columns.js';
import { DIRECTIONS } from '../domain/signal.js';
import { seededRandom } from '../lib/seeded-random.js';
import { fallbackSeries } from './fallback-series.js';
import { fallbackDirection } from './fallback-signal.js';

const HOUR_MS = 3_600_000;

/** A walk with quiet stretches, gaps of the venue and holes that were never collected. */
function walk(seed: number, bars: number): CandleColumns {
  const random = seededRandom(seed.toString(16).padStart(32, '7'));
  let close = 100;
  const candles = [];
  for (let bar = 0; bar < bars; bar++) {
    const isQuiet = bar % 900 > 880 || (bar > 1500 && bar < 2200);
    if (!isQuiet) close = Number((close * Math.exp(0.02 * (random() - 0.5))).toFixed(2));
    const isMissing = bar % 97 === 5 || (bar > 1200 && bar < 1205);
    if (isMissing) continue;
    candles.push({
      openTime: bar * HOUR_MS,
      open: close,
      high: close,
      low: close,
      close,
      volume: 1,
    });
  }
  const isKnownGap = (index: number): boolean => index % 97 === 5;
  return toColumns(candles, { timeframe: '1h', firstBarIndex: undefined, isKnownGap });
}

function windowUpTo(columns: CandleColumns, at: number): CandleColumns {
  const part = (values: Float64Array): Float64Array => values.slice(0, at + 1);
  const { open, high, low, close, volume } = columns;
  return {
    ...columns,
    length: at + 1,
    open: part(open),
    high: part(high),
    low: part(low),
    close: part(close),
    volume: part(volume),
    state: columns.state.slice(0, at + 1),
  };
}

it('the directions of a whole series equal those of each bar taken by itself, to the last bit', () => {
  const columns = walk(1, 2600);
  expect(columns.state.includes(BarState.unknown)).toBe(true);
  const series = fallbackSeries(columns);
  for (let at = 0; at < columns.length; at += 3) {
    const own = fallbackDirection(windowUpTo(columns, at));
    expect([at, DIRECTIONS[series.prediction[at] ?? -1], series.confidence[at]]).toEqual([
      at,
      own.prediction,
      own.confidence,
    ]);
    const { sma14 = NaN, sma50 = NaN, rsi14 = NaN } = own.indicators ?? {};
    expect([series.sma14[at], series.sma50[at], series.rsi14[at]]).toEqual([sma14, sma50, rsi14]);
  }
});
