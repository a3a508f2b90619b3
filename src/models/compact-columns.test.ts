import { describe, expect, it } from 'vitest';
import { WALK_START, walkColumns } from '../../test/models/candle-walk.js';
import { compactColumns } from './compact-columns.js';

describe('compact columns', () => {
  const walk = walkColumns({ bars: 100 });

  it('copies just the bars asked for', () => {
    const { columns } = compactColumns(walk, WALK_START + 10, WALK_START + 30);
    expect(columns.firstIndex).toBe(WALK_START + 10);
    expect(columns.length).toBe(20);
    for (const name of ['open', 'high', 'low', 'close', 'volume', 'state'] as const) {
      expect(Array.from(columns[name])).toEqual(Array.from(walk[name].subarray(10, 30)));
    }
  });

  it('gives what there is of bars that are asked for beyond either end', () => {
    const { columns } = compactColumns(walk, WALK_START - 50, WALK_START + 500);
    expect(columns.firstIndex).toBe(WALK_START);
    expect(columns.length).toBe(100);
    expect(compactColumns(walk, WALK_START + 200, WALK_START + 300).columns.length).toBe(0);
    expect(compactColumns(walk, WALK_START - 300, WALK_START - 200).columns.length).toBe(0);
  });

  it('holds no more memory than the bars need, and none of the source', () => {
    const { buffer, columns } = compactColumns(walk, WALK_START, WALK_START + 20);
    expect(buffer.byteLength).toBe(20 * (5 * 8 + 1));
    const first = walk.close[0];
    columns.close[0] = -1;
    expect(walk.close[0]).toBe(first);
  });
});
