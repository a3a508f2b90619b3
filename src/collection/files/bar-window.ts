import type { Candle } from '../../domain/candle.js';
import { barIndex, type Timeframe } from '../../domain/timeframe.js';

/** Bars that stay open for later lines; more of them are handed out, the oldest first. */
const OPEN_BARS = 20_000;
/** Bars handed out at once. */
const BATCH_BARS = 5_000;
const PAGE_BARS = 1_024;
const WORD_BITS = 32;
/** Above every number of a bar: minutes since 1970 reach it in the year 6053. */
const MAX_BARS = 2 ** 31;

/** One item of a file. */
export interface FileItem {
  readonly symbol: string;
  /** Place among the items of the file. */
  readonly index: number;
  /** Bars that were handed out. */
  readonly done: BarSet;
}

/** One bit for each bar, in pages: a million minutes take 130 kB. */
export class BarSet {
  readonly #pages = new Map<number, Uint32Array>();

  has(bar: number): boolean {
    const at = bar % PAGE_BARS;
    const word = this.#pages.get(Math.floor(bar / PAGE_BARS))?.[Math.floor(at / WORD_BITS)] ?? 0;
    return (word & (1 << (at % WORD_BITS))) !== 0;
  }

  add(bar: number): void {
    const page = Math.floor(bar / PAGE_BARS);
    const words = this.#pages.get(page) ?? new Uint32Array(PAGE_BARS / WORD_BITS);
    this.#pages.set(page, words);
    const at = Math.floor((bar % PAGE_BARS) / WORD_BITS);
    words[at] = (words[at] ?? 0) | (1 << (bar % WORD_BITS));
  }
}

/** A bar that later lines may still belong to. */
interface OpenBar {
  readonly item: FileItem;
  candle: Candle;
  firstAt: number;
  lastAt: number;
}

export interface ItemBars {
  readonly item: FileItem;
  readonly candles: readonly Candle[];
}

/**
 * What became of a row: a bar of its own; part of a bar with other rows; another candle of a bar that
 * has one; or of a bar that was handed out before.
 */
export type RowPlace = 'new' | 'merged' | 'conflict' | 'late';

/**
 * Puts rows together to bars in constant memory: the newest bars that were begun stay open, and rows in
 * any order find them. Of the bars before, it remembers only that they were there.
 */
export class BarWindow {
  readonly #timeframe: Timeframe;
  readonly #kind: 'candles' | 'prices';
  /** By item and bar, in the order in which the bars were begun. */
  readonly #open = new Map<number, OpenBar>();

  constructor(timeframe: Timeframe, kind: 'candles' | 'prices') {
    this.#timeframe = timeframe;
    this.#kind = kind;
  }

  /** @param at time of a price in its bar, which tells the open and the close */
  add(item: FileItem, candle: Candle, at: number): RowPlace {
    const bar = barIndex(candle.openTime, this.#timeframe);
    const key = item.index * MAX_BARS + bar;
    const open = this.#open.get(key);
    if (open !== undefined) return this.#join(open, candle, at);
    if (item.done.has(bar)) return 'late';
    this.#open.set(key, { item, candle, firstAt: at, lastAt: at });
    return 'new';
  }

  get isFull(): boolean {
    return this.#open.size >= OPEN_BARS + BATCH_BARS;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** The oldest open bars by item, which are closed by that. */
  take(): readonly ItemBars[] {
    const byItem = new Map<FileItem, Candle[]>();
    let left = BATCH_BARS;
    for (const [key, { item, candle }] of this.#open) {
      if (left-- === 0) break;
      this.#open.delete(key);
      item.done.add(barIndex(candle.openTime, this.#timeframe));
      const candles = byItem.get(item);
      if (candles === undefined) byItem.set(item, [candle]);
      else candles.push(candle);
    }
    return [...byItem].map(([item, candles]) => ({ item, candles }));
  }

  #join(open: OpenBar, candle: Candle, at: number): RowPlace {
    if (this.#kind === 'candles') return isSameCandle(open.candle, candle) ? 'merged' : 'conflict';
    const { high, low } = open.candle;
    const isFirst = at < open.firstAt;
    const isLast = at >= open.lastAt;
    open.candle = {
      ...open.candle,
      open: isFirst ? candle.open : open.candle.open,
      high: Math.max(high, candle.high),
      low: Math.min(low, candle.low),
      close: isLast ? candle.close : open.candle.close,
    };
    if (isFirst) open.firstAt = at;
    if (isLast) open.lastAt = at;
    return 'merged';
  }
}

export function isSameCandle(one: Candle, other: Candle): boolean {
  return (
    one.open === other.open &&
    one.high === other.high &&
    one.low === other.low &&
    one.close === other.close &&
    one.volume === other.volume
  );
}
