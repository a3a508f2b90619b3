import { describe, expect, it } from 'vitest';
import type { Candle } from '../domain/candle.js';
import { toColumns, type CandleColumns } from '../domain/candle-columns.js';
import { barOpenTime } from '../domain/timeframe.js';
import { applyRules, fallbackConfidence, fallbackDirection } from './fallback-signal.js';

const FIRST = 473_400;

/** Columns with these closes; undefined is a bar without a candle. */
function columnsOf(closes: readonly (number | undefined)[], isKnownGap = true): CandleColumns {
  const candles = closes.flatMap((close, position): Candle[] =>
    close === undefined
      ? []
      : [
          {
            openTime: barOpenTime(FIRST + position, '1h'),
            open: close,
            high: close,
            low: close,
            close,
            volume: 1,
          },
        ],
  );
  return toColumns(candles, {
    timeframe: '1h',
    firstBarIndex: undefined,
    isKnownGap: () => isKnownGap,
    lastIndex: FIRST + closes.length - 1,
  });
}

const series = (bars: number, close: (i: number) => number): number[] =>
  Array.from({ length: bars }, (_, i) => close(i));

const WAVES = (i: number): number => 100 + 10 * Math.sin(i / 7) + 3 * Math.cos(i / 3) + 0.01 * i;
const RISE = (i: number): number => 100 * Math.exp(0.002 * i + 0.01 * Math.sin(i));
const FALL = (i: number): number => 100 * Math.exp(-0.002 * i + 0.02 * Math.sin(i));

describe('the indicators of the fallback', () => {
  // Values by TA-Lib 0.8.2 (SMA and RSI of the same closes, last value); RSI here has two decimals.
  it.each([
    ['waves', 640, WAVES, 111.18132982285458, 106.09344673604949, 38.5602064368789],
    ['waves', 50, WAVES, 98.62736193737133, 100.55593291339471, 75.34887578849647],
    ['rise', 640, RISE, 354.0334004554539, 341.94758800315395, 60.286601807533444],
    ['rise', 50, RISE, 108.77189366793667, 105.07008735045574, 61.10760905071984],
    ['fall', 640, FALL, 28.17973201848824, 29.277050996822805, 36.80155381874927],
    ['fall', 50, FALL, 91.68524309164484, 95.27672312265915, 36.16658473286304],
  ])('agree with TA-Lib: %s over %i bars', (...[, bars, close, sma14, sma50, rsi14]) => {
    const { indicators } = fallbackDirection(columnsOf(series(bars, close)));
    expect(indicators?.sma14).toBeCloseTo(sma14, 9);
    expect(indicators?.sma50).toBeCloseTo(sma50, 9);
    expect(Math.abs((indicators?.rsi14 ?? NaN) - rsi14)).toBeLessThanOrEqual(0.005);
  });

  it('see the newest 640 bars only', () => {
    const newest = series(640, WAVES);
    const longer = [...series(900, (i) => 5_000 - i), ...newest];
    expect(fallbackDirection(columnsOf(longer))).toEqual(fallbackDirection(columnsOf(newest)));
  });

  it('count fillers as bars at the previous close', () => {
    const closes: (number | undefined)[] = series(60, WAVES);
    closes[55] = undefined;
    const written: number[] = series(60, WAVES);
    written[55] = written[54] ?? NaN;
    expect(fallbackDirection(columnsOf(closes))).toEqual(fallbackDirection(columnsOf(written)));
  });
});

describe('the rules', () => {
  it.each([
    ['BUY', { sma14: 101, sma50: 100, rsi14: 69.99 }],
    ['HOLD', { sma14: 101, sma50: 100, rsi14: 70 }],
    ['SELL', { sma14: 99, sma50: 100, rsi14: 30.01 }],
    ['HOLD', { sma14: 99, sma50: 100, rsi14: 30 }],
    ['HOLD', { sma14: 100, sma50: 100, rsi14: 50 }],
  ])('say %s at %j', (prediction, indicators) => {
    expect(applyRules(indicators)).toBe(prediction);
  });

  it('follow a rise and a fall', () => {
    expect(fallbackDirection(columnsOf(series(640, RISE))).prediction).toBe('BUY');
    expect(fallbackDirection(columnsOf(series(640, FALL))).prediction).toBe('SELL');
  });

  it('do not buy what only rises: it is overbought', () => {
    const direction = fallbackDirection(columnsOf(series(100, (i) => 100 + i)));
    expect(direction.indicators?.rsi14).toBe(100);
    expect(direction.prediction).toBe('HOLD');
  });
});

describe('the confidence', () => {
  it('is the documented example', () => {
    // 55 + 10 · (½·|50125.30/49875.60 − 1|/0.02 + ½·|65.2 − 50|/50) = 57.7716…
    const confidence = fallbackConfidence({ sma14: 50125.3, sma50: 49875.6, rsi14: 65.2 });
    expect(confidence.toFixed(2)).toBe('57.77');
  });

  it('lies between 55 and 65', () => {
    expect(fallbackConfidence({ sma14: 100, sma50: 100, rsi14: 50 })).toBe(55);
    expect(fallbackConfidence({ sma14: 150, sma50: 100, rsi14: 69 })).toBe(65);
    expect(fallbackConfidence({ sma14: 100, sma50: 100, rsi14: 100 })).toBe(60);
  });
});

describe('a market that says nothing', () => {
  it.each([0.1, 1 / 3, 57_123.45])('stands still at %d: neutral, HOLD at 55', (close) => {
    const direction = fallbackDirection(columnsOf(series(640, () => close)));
    expect(direction.prediction).toBe('HOLD');
    expect(direction.indicators?.rsi14).toBe(50);
    expect(direction.confidence).toBeCloseTo(55, 9);
  });

  it('has under 50 bars: HOLD without indicators', () => {
    const expected = { prediction: 'HOLD', confidence: 0, indicators: undefined };
    expect(fallbackDirection(columnsOf(series(49, RISE)))).toEqual(expected);
    expect(fallbackDirection(columnsOf([]))).toEqual(expected);
    expect(fallbackDirection(columnsOf(series(50, RISE))).indicators).toBeDefined();
  });

  it('has a hole in its history: only what follows counts', () => {
    const closes: (number | undefined)[] = series(200, RISE);
    closes[160] = undefined;
    expect(fallbackDirection(columnsOf(closes, false)).indicators).toBeUndefined();
    closes[160] = 1;
    closes[120] = undefined;
    expect(fallbackDirection(columnsOf(closes, false)).indicators).toBeDefined();
  });
});
