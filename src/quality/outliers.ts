import type { Candle } from '../domain/candle.js';

/** A bar whose prices its neighbours do not explain. */
export interface Outlier {
  /**
   * A `wick` reaches far beyond the bars beside it, a `spike` is a close that the next bar takes back, a
   * `jump` is a move that stays, and a `split` is one between two bars by a whole ratio.
   */
  readonly kind: 'wick' | 'spike' | 'jump' | 'split';
  readonly openTime: number;
  /** Log of the price against that of the neighbours. */
  readonly size: number;
  /** The same at the other symbols in the median, where there are any; undefined where not compared. */
  readonly otherSize?: number | undefined;
}

/** In units of the usual move of a bar. */
const WICK_MOVES = 12;
const JUMP_MOVES = 15;
const MIN_WICK = 0.05;
const MIN_JUMP = 0.1;
const TAKEN_BACK = 0.7;
/** Bars that the usual move is a mean of, and before which nothing is judged but what is absurd. */
const MEMORY_BARS = 50;
const UNKNOWN_MOVE = 0.02;
/** A single move counts at most so many usual ones. */
const MOST_MOVES = 4;
const SPLIT_RATIOS = [1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50, 100, 1000];
const SPLIT_TOLERANCE = 0.03;
const MOST_KEPT = 200;

/** Looks for outliers in candles that come in ascending order, three at a time. */
export class OutlierFinder {
  readonly #found: Outlier[] = [];
  #count = 0;
  #bars = 0;
  #usualMove = UNKNOWN_MOVE;
  #before: Candle | undefined;
  #current: Candle | undefined;
  /** The bar before takes part in a spike: the way back is no move of its own. */
  #isAfterSpike = false;

  add(candle: Candle): void {
    this.#judge(candle);
    this.#learn(candle);
    this.#before = this.#current;
    this.#current = candle;
  }

  /** The largest ones, and how many there are. */
  finish(): { readonly count: number; readonly largest: readonly Outlier[] } {
    this.#judge(undefined);
    return { count: this.#count, largest: largestOf(this.#found) };
  }

  #judge(next: Candle | undefined): void {
    const current = this.#current;
    if (current === undefined) return;
    const before = this.#before;
    const usual = this.#bars < MEMORY_BARS ? UNKNOWN_MOVE : this.#usualMove;
    const bars = { before, current, next };
    const move = this.#isAfterSpike ? undefined : findMove(bars, usual);
    const outlier = findWick(bars, usual) ?? move;
    this.#isAfterSpike = outlier?.kind === 'spike';
    if (outlier === undefined) return;
    this.#count++;
    this.#found.push(outlier);
    if (this.#found.length > 2 * MOST_KEPT) {
      this.#found.splice(0, this.#found.length, ...largestOf(this.#found));
    }
  }

  /** A mean that forgets, in which one outlier weighs little. */
  #learn(candle: Candle): void {
    const last = this.#current;
    if (last === undefined) return;
    const move = Math.min(
      Math.abs(Math.log(candle.close / last.close)),
      MOST_MOVES * this.#usualMove,
    );
    this.#bars++;
    const weight = 1 / Math.min(this.#bars, MEMORY_BARS);
    this.#usualMove = Math.max(1e-6, this.#usualMove * (1 - weight) + move * weight);
  }
}

interface Neighbours {
  readonly before: Candle | undefined;
  readonly current: Candle;
  readonly next: Candle | undefined;
}

function findWick({ before, current, next }: Neighbours, usual: number): Outlier | undefined {
  const beside = [before, next].filter((one) => one !== undefined);
  if (beside.length === 0) return undefined;
  const top = Math.max(current.close, ...beside.map(({ high }) => high));
  const bottom = Math.min(current.close, ...beside.map(({ low }) => low));
  const up = Math.log(current.high / top);
  const down = Math.log(bottom / current.low);
  const size = Math.max(up, down);
  if (size < Math.max(MIN_WICK, WICK_MOVES * usual)) return undefined;
  return { kind: 'wick', openTime: current.openTime, size: up >= down ? size : -size };
}

function findMove({ before, current, next }: Neighbours, usual: number): Outlier | undefined {
  if (before === undefined) return undefined;
  const size = Math.log(current.close / before.close);
  if (Math.abs(size) < Math.max(MIN_JUMP, JUMP_MOVES * usual)) return undefined;
  const { openTime } = current;
  const after = next === undefined ? 0 : Math.log(next.close / current.close);
  if (-after * Math.sign(size) > TAKEN_BACK * Math.abs(size))
    return { kind: 'spike', openTime, size };
  return { kind: isSplit(before, current) ? 'split' : 'jump', openTime, size };
}

/** The price changes between two bars, and by a ratio that splits have. */
function isSplit(before: Candle, current: Candle): boolean {
  const gap = Math.abs(Math.log(current.open / before.close));
  return SPLIT_RATIOS.some((ratio) => Math.abs(gap - Math.log(ratio)) < SPLIT_TOLERANCE);
}

function largestOf(outliers: readonly Outlier[]): Outlier[] {
  return [...outliers]
    .sort((one, other) => Math.abs(other.size) - Math.abs(one.size))
    .slice(0, MOST_KEPT)
    .sort((one, other) => one.openTime - other.openTime);
}
