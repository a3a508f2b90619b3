import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findCandleDefect } from '../domain/candle.js';
import { siftRows } from './sift-rows.js';

const HOUR = 3_600_000;
const T0 = 472_222 * HOUR;
const options = {
  timeframe: '1h',
  offsetMs: 0,
  venueMs: T0 + 10 * HOUR,
  latestMs: T0 + 10 * HOUR + 5_000,
  fromMs: T0,
  untilMs: T0 + 20 * HOUR,
} as const;

function row(index: number, price = 10): unknown[] {
  return [T0 + index * HOUR, price, price + 1, price - 1, price, 5];
}

describe('siftRows', () => {
  test('takes a missing volume for none, and keeps the bar', () => {
    const [openTime, ...prices] = row(1).slice(0, 5);
    for (const volume of [null, undefined]) {
      const { candles } = siftRows([[openTime, ...prices, volume]], options);
      expect(candles).toMatchObject([{ openTime, volume: 0 }]);
    }
  });

  test('snaps a row a millisecond off the grid, and refuses one a minute off by name', () => {
    const shifted = (offMs: number): unknown[] => [T0 + HOUR + offMs, ...row(1).slice(1)];
    for (const offMs of [-1, 1]) {
      expect(siftRows([shifted(offMs)], options).candles).toMatchObject([{ openTime: T0 + HOUR }]);
    }
    expect(siftRows([shifted(60_000)], options).rejected).toMatchObject([
      { kind: 'off-grid', reason: 'opens 60000 ms after a bound of 1h' },
    ]);
  });

  test('keeps closed, sound rows, ascending', () => {
    const { candles, rejected } = siftRows([row(2), row(0), row(1)], options);
    expect(candles.map(({ openTime }) => openTime)).toEqual([T0, T0 + HOUR, T0 + 2 * HOUR]);
    expect(rejected).toEqual([]);
  });

  test('counts a bar as closed from the very millisecond that it closes', () => {
    expect(siftRows([row(9)], options).candles).toHaveLength(1);
    expect(siftRows([row(9)], { ...options, venueMs: T0 + 10 * HOUR - 1 }).rejected).toMatchObject([
      { kind: 'unfinished' },
    ]);
  });

  test('takes a bar that opened while the venue answered for unfinished, not for the future', () => {
    const { rejected } = siftRows([row(10), row(11)], options);
    expect(rejected.map(({ kind }) => kind)).toEqual(['unfinished', 'future']);
    const early = { ...options, venueMs: T0 + 10 * HOUR - 1 };
    expect(siftRows([row(10)], early).rejected).toMatchObject([{ kind: 'unfinished' }]);
  });

  test('lets the later of two rows for one bar count and reports the other', () => {
    const { candles, rejected } = siftRows([row(1, 10), row(1, 12)], options);
    expect(candles).toMatchObject([{ close: 12 }]);
    expect(rejected).toMatchObject([{ kind: 'duplicate', candle: { close: 10 } }]);
  });

  test('names what is wrong with each row that it leaves out', () => {
    const rows = [
      [T0, 1, 1, 1, NaN, 1],
      [T0 + HOUR, 1, 1, -1, 1, 1],
      [T0 + 2 * HOUR, 2, 1, 1, 2, 1],
      [T0 + 3 * HOUR, 1, 1, 1, 1, 'none'],
      [undefined, 1, 1, 1, 1, 1],
      [T0 + 4 * HOUR + 5_000, 1, 1, 1, 1, 1],
      row(30),
      [],
    ];
    const { candles, rejected } = siftRows(rows, options);
    expect(candles).toEqual([]);
    expect(rejected.map(({ kind }) => kind)).toEqual([
      'defective',
      'defective',
      'defective',
      'defective',
      'defective',
      'off-grid',
      'future',
      'defective',
    ]);
  });

  test('passes over rows outside the stretch that was asked for', () => {
    const narrow = { ...options, fromMs: T0 + HOUR, untilMs: T0 + 2 * HOUR };
    expect(siftRows([row(0), row(1), row(3)], narrow)).toMatchObject({
      candles: [{ openTime: T0 + HOUR }],
      rejected: [],
    });
  });

  test('never lets an unsound, open or repeated candle through', () => {
    const cell = fc.oneof(
      fc.double(),
      fc.integer({ min: -5, max: 30 }).map((index) => T0 + index * HOUR),
      fc.constantFrom(undefined, null, 'x', 0, -1, 1, 2, 3),
    );
    const anyRow = fc.array(cell, { maxLength: 7 });
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 30 }), (rows) => {
        const { candles, rejected } = siftRows(rows, options);
        const times = candles.map(({ openTime }) => openTime);
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
        for (const candle of candles) {
          expect(findCandleDefect(candle)).toBeUndefined();
          expect(candle.openTime + HOUR).toBeLessThanOrEqual(options.venueMs);
        }
        expect(candles.length + rejected.length).toBeLessThanOrEqual(rows.length);
      }),
    );
  });
});
