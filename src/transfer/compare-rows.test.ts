import { describe, expect, it } from 'vitest';
import { compareRows } from './compare-rows.js';
import { readTableShapes, type TableShape } from './table-shapes.js';

function shape(name: string): TableShape {
  const found = readTableShapes().find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

const CANDLES = shape('market_data');

function candle(values: { close?: string; revision?: number; createdAt?: number }): string {
  const { close = '1.5', revision = 1, createdAt = 100 } = values;
  return ['7', '60000', '1', '2', '0.5', close, '3', revision, '0', createdAt].join('\t');
}

describe('a source row', () => {
  it('is new where the target has none', () => {
    expect(compareRows(CANDLES, candle({}), undefined)).toBe('new');
  });

  it.each([
    ['its revision is higher', { revision: 3 }, { revision: 2, createdAt: 900 }, 'newer'],
    ['its revision is lower', { revision: 2, createdAt: 900 }, { revision: 3 }, 'older'],
    ['it was stored later with other values', { close: '1.6', createdAt: 101 }, {}, 'newer'],
    ['it was stored earlier with other values', { close: '1.6', createdAt: 99 }, {}, 'older'],
    ['all versions are equal and a value differs', { close: '1.6' }, {}, 'conflict'],
    ['only the time of storing differs', { createdAt: 500 }, {}, 'same'],
    ['a number is written in another way', { close: '1.5e0' }, {}, 'same'],
    ['versions of many digits decide', { close: '2', createdAt: 10 }, { createdAt: 9 }, 'newer'],
  ] as const)('where %s', (_, source, target, verdict) => {
    expect(compareRows(CANDLES, candle(source), candle(target))).toBe(verdict);
  });

  it('is in conflict where NULL stands against a number', () => {
    const table = shape('model_training_records');
    const at = table.columns.findIndex(({ name }) => name === 'training_loss');
    const fields = table.columns.map(({ kind }): string => (kind === 'text' ? 'x' : '1'));
    const other = fields.with(at, '\\N');
    expect(compareRows(table, fields.join('\t'), other.join('\t'))).toBe('conflict');
    expect(compareRows(table, other.join('\t'), other.join('\t'))).toBe('same');
  });

  it('is the same series under another uid', () => {
    const series = ['uid-a', 'v', 's', 'm', '1h', '\\N', '1', '1', '100'].join('\t');
    const theirs = ['uid-b', 'v', 's', 'm', '1h', '\\N', '1', '1', '900'].join('\t');
    expect(compareRows(shape('series'), series, theirs)).toBe('same');
  });
});
