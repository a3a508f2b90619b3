import { describe, expect, it } from 'vitest';
import { AttributeColumns } from './attribute-columns.js';
import { findLayout, type ColumnLayout } from './columns.js';
import { RowReader, type RowReading } from './price-rows.js';
import { parseTimeOfDay, TIME_FORMATS } from './times.js';

const NOW = Date.UTC(2024, 5, 3);

function layoutOf(headings: readonly string[]): ColumnLayout {
  const layout = findLayout(headings, { symbol: undefined, rows: [] });
  if ('missing' in layout) throw new Error(layout.missing);
  return layout;
}

function readLine(cells: Readonly<Record<string, string>>): {
  readonly row: RowReading;
  readonly columns: AttributeColumns;
  readonly defect: string | undefined;
} {
  const layout = layoutOf(Object.keys(cells));
  const rules = { delimiter: ',', hasQuotes: true };
  const format = {
    source: 'test',
    rules,
    skippedLines: 1,
    layout,
    time: 'iso',
    timesShownAs: 'ISO 8601',
    decimal: '.',
  } as const;
  const context = {
    symbol: 'Coin',
    spelling: undefined,
    timeframe: '1d',
    isAligned: false,
    nowMs: NOW,
  } as const;
  const row = new RowReader(format, context).read(Object.values(cells));
  const columns = new AttributeColumns(layout, []);
  const defect =
    row.status === 'read' ? columns.observe(row.symbol, row.at, Object.values(cells)) : undefined;
  return { row, columns, defect };
}

describe('the time of a line', () => {
  it.each([
    ['epoch', '1717200000', Date.UTC(2024, 5, 1)],
    ['epoch', '1717200000000', Date.UTC(2024, 5, 1)],
    ['epoch', '1717200000000000', Date.UTC(2024, 5, 1)],
    ['epoch', '1717200000000000000', Date.UTC(2024, 5, 1)],
    ['iso', '2024-06-01', Date.UTC(2024, 5, 1)],
    ['iso', '2024-06-01 12:30', Date.UTC(2024, 5, 1, 12, 30)],
    ['iso', '2024-06-01T12:30:00+02:00', Date.UTC(2024, 5, 1, 10, 30)],
    ['iso', '2024-06-01T12:30:00.250Z', Date.UTC(2024, 5, 1, 12, 30, 0, 250)],
    ['iso', '2024-06-01 12-AM', Date.UTC(2024, 5, 1)],
    ['iso', '2024-06-01 12-PM', Date.UTC(2024, 5, 1, 12)],
    ['iso', '2024.06.01 08:00', Date.UTC(2024, 5, 1, 8)],
    ['yyyymmdd', '20240601', Date.UTC(2024, 5, 1)],
    ['yyyymmdd', '20240601 083000', Date.UTC(2024, 5, 1, 8, 30)],
    ['dd/mm/yyyy', '01/06/2024', Date.UTC(2024, 5, 1)],
    ['dd/mm/yyyy', '1.6.2024', Date.UTC(2024, 5, 1)],
    ['mm/dd/yyyy', '06/01/2024 8:00 PM', Date.UTC(2024, 5, 1, 20)],
    ['month-name', 'Jun 01, 2024', Date.UTC(2024, 5, 1)],
    ['month-name', '1-June-2024', Date.UTC(2024, 5, 1)],
    ['excel', '45444.5', Date.UTC(2024, 5, 1, 12)],
  ] as const)('as %s reads %s', (format, text, expected) => {
    expect(TIME_FORMATS[format].parse(text)).toBe(expected);
  });

  it.each(['', 'yesterday', '01/06/2024', '2024-13-01', '-5', '2024-02-30', '2023-02-29'])(
    'in ISO 8601 is not "%s"',
    (text) => {
      expect(TIME_FORMATS.iso.parse(text)).toBeUndefined();
    },
  );

  it.each(['2024-01-01 24:00', '2024-01-01 12:60', '2024-01-01 13:00 PM', '1969-12-31'])(
    'has no hour, minute or year as in "%s"',
    (text) => {
      expect(TIME_FORMATS.iso.parse(text)).toBeUndefined();
    },
  );

  it('as a number since 1970 is never a date such as 20250101', () => {
    expect(TIME_FORMATS.epoch.parse('20250101')).toBeUndefined();
    expect(TIME_FORMATS.epoch.parse('45444')).toBeUndefined();
    expect(TIME_FORMATS.epoch.parse('-252460800')).toBeUndefined();
  });

  it('of day may have a column of its own', () => {
    expect(parseTimeOfDay('09:30')).toBe(34_200_000);
    expect(parseTimeOfDay('093000')).toBe(34_200_000);
    expect(parseTimeOfDay('25:00')).toBeUndefined();
  });
});

describe('a line of a file', () => {
  it('with a price is a bar of that price, on its day', () => {
    const cells = { timestamp: '2024-06-01T15:00:00Z', price: '2.5', rarity: 'high' };
    const { row, columns } = readLine(cells);
    const openTime = Date.UTC(2024, 5, 1);
    expect(row).toEqual({
      status: 'read',
      symbol: 'Coin',
      at: Date.UTC(2024, 5, 1, 15),
      candle: { openTime, open: 2.5, high: 2.5, low: 2.5, close: 2.5, volume: 0 },
    });
    expect(columns.result.values.get('Coin')).toEqual(new Map([['rarity', 'high']]));
  });

  it('names its item and attributes where columns do', () => {
    const cells = { date: '2024-06-01', item: 'Card', price: '1', attributes: 'type=a; set=b' };
    const { row, columns } = readLine(cells);
    expect(row).toMatchObject({ symbol: 'Card' });
    const attributes = columns.result.values.get('Card');
    expect(Object.fromEntries(attributes ?? [])).toEqual({ type: 'a', set: 'b' });
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
    [{ timestamp: '2024-06-01', price: '0x10' }, 'is not a positive number'],
    [{ timestamp: '2024-06-01', price: '1', attributes: 'odd' }, 'is not name=value'],
    [{ timestamp: '2024-06-01', item: '', price: '1' }, 'names no item'],
    [{ ...CANDLE, volume: 'many' }, 'volume NaN'],
    [{ ...CANDLE, volume: '1', timestamp: '2024-06-01T01:00Z' }, 'no open time of 1d'],
    [{ ...CANDLE, volume: '1', high: '1.5' }, 'high 1.5 lies below'],
  ])('is refused by name: %j', (cells, reason) => {
    const { row, defect } = readLine(cells);
    expect(row.status === 'refused' ? row.reason : defect).toContain(reason);
  });

  it('without a volume is a candle without volume', () => {
    expect(readLine(CANDLE).row).toMatchObject({ status: 'read', candle: { volume: 0 } });
  });

  it('of a bar that has not closed waits', () => {
    const { row } = readLine({ ...CANDLE, timestamp: '2024-06-03' });
    expect(row).toEqual({ status: 'unfinished', closesAt: Date.UTC(2024, 5, 4) });
  });

  it('needs a file with a time and a price', () => {
    expect(findLayout(['price'], { symbol: undefined, rows: [] })).toMatchObject({
      missing: expect.stringContaining('no column timestamp') as unknown,
    });
    expect(findLayout(['timestamp', 'open'], { symbol: undefined, rows: [] })).toMatchObject({
      missing: expect.stringContaining('nor price') as unknown,
    });
  });
});
