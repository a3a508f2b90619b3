import { createHash, type Hash } from 'node:crypto';
import type { Candle } from '../domain/candle.js';

/** Fewer candles may be equal by chance. */
const MIN_CANDLES = 15;

/** Sums of a series by month: two that agree hold the same candles. */
export type MonthSums = ReadonlyMap<string, string>;

/** Sums candles by month; takes them in ascending order. */
export class MonthSummer {
  readonly #sums = new Map<string, string>();
  #month: string | undefined;
  #hash: Hash = createHash('sha256');
  #candles = 0;

  add({ openTime, open, high, low, close, volume }: Candle): void {
    const month = new Date(openTime).toISOString().slice(0, 7);
    if (month !== this.#month) {
      this.#close();
      this.#month = month;
    }
    this.#hash.update(Float64Array.of(openTime, open, high, low, close, volume));
    this.#candles++;
  }

  finish(): MonthSums {
    this.#close();
    return this.#sums;
  }

  #close(): void {
    if (this.#month !== undefined && this.#candles >= MIN_CANDLES) {
      this.#sums.set(this.#month, this.#hash.digest('hex'));
    }
    this.#hash = createHash('sha256');
    this.#candles = 0;
  }
}

export interface Copy {
  /** The other series. */
  readonly of: string;
  readonly equalMonths: number;
  readonly months: number;
}

interface SummedSeries {
  readonly id: number;
  readonly symbol: string;
  /** Only series of the same group are compared. */
  readonly group: string;
  readonly sums: MonthSums;
}

/** By id of a series: the others of its group that hold the same candles in some months. */
export function findCopies(series: readonly SummedSeries[]): ReadonlyMap<number, readonly Copy[]> {
  const owners = new Map<string, SummedSeries[]>();
  for (const one of series) {
    for (const [month, sum] of one.sums) {
      const key = `${one.group} ${month} ${sum}`;
      const known = owners.get(key);
      if (known === undefined) owners.set(key, [one]);
      else known.push(one);
    }
  }
  const copies = new Map<number, readonly Copy[]>();
  for (const one of series) {
    const shared = new Map<string, number>();
    for (const [month, sum] of one.sums) {
      for (const { id, symbol } of owners.get(`${one.group} ${month} ${sum}`) ?? []) {
        if (id !== one.id) shared.set(symbol, (shared.get(symbol) ?? 0) + 1);
      }
    }
    const months = one.sums.size;
    const found = [...shared].map(([of, equalMonths]) => ({ of, equalMonths, months }));
    if (found.length > 0) copies.set(one.id, found);
  }
  return copies;
}
