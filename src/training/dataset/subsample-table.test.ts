import { describe, expect, it } from 'vitest';
import { subsampleRows, subsampleTable } from './subsample-table.js';

describe('subsampling', () => {
  it('takes rows at equal distances, from a place of its own', () => {
    expect(subsampleRows(10, { share: 0.5, offset: 0 })).toEqual([0, 2, 4, 6, 8]);
    expect(subsampleRows(10, { share: 0.5, offset: 0.5 })).toEqual([1, 3, 5, 7, 9]);
    expect(subsampleRows(10, { share: 0.35, offset: 0.9 })).toEqual([3, 6, 9]);
  });

  it('never takes more than its share, and never a row twice', () => {
    for (const share of [0.1, 0.23, 0.951]) {
      for (const offset of [0, 0.3, 0.999]) {
        const rows = subsampleRows(4380, { share, offset });
        expect(rows.length).toBeLessThanOrEqual(4380 * share);
        expect(new Set(rows).size).toBe(rows.length);
      }
    }
  });

  it('leaves values, labels and times of a row together', () => {
    const table = {
      names: ['a', 'b'],
      rows: 4,
      values: Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13),
      labels: Int32Array.of(0, 1, 2, 0),
      forwardReturns: Float32Array.of(-1, 0, 1, -1),
      openTimes: Float64Array.of(100, 200, 300, 400),
    };
    expect(subsampleTable(table, { share: 0.5, offset: 0.5 })).toEqual({
      names: ['a', 'b'],
      rows: 2,
      values: Float32Array.of(1, 3, 11, 13),
      labels: Int32Array.of(1, 0),
      forwardReturns: Float32Array.of(0, -1),
      openTimes: Float64Array.of(200, 400),
    });
    expect(subsampleTable(table, { share: 1, offset: 0.5 })).toBe(table);
  });
});
