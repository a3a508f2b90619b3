import { describe, expect, it } from 'vitest';
import type { Candle } from '../../domain/candle.js';
import { BarSet, BarWindow, type FileItem } from './bar-window.js';

const HOUR_MS = 3_600_000;

function item(): FileItem {
  return { symbol: 'Coin', index: 0, done: new BarSet() };
}

function price(hour: number, value: number): Candle {
  const openTime = hour * HOUR_MS;
  return { openTime, open: value, high: value, low: value, close: value, volume: 0 };
}

describe('bars of a file', () => {
  it('open with the first price by time and close with the last, in any order of lines', () => {
    const window = new BarWindow('1h', 'prices');
    const coin = item();
    expect(window.add(coin, price(1, 12), HOUR_MS + 30)).toBe('new');
    expect(window.add(coin, price(1, 10), HOUR_MS + 10)).toBe('merged');
    expect(window.add(coin, price(1, 15), HOUR_MS + 20)).toBe('merged');
    const [bars] = window.take();
    expect(bars?.candles).toEqual([
      { openTime: HOUR_MS, open: 10, high: 15, low: 10, close: 12, volume: 0 },
    ]);
  });

  it('take a candle once, and name one that differs', () => {
    const window = new BarWindow('1h', 'candles');
    const coin = item();
    expect(window.add(coin, price(1, 12), HOUR_MS)).toBe('new');
    expect(window.add(coin, price(1, 12), HOUR_MS)).toBe('merged');
    expect(window.add(coin, price(1, 13), HOUR_MS)).toBe('conflict');
  });

  it('remember that they were handed out', () => {
    const window = new BarWindow('1h', 'candles');
    const coin = item();
    window.add(coin, price(5_000, 12), 5_000 * HOUR_MS);
    window.take();
    expect(window.isEmpty).toBe(true);
    expect(window.add(coin, price(5_000, 12), 5_000 * HOUR_MS)).toBe('late');
    expect(window.add(coin, price(4_999, 12), 4_999 * HOUR_MS)).toBe('new');
  });

  it('are handed out in parts, the oldest first', () => {
    const window = new BarWindow('1h', 'candles');
    const coin = item();
    for (let hour = 0; !window.isFull; hour++) window.add(coin, price(hour, 1), hour * HOUR_MS);
    const [bars] = window.take();
    expect(bars?.candles).toHaveLength(5_000);
    expect(bars?.candles[0]?.openTime).toBe(0);
    expect(window.isFull).toBe(false);
  });
});

describe('a set of bars', () => {
  it('holds the bars that were added and no others', () => {
    const set = new BarSet();
    const added = [0, 31, 32, 1_023, 1_024, 480_000, 29_000_000];
    for (const bar of added) set.add(bar);
    expect(added.every((bar) => set.has(bar))).toBe(true);
    expect([1, 30, 33, 1_022, 1_025, 480_001].some((bar) => set.has(bar))).toBe(false);
  });
});
