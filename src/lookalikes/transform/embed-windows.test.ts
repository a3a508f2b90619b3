import { describe, expect, it } from 'vitest';
import { toColumns, type CandleColumns } from '../../domain/candle-columns.js';
import type { Candle } from '../../domain/candle.js';
import { seededRandom } from '../../lib/seeded-random.js';
import {
  EMBEDDING_BARS,
  EMBEDDING_REACH,
  EMBEDDING_SIZE,
  WindowEmbedder,
} from './embed-windows.js';

const HOUR_MS = 3_600_000;
const BARS = 200;

function walk(seed: string): Candle[] {
  const random = seededRandom(seed.repeat(32));
  let close = 100;
  return Array.from({ length: BARS }, (_, bar) => {
    const open = close;
    close *= Math.exp(0.02 * (random() - 0.5));
    const [high, low] = [Math.max(open, close) * 1.001, Math.min(open, close) / 1.001];
    return { openTime: bar * HOUR_MS, open, high, low, close, volume: 10 + random() };
  });
}

function columnsOf(candles: readonly Candle[]): CandleColumns {
  return toColumns(candles, { timeframe: '1h', firstBarIndex: undefined, isKnownGap: () => true });
}

function embed(
  candles: readonly Candle[],
  index: number,
  reference: readonly Candle[] = candles,
): number[] | undefined {
  const source = { series: columnsOf(candles), reference: columnsOf(reference) };
  const values = new Float64Array(EMBEDDING_SIZE);
  return new WindowEmbedder(source).embed(index, values) ? Array.from(values) : undefined;
}

describe('the embedding of a window', () => {
  const candles = walk('1');
  const reference = walk('2');
  const own = embed(candles, 120, reference);

  it('ignores every later candle and every one before the 65 that it is made of', () => {
    const wild = (one: Candle, bar: number): Candle =>
      bar > 120 || bar <= 120 - EMBEDDING_REACH ? { ...one, close: one.close * (1 + bar) } : one;
    expect(embed(candles.map(wild), 120, reference.map(wild))).toEqual(own);
    const nearest = (one: Candle, bar: number): Candle =>
      bar === 121 - EMBEDDING_REACH ? { ...one, close: one.close * 1.01 } : one;
    expect(embed(candles.map(nearest), 120, reference)).not.toEqual(own);
  });

  it('does not depend on the scale of price and volume', () => {
    const scaled = candles.map(({ openTime, open, high, low, close, volume }) => ({
      openTime,
      open: open * 64,
      high: high * 64,
      low: low * 64,
      close: close * 64,
      volume: volume * 1024,
    }));
    const other = embed(scaled, 120, reference) ?? [];
    for (const [at, value] of (own ?? []).entries()) expect(other[at]).toBeCloseTo(value, 10);
  });

  it('measures the difference of two paths: its first half is the transform of the path', () => {
    const other = embed(walk('3'), 120, reference) ?? [];
    const distance = Math.hypot(...(own ?? []).map((value, at) => value - (other[at] ?? NaN)));
    expect(distance).toBeGreaterThan(0.1);
    expect(distance).toBeLessThan(4);
  });

  it('is refused where a candle of the window or of its reference is missing, and where nothing moved', () => {
    const without = (bar: number): Candle[] => candles.filter((_, at) => at !== bar);
    expect(embed(without(120 - EMBEDDING_BARS + 5), 120)).toBeUndefined();
    expect(embed(candles, 120, without(100))).toBeUndefined();
    expect(embed(without(121), 120)).toBeDefined();
    expect(embed(candles, EMBEDDING_BARS - 1)).toBeUndefined();
    expect(embed(candles, EMBEDDING_BARS)).toBeDefined();
    const flat = candles.map((one) => ({ ...one, open: 5, high: 5, low: 5, close: 5 }));
    expect(embed(flat, 120)).toBeUndefined();
  });

  it('is finite without volume', () => {
    const silent = embed(
      candles.map((one) => ({ ...one, volume: 0 })),
      120,
    );
    expect(silent?.every((value) => Number.isFinite(value))).toBe(true);
  });
});
