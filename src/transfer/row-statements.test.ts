import { describe, expect, it } from 'vitest';
import { chunksOf, selectRows } from './row-statements.js';
import { readTableShapes, type TableShape } from './table-shapes.js';

function shape(name: string): TableShape {
  const found = readTableShapes().find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

function candles(seriesId: number, openTimes: readonly number[]): string[] {
  return openTimes.map((openTime) => `${seriesId}\t${openTime}\t1\t2\t0.5\t1\t3\t1\t0\t9`);
}

describe('the conditions for a chunk', () => {
  it('are its stretches in a table of times', () => {
    const lines = [...candles(1, [10, 20, 30]), ...candles(2, [5]), ...candles(11, [7, 8])];
    const [selector, ...others] = selectRows(shape('market_data'), lines);
    expect(others).toEqual([]);
    expect(selector?.values).toEqual([1n, 10n, 30n, 2n, 5n, 5n, 11n, 7n, 8n]);
    expect(selector?.where.split(' OR ')).toEqual(
      Array<string>(3).fill('(`series_id` = ? AND `open_time` BETWEEN ? AND ?)'),
    );
  });

  it('distinguish a stretch from one that begins with the same digits', () => {
    const lines = [...candles(1, [10]), ...candles(11, [10]), ...candles(111, [10])];
    expect(selectRows(shape('market_data'), lines)[0]?.values).toHaveLength(9);
  });

  it('are cut where a statement would become too long', () => {
    const lines = Array.from({ length: 450 }, (_, id) => candles(id, [1])).flat();
    const selectors = selectRows(shape('market_data'), lines);
    expect(selectors.map(({ values }) => values.length)).toEqual([600, 600, 150]);
  });

  it('are the uids in other tables, with their escapes undone', () => {
    const table = shape('training_sessions');
    const line = (uid: string): string => [uid, 'k', 'n', '{}', '1', '9'].join('\t');
    const [selector] = selectRows(table, [line('a'), line('b\\\\c')]);
    expect(selector).toEqual({ where: '`uid` IN (?, ?)', values: ['a', 'b\\c'] });
    const many = Array.from({ length: 1_001 }, (_, index) => line(String(index)));
    expect(selectRows(table, many).map(({ values }) => values.length)).toEqual([1_000, 1]);
  });

  it('name every column of a longer key', () => {
    const table = shape('accounts');
    const [selector] = selectRows(table, [['v', 'paper', 'USDT', '1', '9'].join('\t')]);
    expect(selector).toEqual({ where: '(`venue` = ? AND `account` = ?)', values: ['v', 'paper'] });
  });

  it('are none for no rows', () => {
    expect(selectRows(shape('market_data'), [])).toEqual([]);
    expect(chunksOf([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
  });
});
