import { describe, expect, it } from 'vitest';
import { findLayout, readRow, readTime, type Layout } from './price-rows.js';

const NOW = Date.UTC(2024, 5, 3);
const CONTEXT = { symbol: 'Coin', timeframe: '1d', nowMs: NOW } as const;

function layoutOf(...headings: string[]): Layout {
  const layout = findLayout(headings);
  if (typeof layout === 'string') throw new Error(layout);
  return layout;
}

describe('the time of a line', () => {
  it.each([
    ['1717200000', Date.UTC(2024, 5, 1)],
    ['1717200000000', Date.UTC(2024, 5, 1)],
    ['2024-06-01', Date.UTC(2024, 5, 1)],
    ['2024-06-01 12:30', Date.UTC(2024, 5, 1, 12, 30)],
    ['2024-06-01T12:30:00+02:00', Date.UTC(2024, 5, 1, 10, 30)],
  ])('%s is read', (text, expected) => {
    expect(readTime(text)).toBe(expected);
  });

  it.each(['', 'yesterday', '01/06/2024', '2024-13-01', '-5'])('"%s" is none', (text) => {
    expect(readTime(text)).toBeUndefined();
  });
});

describe('a line of a file', () => {
  it('with a price is a bar of that price, on its day', () => {
    const cells = { timestamp: '2024-06-01T15:00:00Z', price: '2.5', rarity: 'high' };
    const row = readRow(cells, layoutOf('timestamp', 'price', 'rarity'), CONTEXT);
    const openTime = Date.UTC(2024, 5, 1);
    expect(row).toEqual({
      ...{ status: 'read', symbol: 'Coin', attributes: { rarity: 'high' } },
      candle: { openTime, open: 2.5, high: 2.5, low: 2.5, close: 2.5, volume: 0 },
    });
  });

  it('names its item and attributes where columns do', () => {
    const cells = { date: '2024-06-01', item: 'Card', price: '1', attributes: 'type=a; set=b' };
    const row = readRow(cells, layoutOf('date', 'item', 'price', 'attributes'), CONTEXT);
    expect(row).toMatchObject({ symbol: 'Card', attributes: { type: 'a', set: 'b' } });
  });

  const CANDLE = {
    timestamp: '2024-06-01',
    open: '1',
    high: '2',
    low: '1',
    close: '2',
    volume: '',
  };
  it.each([
    [{ timestamp: 'soon', price: '1' }, 'timestamp "soon" is no time'],
    [{ timestamp: '2030-01-01', price: '1' }, 'lies in the future'],
    [{ timestamp: '2024-06-01', price: '' }, 'open NaN is not a positive number'],
    [{ timestamp: '2024-06-01', price: '-3' }, 'is not a positive number'],
    [{ timestamp: '2024-06-01', price: '1', attributes: 'odd' }, 'is not name=value'],
    [CANDLE, 'volume NaN'],
    [{ ...CANDLE, volume: '1', timestamp: '2024-06-01T01:00Z' }, 'no open time of 1d'],
    [{ ...CANDLE, volume: '1', high: '1.5' }, 'high 1.5 lies below'],
  ])('is refused by name: %j', (cells, reason) => {
    const row = readRow(cells, layoutOf(...Object.keys(cells)), CONTEXT);
    expect(row.status === 'bad' ? row.reason : '').toContain(reason);
  });

  it('needs a file with a time and a price', () => {
    expect(findLayout(['price'])).toContain('no column timestamp');
    expect(findLayout(['timestamp', 'open'])).toContain('nor price');
  });
});
