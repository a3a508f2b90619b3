import type { Candle } from '../../src/domain/candle.js';
import { toColumns, type CandleColumns } from '../../src/domain/candle-columns.js';
import { barOpenTime, type Timeframe } from '../../src/domain/timeframe.js';

/** Number of the first bar of a walk: some 1h bar of 2024. */
export const WALK_START = 473_400;

export interface WalkOptions {
  readonly bars: number;
  readonly seed?: number;
  readonly timeframe?: Timeframe;
  readonly firstIndex?: number;
}

/** A random walk of candles without gaps, the same for the same seed. */
export function walkCandles(options: WalkOptions): Candle[] {
  const { bars, firstIndex = WALK_START, seed = 1, timeframe = '1h' } = options;
  const random = mulberry32(seed);
  let close = 100;
  return Array.from({ length: bars }, (_, position) => {
    const open = close;
    close = open * Math.exp((random() + random() - 1) * 0.01);
    return {
      openTime: barOpenTime(firstIndex + position, timeframe),
      open,
      high: Math.max(open, close) * (1 + random() * 0.003),
      low: Math.min(open, close) * (1 - random() * 0.003),
      close,
      volume: 10 + random() * 90,
    };
  });
}

export function walkColumns(options: WalkOptions): CandleColumns {
  return toColumns(walkCandles(options), {
    timeframe: options.timeframe ?? '1h',
    firstBarIndex: undefined,
    isKnownGap: () => false,
  });
}

/** A small generator of numbers in [0, 1) by Tommy Ettinger, in the public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
