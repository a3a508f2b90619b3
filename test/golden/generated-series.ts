import { readFileSync } from 'node:fs';
import type { Candle } from '../../src/domain/candle.js';
import { toColumns, type CandleColumns } from '../../src/domain/candle-columns.js';
import { barIndex, timeframeMs, type Timeframe } from '../../src/domain/timeframe.js';

export interface SeriesOptions {
  readonly seed: number;
  readonly bars: number;
  readonly timeframe?: Timeframe;
  /** Open time of the first bar; away from any block's bound by default. */
  readonly firstOpenTime?: number;
  readonly firstPrice?: number;
  /** Share of bars in which nothing trades. */
  readonly idleShare?: number;
}

/** 2023-11-01T05:00Z. */
const FIRST_OPEN_TIME = Date.UTC(2023, 10, 1, 5);

/**
 * A market of our own making: volatility that clusters, fat tails, jumps and idle bars. Only additions,
 * multiplications and roundings of 64-bit floats, so that every machine makes the same bars.
 */
export function generateCandles(options: SeriesOptions): Candle[] {
  const { seed, bars, timeframe = '1h', idleShare = 0.01 } = options;
  const random = mulberry32(seed);
  const start = options.firstOpenTime ?? FIRST_OPEN_TIME;
  const candles: Candle[] = [];
  let price = options.firstPrice ?? 100;
  let volatility = 0.006;
  for (let bar = 0; bar < bars; bar++) {
    const shock = bell(random) * (random() < 0.02 ? 4 : 1);
    volatility = 0.0004 + 0.87 * volatility + 0.0006 * Math.abs(shock);
    const openTime = start + bar * timeframeMs(timeframe);
    const isIdle = bar > 0 && random() < idleShare;
    const candle = isIdle
      ? flat(openTime, price)
      : moved(openTime, { open: opening(price, random), shock, volatility, random });
    candles.push(candle);
    price = candle.close;
  }
  return candles;
}

/** The same as columns; idle bars are fillers, and the first bar is the venue's first when `isFirstBarKnown`. */
export function generateColumns(options: SeriesOptions & { isFirstBarKnown?: boolean }): CandleColumns {
  const timeframe = options.timeframe ?? '1h';
  const candles = generateCandles(options);
  const traded = candles.filter((candle, at) => at === 0 || candle.volume > 0);
  const first = barIndex(candles[0]?.openTime ?? 0, timeframe);
  return toColumns(traded, {
    timeframe,
    firstBarIndex: options.isFirstBarKnown === true ? first : undefined,
    isKnownGap: () => true,
    lastIndex: first + candles.length - 1,
  });
}

/** The part [from, to) of columns by bar number, as if history began there. */
export function cutColumns(columns: CandleColumns, from: number, to: number): CandleColumns {
  const start = from - columns.firstIndex;
  const end = to - columns.firstIndex;
  return {
    timeframe: columns.timeframe,
    firstIndex: from,
    length: to - from,
    open: columns.open.slice(start, end),
    high: columns.high.slice(start, end),
    low: columns.low.slice(start, end),
    close: columns.close.slice(start, end),
    volume: columns.volume.slice(start, end),
    state: columns.state.slice(start, end),
    firstBarIndex: columns.firstBarIndex,
  };
}

/** Candles of a committed or recorded file with the header `timestamp_ms,open,high,low,close,volume`. */
export function parseCandles(csv: string): Candle[] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [openTime, open, high, low, close, volume] = line.split(',').map(Number);
      const [o, h, l, c] = [open ?? NaN, high ?? NaN, low ?? NaN, close ?? NaN];
      return { openTime: openTime ?? NaN, open: o, high: h, low: l, close: c, volume: volume ?? NaN };
    });
}

export function formatCandles(candles: readonly Candle[]): string {
  const lines = candles.map((candle) => {
    const { openTime, open, high, low, close, volume } = candle;
    return [openTime, open, high, low, close, volume].join(',');
  });
  return ['timestamp_ms,open,high,low,close,volume', ...lines].join('\n') + '\n';
}

/** In the source tree also when this module runs compiled. */
export const GOLDEN_FOLDER = new URL('.', import.meta.url.replace('/dist/test/', '/test/'));

/** The committed series that the golden values were made from. */
export const GOLDEN_SERIES: SeriesOptions = { seed: 20240611, bars: 1300 };

/** The series that stands as the reference symbol beside it. */
export const GOLDEN_REFERENCE: SeriesOptions = { seed: 7, bars: 1300, firstPrice: 30_000 };

export function readGolden(name: string): string {
  return readFileSync(new URL(name, GOLDEN_FOLDER), 'utf8');
}

function flat(openTime: number, price: number): Candle {
  return { openTime, open: price, high: price, low: price, close: price, volume: 0 };
}

/** Now and then a bar opens a little away from the last close. */
function opening(price: number, random: () => number): number {
  return random() < 0.3 ? toSixDigits(price * (1 + 0.002 * (random() - 0.5))) : price;
}

interface Move {
  readonly open: number;
  readonly shock: number;
  readonly volatility: number;
  readonly random: () => number;
}

function moved(openTime: number, { open, shock, volatility, random }: Move): Candle {
  const close = toSixDigits(open * (1 + clamp(volatility * shock, -0.3, 0.3)));
  const reach = volatility * open;
  const high = toSixDigits(Math.max(open, close) + reach * random() * 0.8);
  const low = toSixDigits(Math.min(open, close) - reach * random() * 0.8);
  const volume = Math.round(1000 * (0.2 + random()) * (1 + 2 * Math.abs(shock))) / 10;
  return {
    openTime,
    open,
    high: Math.max(high, open, close),
    low: Math.min(low, open, close),
    close,
    volume,
  };
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(Math.max(value, lowest), highest);
}

function toSixDigits(price: number): number {
  return Number(price.toPrecision(6));
}

/** About normal with deviation 1: the sum of twelve uniform numbers less its mean. */
function bell(random: () => number): number {
  let total = -6;
  for (let k = 0; k < 12; k++) total += random();
  return total;
}

/** Mulberry32, a small generator of 32-bit state (Tommy Ettinger, public domain). */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
