import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importFile } from '../../src/collection/files/import-file.js';
import {
  readImportRecords,
  recordOfRefusal,
  recordOfReport,
  writeImportRecord,
  type ImportRecord,
} from '../../src/collection/files/import-record.js';
import type { Candle } from '../../src/domain/candle.js';
import { timeframeMs } from '../../src/domain/timeframe.js';
import { ConfigError } from '../../src/lib/errors.js';
import type { Finding, FindingKind } from '../../src/quality/findings.js';
import { qualityPage } from '../../src/quality/quality-page.js';
import {
  assessQuality,
  type QualityReport,
  type QualityRequest,
  type SeriesQuality,
} from '../../src/quality/quality-report.js';
import { qualityText } from '../../src/quality/quality-text.js';
import type { Stores } from '../../src/storage/stores.js';
import { fixedClock, forEachEngine, openTestDatabase, type TestDatabase } from '../database.js';
import { findTestData } from '../test-data.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2024, 0, 1);
const VENUE = 'binance';

/** A quiet market: hours that move by less than a percent. */
function hours(
  count: number,
  change: (hour: number, candle: Candle) => Partial<Candle> = () => ({}),
): Candle[] {
  return Array.from({ length: count }, (_, hour) => {
    const open = 100 + Math.sin(hour / 9) * 3;
    const close = 100 + Math.sin((hour + 1) / 9) * 3;
    const candle = {
      openTime: START + hour * HOUR_MS,
      open,
      high: Math.max(open, close) + 0.2,
      low: Math.min(open, close) - 0.2,
      close,
      volume: 5 + hour,
    };
    return { ...candle, ...change(hour, candle) };
  });
}

async function store(
  stores: Stores,
  symbol: string,
  candles: readonly Candle[],
  venue = VENUE,
): Promise<number> {
  const marketId = symbol.replace('/', '');
  const { id } = await stores.series.ensure({ venue, symbol, marketId, timeframe: '1h' });
  await stores.candles.upsert(id, candles, 'rest');
  return id;
}

function assess(
  stores: Stores,
  request: QualityRequest = {},
  more: { readonly marketMs?: number; readonly imports?: readonly ImportRecord[] } = {},
): Promise<QualityReport> {
  const { marketMs, imports = [] } = more;
  return assessQuality(request, { stores, imports, marketMsOf: () => marketMs });
}

async function assessOne(stores: Stores, marketMs?: number): Promise<SeriesQuality> {
  const more = marketMs === undefined ? {} : { marketMs };
  const [only] = (await assess(stores, {}, more)).series;
  if (only === undefined) throw new Error('no series');
  return only;
}

function findingOf({ findings }: SeriesQuality, kind: FindingKind): Finding | undefined {
  return findings.find((one) => one.kind === kind);
}

forEachEngine((engine) => {
  describe('the quality of a series', () => {
    let stores: Stores;
    beforeEach(async () => {
      ({ stores } = await engine.open());
    });

    it('without a fault has no finding and all of its bars', async () => {
      await store(stores, 'BTC/USDT', hours(100));
      const quality = await assessOne(stores, START + 100 * HOUR_MS);
      expect(quality).toMatchObject({ candles: 100, covered: 1, findings: [], gaps: [] });
      expect(quality.days.map(({ stored }) => stored)).toEqual([24, 24, 24, 24, 4]);
    });

    it.each([
      { name: 'weeks that begin on Thursday', timeframe: '1w', hour: 0, offsetMs: 3 * DAY_MS },
      { name: 'days that begin at 16:00 UTC', timeframe: '1d', hour: 16, offsetMs: 16 * HOUR_MS },
    ] as const)('has no gap in $name', async ({ timeframe, hour, offsetMs }) => {
      const key = { venue: VENUE, symbol: 'BTC/USDT', marketId: 'BTCUSDT', timeframe };
      const { id } = await stores.series.ensure(key);
      await stores.series.setGridOffset(id, offsetMs);
      const lengthMs = timeframeMs(timeframe);
      const openTimeOf = (bar: number): number => Date.UTC(2024, 0, 4, hour) + bar * lengthMs;
      const candles = hours(20).map((one, bar) => ({ ...one, openTime: openTimeOf(bar) }));
      await stores.candles.upsert(
        id,
        candles.filter((_, bar) => bar !== 7),
        'rest',
      );
      // The bar after the last one is open still, though on the usual grid it would be closed.
      const quality = await assessOne(stores, openTimeOf(21) - HOUR_MS);
      const missing = { kind: 'open', fromOpenTime: openTimeOf(7), toOpenTime: openTimeOf(7) };
      expect(quality.gaps).toEqual([{ ...missing, bars: 1 }]);
      expect(findingOf(quality, 'gap_open')?.text).toMatch(/^1 bars? .*, in one gap: 2024-/);
      const open = quality.days.filter((day) => day.open > 0).map(({ day }) => day);
      expect(open).toEqual([openTimeOf(7) - (openTimeOf(7) % DAY_MS)]);
    });

    it('tells bars that the venue lacks from those that nobody has explained, and from late ones', async () => {
      const id = await store(
        stores,
        'BTC/USDT',
        hours(100).filter((_, hour) => ![10, 11, 30, 31, 32, 50].includes(hour)),
      );
      const at = (hour: number): number => START + hour * HOUR_MS;
      await stores.knownGaps.add(id, [
        { fromOpenTime: at(30), toOpenTime: at(31), reason: 'missing' },
        { fromOpenTime: at(50), toOpenTime: at(50), reason: 'empty' },
      ]);
      const quality = await assessOne(stores, at(103));
      expect(quality.gaps).toEqual([
        { kind: 'open', fromOpenTime: at(10), toOpenTime: at(11), bars: 2 },
        { kind: 'known', fromOpenTime: at(30), toOpenTime: at(31), bars: 2 },
        { kind: 'open', fromOpenTime: at(32), toOpenTime: at(32), bars: 1 },
        { kind: 'late', fromOpenTime: at(100), toOpenTime: at(102), bars: 3 },
      ]);
      expect(quality.days[0]).toMatchObject({ expected: 24, stored: 22, open: 2 });
      expect(quality.days[1]).toMatchObject({ expected: 24, stored: 21, known: 2, open: 1 });
      expect(quality.days[2]).toMatchObject({ expected: 24, stored: 23, empty: 1 });
      expect(findingOf(quality, 'gap_open')).toMatchObject({ level: 'fault', count: 3 });
      expect(findingOf(quality, 'gap_known')).toMatchObject({ level: 'note', count: 2 });
      expect(findingOf(quality, 'gap_open')?.training).toContain('640 bars');
    });

    it('counts revisions, refused rows by reason, repeated candles and those without volume', async () => {
      const frozen = hours(60, (hour) => (hour > 40 && hour < 45 ? (hours(41)[40] ?? {}) : {}));
      const candles = frozen.map((candle, hour) => ({
        ...candle,
        openTime: START + hour * HOUR_MS,
        volume: hour < 10 ? 0 : candle.volume,
      }));
      const id = await store(stores, 'BTC/USDT', candles);
      await stores.candles.upsert(id, [{ ...(candles[20] as Candle), volume: 1 }], 'rest');
      const refused = { ...(candles[30] as Candle), high: -1 };
      await stores.candles.quarantine(id, [
        { candle: refused, reason: 'defective: high -1 is not a positive number' },
        { candle: { ...refused, openTime: START + 900 * HOUR_MS }, reason: 'future: too early' },
      ]);
      const quality = await assessOne(stores);
      expect(quality).toMatchObject({
        revised: 1,
        repeated: 4,
        refused: { defective: 1, future: 1 },
      });
      expect(quality.zeroVolumeShare).toBeCloseTo(1 / 6);
      expect(findingOf(quality, 'refused')?.text).toContain('1 × defective, 1 × future');
      expect(findingOf(quality, 'zero_volume')?.text).toContain('16.7 %');
    });

    it('names wicks, spikes, jumps and splits against the neighbours', async () => {
      const halved = (candle: Candle): Partial<Candle> => ({
        open: candle.open / 2,
        high: candle.high / 2,
        low: candle.low / 2,
        close: candle.close / 2,
      });
      const raised = (candle: Candle): Partial<Candle> => ({
        high: candle.high * 1.3,
        close: candle.close * 1.3,
      });
      await store(
        stores,
        'BTC/USDT',
        hours(400, (hour, candle) => {
          if (hour === 100) return { high: 160 };
          if (hour === 200) return raised(candle);
          return hour >= 300 ? halved(candle) : {};
        }),
      );
      const { outliers } = await assessOne(stores);
      expect(outliers.map(({ kind, openTime }) => [kind, (openTime - START) / HOUR_MS])).toEqual([
        ['wick', 100],
        ['spike', 200],
        ['split', 300],
      ]);
    });

    it('takes a move for the market where other symbols make it too', async () => {
      const fall = (hour: number, { open, low, close }: Candle): Partial<Candle> =>
        hour < 200
          ? {}
          : { open: hour === 200 ? open : open * 0.83, low: low * 0.83, close: close * 0.83 };
      await store(stores, 'BTC/USDT', hours(400, fall));
      await store(
        stores,
        'ETH/USDT',
        hours(400, (hour, one) => ({ ...fall(hour, one), volume: 2 })),
      );
      await store(
        stores,
        'SOL/USDT',
        hours(400, (hour, one) => ({ ...fall(hour, one), volume: 3 })),
      );
      const [first] = (await assess(stores)).series;
      expect(first?.outliers).toMatchObject([{ kind: 'jump' }]);
      expect(first?.outliers[0]?.otherSize).toBeCloseTo(first?.outliers[0]?.size ?? 0, 3);
      expect(first && findingOf(first, 'jump')?.text).toContain('1 of them with other symbols');
    });

    it('names a series that holds the same candles as another one', async () => {
      await store(stores, 'AAA', hours(1_500));
      await store(stores, 'BBB', hours(1_500));
      await store(
        stores,
        'CCC',
        hours(1_500, () => ({ volume: 1 })),
      );
      const { series } = await assess(stores);
      expect(series.map(({ copies }) => copies.map(({ of }) => of))).toEqual([
        ['BBB'],
        ['AAA'],
        [],
      ]);
      expect(series[0] && findingOf(series[0], 'copy')?.text).toContain('BBB (3 of 3 months)');
    });

    it('is asked for by symbols, by market ids and from a day on', async () => {
      await store(stores, 'BTC/USDT', hours(100));
      await store(stores, 'ETH/USDT', hours(100));
      const symbols = ['ETHUSDT', 'XYZ'];
      const report = await assess(stores, { symbols, fromOpenTime: START + 48 * HOUR_MS });
      expect(report).toMatchObject({ total: 1, unknownSymbols: ['XYZ'] });
      expect(report.series).toMatchObject([{ symbol: 'ETH/USDT', candles: 52 }]);
    });
  });
});

describe('the quality of prices from files', () => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await openTestDatabase();
  });
  afterEach(() => test.database.close());

  it('expects no bars at hours at which the market is closed as a rule', async () => {
    const office = hours(24 * 7 * 8).filter(({ openTime }) => {
      const date = new Date(openTime);
      const isWeekday = date.getUTCDay() >= 1 && date.getUTCDay() <= 5;
      return isWeekday && date.getUTCHours() >= 9 && date.getUTCHours() < 17;
    });
    const missing = START + (24 * 8 + 12) * HOUR_MS;
    await store(
      test.stores,
      'SHARE',
      office.filter(({ openTime }) => openTime !== missing),
      'csv:files',
    );
    const quality = await assessOne(test.stores);
    expect(quality.gaps).toEqual([
      { kind: 'open', fromOpenTime: missing, toOpenTime: missing, bars: 1 },
    ]);
    expect(findingOf(quality, 'gap_open')).toMatchObject({ level: 'note' });
  });
});

describe('the page of a report', () => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await openTestDatabase();
  });
  afterEach(() => test.database.close());

  it('needs nothing from the network and runs no script', async () => {
    await store(
      test.stores,
      '<b>&"',
      hours(400, (hour) => (hour === 100 ? { high: 160 } : {})),
    );
    const page = qualityPage(await assess(test.stores), START);
    expect(page).not.toMatch(/<script|https?:|url\(|@import| src=| href=/);
    expect(page).not.toContain('<b>');
    expect(page).toContain('&lt;b&gt;&amp;&quot;');
    expect(page).toContain('class="mark"');
    expect(page).toContain('24 of 24 bars');
  });

  it('says so where nothing is stored', async () => {
    const report = await assess(test.stores);
    expect(qualityPage(report, START)).toContain('No candles are stored');
    expect(qualityText(report)).toContain('No series is stored');
  });
});

const rawDefects = findTestData('raw_defects');

describe.skipIf(rawDefects === undefined)('recorded defects (EVENKEEL_TEST_DATA)', () => {
  let test: TestDatabase;
  let folder: string;
  beforeEach(async () => {
    test = await openTestDatabase({ clock: fixedClock() });
    folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-quality-'));
  });
  afterEach(async () => {
    await test.database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const importRecorded = async (file: string, timeframe: '1h' | '1d'): Promise<void> => {
    const about = { file, venue: 'csv:raw', timeframe, at: START };
    const request = {
      file,
      name: 'raw',
      symbol: undefined,
      timeframe,
      attributes: {},
      parseName: undefined,
      isDryRun: false,
    } as const;
    try {
      const report = await importFile(request, { stores: test.stores, clock: fixedClock() });
      await writeImportRecord(folder, recordOfReport(about, report));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      await writeImportRecord(folder, recordOfRefusal(about, error.message));
    }
  };

  it('are found: one series under three names, an impossible wick, refused rows and files', async () => {
    const raw = (name: string): string => path.join(rawDefects ?? '', name);
    for (const name of ['AAPL', 'A', 'MSFT']) {
      await importRecorded(raw(`${name}_SAME_CONTENT-1d.csv.gz`), '1d');
    }
    await importRecorded(raw('BTC_USDT-1h.csv.gz'), '1h');
    await importRecorded(raw('../vendor_csv/dupclose.csv'), '1d');
    await importRecorded(raw('../vendor_csv/baddates.csv'), '1d');
    const imports = await readImportRecords(folder);
    const { series, files } = await assess(test.stores, {}, { imports });
    expect(series.filter(({ copies }) => copies.length === 2)).toHaveLength(3);
    const bitcoin = series.find(({ timeframe }) => timeframe === '1h');
    expect(bitcoin?.outliers[0]).toMatchObject({
      kind: 'wick',
      openTime: Date.UTC(2017, 7, 17, 4),
    });
    expect(files.filter(({ refusal }) => refusal !== null)).toHaveLength(1);
    expect(files.flatMap(({ rejected }) => rejected.map(({ kind }) => kind)).sort()).toEqual([
      'candle',
      'candle',
      'candle',
      'time',
    ]);
    const page = qualityPage({ series, files, total: series.length, unknownSymbols: [] }, START);
    expect(page).toContain('may each be the close');
  });
});
