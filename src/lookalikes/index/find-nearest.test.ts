import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/seeded-random.js';
import {
  EMBEDDING_BARS,
  EMBEDDING_SIZE,
  HEAD_SIZE,
  STORED_SCALE,
} from '../transform/embed-windows.js';
import { findNearest, stretchOf, thin, type Neighbour } from './find-nearest.js';
import { wilson } from './outcomes.js';
import { findStored, NO_WINDOW, TAIL_SIZE, type WindowRows } from './window-rows.js';

const random = seededRandom('7'.repeat(32));

/** Rows that change slowly, as windows of a market do; every ninth bar has none. */
function rowsOf(symbol: string, firstIndex: number, length: number): WindowRows {
  const [head, tail] = [new Int16Array(length * HEAD_SIZE), new Int16Array(length * TAIL_SIZE)];
  const values = new Float64Array(EMBEDDING_SIZE);
  for (let row = 0; row < length; row++) {
    for (let at = 0; at < EMBEDDING_SIZE; at++) {
      const size = at < HEAD_SIZE ? 300 : 60;
      values[at] = 0.9 * (values[at] ?? 0) + size * (random() - 0.5);
    }
    head.set(values.subarray(0, HEAD_SIZE), row * HEAD_SIZE);
    tail.set(values.subarray(HEAD_SIZE), row * TAIL_SIZE);
    if (row % 9 === 4) head[row * HEAD_SIZE] = NO_WINDOW;
  }
  const [close, leftOut] = [new Float64Array(length), new Uint32Array(length)];
  return { symbol, firstIndex, length, head, tail, close, leftOut };
}

/** The nearest of each stretch by looking at every row. */
function bruteForce(all: readonly WindowRows[], query: Int16Array, lastIndex: number): Neighbour[] {
  const best = new Map<number, Neighbour>();
  for (const rows of all) {
    for (let index = rows.firstIndex; index <= lastIndex; index++) {
      const stored = findStored(rows, index);
      if (stored === undefined) continue;
      const square = stored.reduce((sum, value, at) => sum + (value - (query[at] ?? 0)) ** 2, 0);
      const distance = Math.sqrt(square) / STORED_SCALE;
      const known = best.get(stretchOf(index));
      if (known === undefined || distance < known.distance) {
        best.set(stretchOf(index), { symbol: rows.symbol, index, distance });
      }
    }
  }
  return [...best.values()].sort((one, other) => one.distance - other.distance);
}

describe('the search', () => {
  const all = [rowsOf('A', 1000, 3000), rowsOf('B', 1100, 2500), rowsOf('C', 3500, 700)];

  it('finds the nearest window of each stretch of time, as looking at every row does', () => {
    for (let round = 0; round < 20; round++) {
      const index = 2900 + Math.floor(random() * 900);
      const query = findStored(all[0] as WindowRows, index);
      if (query === undefined) continue;
      const lastIndex = index - EMBEDDING_BARS;
      const found = findNearest(all, { query, lastIndex, count: 15 });
      expect(found).toEqual(bruteForce(all, query, lastIndex).slice(0, 15));
      expect(Math.max(...found.map((one) => one.index))).toBeLessThanOrEqual(lastIndex);
    }
  });

  it('leaves out what overlaps a nearer window', () => {
    const at = (index: number): Neighbour => ({ symbol: 'A', index, distance: 1 });
    const kept = thin([at(500), at(437), at(436), at(560), at(564)], 3);
    expect(kept.map(({ index }) => index)).toEqual([500, 436, 564]);
  });

  it("has Wilson's interval", () => {
    // Brown, Cai and DasGupta 2001 and every table of it: 10 of 20 gives 0.299 to 0.701.
    const [low, high] = wilson(0.5, 20);
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(['0.299', '0.701']);
    expect(wilson(NaN, 0)).toEqual([0, 1]);
  });
});
