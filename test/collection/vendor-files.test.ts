import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importFile, type ImportRequest } from '../../src/collection/files/import-file.js';
import type { ImportReport } from '../../src/collection/files/import-report.js';
import { listTexts } from '../../src/collection/files/text-source.js';
import type { Candle } from '../../src/domain/candle.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { Stores } from '../../src/storage/stores.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { findTestData } from '../test-data.js';
import { CANDLES, HOUR_MS, VENDOR_FILES, type VendorFile } from './vendor-texts.js';
import { zipOf } from './zip-of.js';

const NOW = Date.UTC(2026, 0, 1);

let folder: string;
let test: TestDatabase;
let stores: Stores;
const clock = new ManualClock(NOW);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-vendors-'));
  test = await openTestDatabase({ clock });
  ({ stores } = test);
});
afterEach(async () => {
  await test.database.close();
  await rm(folder, { recursive: true, force: true });
});

async function importBytes(
  name: string,
  content: string | Buffer,
  changes: Partial<ImportRequest> = {},
): Promise<ImportReport> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return importPath(file, changes);
}

function importPath(file: string, changes: Partial<ImportRequest> = {}): Promise<ImportReport> {
  const request: ImportRequest = {
    file,
    name: 'files',
    symbol: undefined,
    timeframe: '1h',
    attributes: {},
    parseName: undefined,
    isDryRun: false,
    ...changes,
  };
  return importFile(request, { stores, clock });
}

async function storedCandles(): Promise<
  { readonly symbol: string; readonly candles: readonly Candle[] }[]
> {
  const series = await stores.series.list({ venue: 'csv:files' });
  return Promise.all(
    series.map(async ({ id, symbol }) => ({ symbol, candles: await stores.candles.read(id) })),
  );
}

describe('a file of a vendor', () => {
  it.each(VENDOR_FILES.map((one): [string, VendorFile] => [one.title, one]))(
    'of %s is recognised, and its candles are those of the vendor',
    async (_, { name, text, source, symbol, leftOut, changes, candles }) => {
      const report = await importBytes(name, text, changes);
      expect(report.rejected).toEqual([]);
      expect(report.understood.source).toContain(source);
      expect(report.leftOut.map((column) => column.name)).toEqual(leftOut);
      expect(report.attributes).toEqual([]);
      expect(await storedCandles()).toEqual([{ symbol, candles: candles ?? CANDLES }]);
    },
  );

  it('is imported again without a change', async () => {
    for (const { name, text, changes } of VENDOR_FILES) {
      await importBytes(name, text, changes);
      const again = await importBytes(name, text, changes);
      expect([name, again.inserted, again.revised]).toEqual([name, 0, 0]);
    }
  });

  it('may be packed by gzip, and then its last line needs no line end', async () => {
    const [{ text }] = VENDOR_FILES as [VendorFile];
    const report = await importBytes('BTC.csv.gz', gzipSync(text.trimEnd()));
    expect(report).toMatchObject({ inserted: CANDLES.length, waiting: { lastLine: undefined } });
    expect((await storedCandles())[0]?.symbol).toBe('BTC');
  });

  it('that is cut off in its archive is refused as such', async () => {
    const [{ text }] = VENDOR_FILES as [VendorFile];
    const packed = gzipSync(text);
    const cut = packed.subarray(0, packed.length - 20);
    await expect(importBytes('BTC.csv.gz', cut)).rejects.toThrow('ends early or is damaged');
    await expect(importBytes('BTC.zip', Buffer.from('PK\x03\x04cut'))).rejects.toThrow(
      'is no whole zip archive',
    );
  });

  it('may be packed as a zip archive, each text of it by itself', async () => {
    const [{ text }] = VENDOR_FILES as [VendorFile];
    const archive = zipOf({ 'BTC.csv': text, 'ETH.csv': text, 'LICENCE.md': 'free' });
    await writeFile(path.join(folder, 'all.zip'), archive);
    const texts = await listTexts(path.join(folder, 'all.zip'));
    expect(texts.map(({ entry }) => entry)).toEqual(['BTC.csv', 'ETH.csv']);
    for (const { file, entry } of texts) await importPath(file, { entry });
    expect((await storedCandles()).map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH']);
    await expect(importBytes('all.zip', archive)).rejects.toThrow('holds 2 files');
    await expect(importBytes('book.xlsx', zipOf({ 'sheet.xml': '<a/>' }))).rejects.toThrow(
      'holds no .csv',
    );
  });

  it('may be UTF-16, as spreadsheets write it', async () => {
    const [{ text }] = VENDOR_FILES as [VendorFile];
    const report = await importBytes('BTC.csv', Buffer.from(`\uFEFF${text}`, 'utf16le'));
    expect(report.inserted).toBe(CANDLES.length);
  });
});

const HEADINGS = 'timestamp,open,high,low,close,volume';
const ROWS = CANDLES.map(
  ({ openTime, open, high, low, close, volume }) =>
    `${openTime},${open},${high},${low},${close},${volume}`,
);

describe('a file that may be read in several ways', () => {
  it.each([
    ['has no headings', ROWS.join('\n'), 'no headings: name them, such as --columns'],
    [
      'has two columns for the close',
      ['time,open,high,low,close,close', ...ROWS].join('\n'),
      'columns 5 (close) and 6 (close) may each be the close',
    ],
    [
      'does not show whether the day or the month comes first',
      'date,price\n01/02/2025,5\n02/02/2025,6\n',
      'choose --time-format dd/mm/yyyy, mm/dd/yyyy',
    ],
    [
      'has days of Excel',
      'date,price\n45658,5\n45659,6\n',
      'may be a day of Excel: choose --time-format excel',
    ],
    [
      'does not show what a comma in its numbers is',
      'date;price\n2025-01-01;1,234\n2025-01-02;2,345\n',
      '"1,234" may be thousands or a fraction: choose --decimal',
    ],
    [
      'names volumes of two currencies and no instrument of either',
      'timestamp,open,high,low,close,Volume ABC,Volume XYZ\n1735689600,1,1,1,1,2,3\n',
      'may each be the volume: say with --columns',
    ],
    ['is no text of prices', 'PNG\u0000\u0001', 'no column timestamp'],
  ])('because it %s is refused with the choice to make', async (_, text, message) => {
    await expect(importBytes('GOLD.csv', `${text}\n`)).rejects.toThrow(message);
    expect(await stores.series.list({ venue: 'csv:files' })).toEqual([]);
  });

  it('is read as --columns says', async () => {
    const columns = ['timestamp', 'open', 'high', 'low', 'close', 'volume'];
    const report = await importBytes('GOLD.csv', `${ROWS.join('\n')}\n`, { choices: { columns } });
    expect(report).toMatchObject({ inserted: CANDLES.length, rejected: [] });
    const twice = ['time,open,high,low,close,close', ...ROWS].join('\n');
    const chosen = [...columns.slice(0, 5), '-'];
    await importBytes('SILVER.csv', `${twice}\n`, { choices: { columns: chosen } });
    const [gold, silver] = await storedCandles();
    expect(gold?.candles).toEqual(CANDLES);
    expect(silver?.candles).toEqual(CANDLES.map((candle) => ({ ...candle, volume: 0 })));
  });

  it.each([
    ['dd/mm/yyyy', '01/02/2025', Date.UTC(2025, 1, 1)],
    ['mm/dd/yyyy', '01/02/2025', Date.UTC(2025, 0, 2)],
    ['excel', '45658', Date.UTC(2025, 0, 1)],
  ] as const)('is read as --time-format %s says', async (timeFormat, date, openTime) => {
    const request = { timeframe: '1d', choices: { timeFormat } } as const;
    await importBytes('GOLD.csv', `date,price\n${date},5\n`, request);
    expect((await storedCandles())[0]?.candles).toMatchObject([{ openTime, close: 5 }]);
  });

  it('is read as --decimal says', async () => {
    const text = 'date;price\n2025-01-01;1,234\n';
    const request = { timeframe: '1d', choices: { decimal: ',' } } as const;
    await importBytes('GOLD.csv', text, request);
    expect((await storedCandles())[0]?.candles).toMatchObject([{ close: 1.234 }]);
  });

  it('needs no choice where one date shows the order', async () => {
    const text = 'date,price\n01/02/2025,5\n13/02/2025,6\n';
    await importBytes('GOLD.csv', text, { timeframe: '1d' });
    expect((await storedCandles())[0]?.candles[0]?.openTime).toBe(Date.UTC(2025, 1, 1));
  });
});

describe('candles of another timeframe', () => {
  it('are refused where hours would become days', async () => {
    await expect(
      importBytes('GOLD.csv', [HEADINGS, ...ROWS, ''].join('\n'), { timeframe: '1d' }),
    ).rejects.toThrow('its rows are 1h apart, not 1d: ask for --timeframe 1h');
    expect(await stores.series.list({ venue: 'csv:files' })).toEqual([]);
  });

  it('are refused where days would become single hours', async () => {
    const days = CANDLES.map(({ open, high, low, close, volume }, day) =>
      [Date.UTC(2025, 0, 1 + day), open, high, low, close, volume].join(','),
    );
    await expect(importBytes('GOLD.csv', [HEADINGS, ...days, ''].join('\n'))).rejects.toThrow(
      'no two of its rows are 1h apart, the nearest are 1d',
    );
  });

  it('that begin within the day are stored under their day by --align alone', async () => {
    const days = CANDLES.map(({ open, high, low, close, volume }, day) =>
      [Date.UTC(2025, 0, 1 + day, day < 5 ? 14 : 13, 30), open, high, low, close, volume].join(','),
    );
    const text = [HEADINGS, ...days, ''].join('\n');
    await expect(importBytes('AAPL.csv', text, { timeframe: '1d' })).rejects.toThrow('--align');
    const report = await importBytes('AAPL.csv', text, { timeframe: '1d', isAligned: true });
    expect(report).toMatchObject({ inserted: CANDLES.length, rejected: [] });
    expect((await storedCandles())[0]?.candles[0]?.openTime).toBe(Date.UTC(2025, 0, 1));
  });
});

describe('a column that is not understood', () => {
  const withColumn = (name: string, valueOf: (row: number) => string): string =>
    [`${HEADINGS},${name}`, ...ROWS.map((row, at) => `${row},${valueOf(at)}`), ''].join('\n');

  it('is an attribute where it never changes', async () => {
    const report = await importBytes(
      'GOLD.csv',
      withColumn('metal', () => 'gold'),
    );
    expect(report).toMatchObject({ attributes: ['metal'], leftOut: [] });
    expect(await stores.itemAttributes.find('csv:files', 'GOLD')).toEqual({ metal: 'gold' });
  });

  it('is named and left out where it changes', async () => {
    const report = await importBytes('GOLD.csv', withColumn('mood', String));
    expect(report.leftOut).toEqual([
      { name: 'mood', reason: expect.stringContaining('"0" and "1" for GOLD') as unknown },
    ]);
    expect(await stores.itemAttributes.find('csv:files', 'GOLD')).toEqual({});
  });

  it('is an attribute with its newest value where it is asked for', async () => {
    const text = withColumn('mood', String);
    const report = await importBytes('GOLD.csv', text, { attributeColumns: ['mood'] });
    expect(report.attributes).toEqual(['mood']);
    const known = await stores.itemAttributes.find('csv:files', 'GOLD');
    expect(known).toEqual({ mood: String(CANDLES.length - 1) });
  });

  it('is no attribute either where it changes from one import to the next', async () => {
    await importBytes(
      'GOLD.csv',
      withColumn('mood', () => 'calm'),
    );
    const report = await importBytes(
      'GOLD.csv',
      withColumn('mood', () => 'wild'),
    );
    expect(report.leftOut[0]?.reason).toContain('another value is stored for 1 items');
    expect(await stores.itemAttributes.find('csv:files', 'GOLD')).toEqual({ mood: 'calm' });
  });

  it('is never an adjusted close, which knows the future', async () => {
    const report = await importBytes(
      'GOLD.csv',
      withColumn('Adj Close', () => '5'),
    );
    expect(report.attributes).toEqual([]);
    expect(report.leftOut[0]?.reason).toContain('knows the future');
  });
});

describe('the lines of a file', () => {
  it('without a line end at the end of the file wait for it', async () => {
    const text = [HEADINGS, ...ROWS].join('\n');
    const report = await importBytes('GOLD.csv', text);
    expect(report).toMatchObject({ inserted: ROWS.length - 1, rejected: [] });
    expect(report.waiting.lastLine).toBe(ROWS.at(-1));
    const complete = await importBytes('GOLD.csv', text, { isComplete: true });
    expect(complete).toMatchObject({ inserted: 1, waiting: { lastLine: undefined } });
  });

  it('with a stray quote cost themselves alone', async () => {
    const text =
      'timestamp,item,price\n2025-01-01,"Zeus" x27,5\n2025-01-02,Plain,7\n2025-01-03,"Odd,8\n2025-01-04,Plain,9\n';
    const report = await importBytes('items.csv', text, { timeframe: '1d' });
    expect(report.rejected.map(({ line, kind }) => [line, kind])).toEqual([
      [2, 'quote'],
      [4, 'quote'],
    ]);
    expect((await storedCandles()).map(({ symbol }) => symbol)).toEqual(['Plain']);
    const choices = { hasQuotes: false };
    await importBytes('items.csv', text, { timeframe: '1d', choices });
    expect((await storedCandles()).map(({ symbol }) => symbol)).toContain('"Zeus" x27');
  });

  it('that repeat a bar far behind are compared with what was stored', async () => {
    const row = (hour: number, close: number): string =>
      `${hour * HOUR_MS + Date.UTC(2015, 0, 1)},1,9,1,${close},1`;
    const rows = Array.from({ length: 30_000 }, (_, hour) => row(hour, 2));
    const text = [HEADINGS, ...rows, row(0, 2), row(1, 3), ''].join('\n');
    const report = await importBytes('GOLD.csv', text);
    expect(report).toMatchObject({ inserted: 30_000, merged: 1, rejectedRows: 1 });
    expect(report.rejected[0]).toMatchObject({ line: 30_003, kind: 'duplicate' });
    expect((await storedCandles())[0]?.candles[1]?.close).toBe(2);
  });

  it('are counted by reason, and only some of them are kept as examples', async () => {
    const bad = Array.from({ length: 500 }, () => 'soon,1,1,1,1,1');
    const report = await importBytes('GOLD.csv', [HEADINGS, ...ROWS, ...bad, ''].join('\n'));
    expect(report.rejectedByReason).toMatchObject([{ kind: 'time', rows: 500 }]);
    expect(report.rejected).toHaveLength(100);
  });

  it('of a bar that has not closed wait until it has', async () => {
    const text = `${HEADINGS}\n${NOW - HOUR_MS},1,1,1,1,1\n${NOW},1,1,1,1,1\n`;
    const report = await importBytes('GOLD.csv', text);
    expect(report).toMatchObject({ inserted: 1, rejectedRows: 0 });
    expect(report.waiting).toMatchObject({ unfinishedBars: 1, closesAt: NOW + HOUR_MS });
  });
});

const vendorFolder = findTestData('vendor_csv');

describe.skipIf(vendorFolder === undefined)(
  'recorded shapes of vendors (EVENKEEL_TEST_DATA)',
  () => {
    const importRecorded = (
      name: string,
      changes: Partial<ImportRequest> = {},
    ): Promise<ImportReport> =>
      importPath(path.join(vendorFolder ?? '', name), { timeframe: '1d', ...changes });

    it.each([
      ['cdd.csv', 'cryptodatadownload', 'volume', 'Volume BTC'],
      ['euro.csv', 'columns by their headings', 'volume', 'volume'],
      ['fxempty.csv', 'TradingView', 'close', 'close'],
      ['invest-iso.csv', 'investing.com', 'close', 'Price'],
      ['micro.csv', 'columns by their headings', 'timestamp', 'timestamp'],
      ['vol.csv', 'columns by their headings', 'volume', 'vol'],
      ['yyyymmdd-price.csv', 'columns by their headings', 'price', 'price'],
    ])('%s is read as %s', async (name, source, role, heading) => {
      const report = await importRecorded(name);
      expect(report.understood.source).toContain(source);
      expect(report.understood.columns[role]).toBe(heading);
      expect(report).toMatchObject({ items: 1, rejectedRows: 0, attributes: [] });
      expect(report.inserted).toBe(report.rows);
      const [stored] = await storedCandles();
      const times = stored?.candles.map(({ openTime }) => openTime) ?? [];
      expect(new Date(times[0] ?? 0).getUTCFullYear()).toBe(2025);
      expect(new Set(times.slice(1).map((at, place) => at - (times[place] ?? 0)))).toEqual(
        new Set([86_400_000]),
      );
    });

    it('dupclose.csv is refused with its two columns', async () => {
      await expect(importRecorded('dupclose.csv')).rejects.toThrow(
        'columns 5 (close) and 6 (close)',
      );
    });

    it('baddates.csv has no day that the calendar has', async () => {
      const report = await importRecorded('baddates.csv');
      expect(report).toMatchObject({ inserted: 0, rejectedRows: 5 });
    });

    it('q1.csv loses the two lines with a stray quote and nothing else', async () => {
      const report = await importRecorded('q1.csv');
      expect(report).toMatchObject({ inserted: 2, rejectedRows: 2 });
    });

    it('are all known to this suite', async () => {
      expect(await readdir(vendorFolder ?? '')).toHaveLength(10);
    });
  },
);
