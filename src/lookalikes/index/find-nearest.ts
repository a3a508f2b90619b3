import { EMBEDDING_BARS, HEAD_SIZE, STORED_SCALE } from '../transform/embed-windows.js';
import { NO_WINDOW, TAIL_SIZE, type WindowRows } from './window-rows.js';

/** A window that is like the asked one. */
export interface Neighbour {
  readonly symbol: string;
  /** Number of its last bar. */
  readonly index: number;
  /** 0 for the same window, in units of the path's standard deviation. */
  readonly distance: number;
}

export interface NearestRequest {
  /** Stored numbers of the asked window. */
  readonly query: Int16Array;
  /** Last bar that a window may end with. */
  readonly lastIndex: number;
  /** How many stretches of time are looked for. */
  readonly count: number;
}

/**
 * The nearest window of each stretch of 64 bars, over all series, for the `count` stretches that have the nearest:
 * windows of the same time are one situation. Exact over the stored numbers: a row is left as soon as the part of
 * its distance that is known exceeds what could still count.
 *
 * @returns nearest first
 */
export function findNearest(all: readonly WindowRows[], request: NearestRequest): Neighbour[] {
  const best = new BestStretches(request.count);
  for (const rows of all) searchSeries(rows, request, best);
  return best.list();
}

function searchSeries(rows: WindowRows, request: NearestRequest, best: BestStretches): void {
  const { firstIndex, symbol } = rows;
  const end = Math.min(rows.length, request.lastIndex - firstIndex + 1);
  let from = 0;
  while (from < end) {
    const stretch = stretchOf(firstIndex + from);
    const to = Math.min(end, (stretch + 1) * EMBEDDING_BARS - firstIndex);
    const limit = best.limitOf(stretch);
    const found = searchRows(rows, request.query, { from, to, limit });
    if (found.row >= 0) {
      const distance = Math.sqrt(found.square) / STORED_SCALE;
      best.put(stretch, found.square, { symbol, index: firstIndex + found.row, distance });
    }
    from = to;
  }
}

/** Number of the 64 bars since the epoch that a bar lies in. */
export function stretchOf(index: number): number {
  return Math.floor(index / EMBEDDING_BARS);
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Squared distance that a row must stay below. */
  readonly limit: number;
}

/** The nearest row of a stretch below its limit; -1 where there is none. */
function searchRows(
  { head, tail }: WindowRows,
  query: Int16Array,
  { from, to, limit }: Stretch,
): { readonly row: number; readonly square: number } {
  const at8 = (at: number): number => query[at] ?? 0;
  const [q0, q1, q2, q3] = [at8(0), at8(1), at8(2), at8(3)];
  const [q4, q5, q6, q7] = [at8(4), at8(5), at8(6), at8(7)];
  let [best, square] = [-1, limit];
  for (let row = from, at = from * HEAD_SIZE; row < to; row++, at += HEAD_SIZE) {
    const first = head[at] as number;
    if (first === NO_WINDOW) continue;
    // Written out: this line runs a million times a search. Integers, which eight squares never leave.
    let step = first - q0;
    let sum = Math.imul(step, step);
    step = (head[at + 1] as number) - q1;
    sum += Math.imul(step, step);
    step = (head[at + 2] as number) - q2;
    sum += Math.imul(step, step);
    if (sum >= square) continue;
    step = (head[at + 3] as number) - q3;
    sum += Math.imul(step, step);
    step = (head[at + 4] as number) - q4;
    sum += Math.imul(step, step);
    step = (head[at + 5] as number) - q5;
    sum += Math.imul(step, step);
    step = (head[at + 6] as number) - q6;
    sum += Math.imul(step, step);
    step = (head[at + 7] as number) - q7;
    sum += Math.imul(step, step);
    if (sum >= square) continue;
    const whole = addTail(tail, row, query, { sum, limit: square });
    if (whole < square) [best, square] = [row, whole];
  }
  return { row: best, square };
}

/** Adds the rest of a row, eight numbers at a time, until the limit is reached. */
function addTail(
  tail: Int16Array,
  row: number,
  query: Int16Array,
  known: { readonly sum: number; readonly limit: number },
): number {
  let { sum } = known;
  const offset = row * TAIL_SIZE;
  for (let at = 0; at < TAIL_SIZE && sum < known.limit; at += HEAD_SIZE) {
    for (let next = at; next < at + HEAD_SIZE; next++) {
      const step = (tail[offset + next] as number) - (query[HEAD_SIZE + next] as number);
      sum += step * step;
    }
  }
  return sum;
}

interface Entry {
  readonly stretch: number;
  readonly square: number;
  readonly neighbour: Neighbour;
}

/** The stretches with the nearest windows so far, nearest first. */
class BestStretches {
  readonly #count: number;
  readonly #entries: Entry[] = [];
  readonly #squares = new Map<number, number>();

  constructor(count: number) {
    this.#count = count;
  }

  /** What a window of the stretch must stay below to count. */
  limitOf(stretch: number): number {
    const own = this.#squares.get(stretch);
    if (own !== undefined) return own;
    const worst = this.#entries[this.#count - 1];
    return worst?.square ?? Infinity;
  }

  put(stretch: number, square: number, neighbour: Neighbour): void {
    const entries = this.#entries;
    const known = entries.findIndex((entry) => entry.stretch === stretch);
    if (known >= 0) entries.splice(known, 1);
    const after = entries.findIndex((entry) => entry.square > square);
    entries.splice(after < 0 ? entries.length : after, 0, { stretch, square, neighbour });
    this.#squares.set(stretch, square);
    const dropped = entries.length > this.#count ? entries.pop() : undefined;
    if (dropped !== undefined) this.#squares.delete(dropped.stretch);
  }

  list(): Neighbour[] {
    return this.#entries.map(({ neighbour }) => neighbour);
  }
}

/** Leaves out, nearest first, what overlaps a nearer window in time: it would be the same situation again. */
export function thin(neighbours: readonly Neighbour[], count: number): Neighbour[] {
  const kept: Neighbour[] = [];
  for (const one of neighbours) {
    if (kept.length === count) break;
    const overlaps = (other: Neighbour): boolean =>
      Math.abs(one.index - other.index) < EMBEDDING_BARS;
    if (!kept.some(overlaps)) kept.push(one);
  }
  return kept;
}
