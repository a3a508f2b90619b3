import { describe, expect, test } from 'vitest';
import type { Collector } from '../../src/collection/collector.js';
import { toColumns, type CandleColumns } from '../../src/domain/candle-columns.js';
import { barOpenTime } from '../../src/domain/timeframe.js';
import { forEachEngine } from '../database.js';
import type { Stores } from '../../src/storage/stores.js';
import {
  useCollectionRigs,
  type CollectionRig,
  HOUR,
  ONE_DAY_BARS,
  T0,
  toCandle,
} from './collection-rig.js';

const POLL = { timeout: 15_000, interval: 5 };

async function following(collector: Collector): Promise<void> {
  await expect.poll(() => collector.status().phase, POLL).toBe('following');
}

async function seriesOf(stores: Stores, symbol = 'BTC/USDT') {
  const series = await stores.series.find({ venue: 'testvenue', symbol, timeframe: '1h' });
  if (series === undefined) throw new Error(`no series ${symbol}`);
  return series;
}

async function storedHours(stores: Stores, symbol?: string): Promise<number[]> {
  const { id } = await seriesOf(stores, symbol);
  return (await stores.candles.read(id)).map(({ openTime }) => (openTime - T0) / HOUR);
}

const hours = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function gridOf(stores: Stores, symbol: string): Promise<CandleColumns> {
  const { id } = await seriesOf(stores, symbol);
  const gaps = await stores.knownGaps.list(id);
  return toColumns(await stores.candles.read(id), {
    timeframe: '1h',
    firstBarIndex: undefined,
    isKnownGap: (index) => {
      const openTime = barOpenTime(index, '1h');
      return gaps.some((gap) => gap.fromOpenTime <= openTime && openTime <= gap.toOpenTime);
    },
  });
}

forEachEngine((engine) => {
  const createRig = useCollectionRigs();

  describe('back-fill', () => {
    test('stores the depth that training and features need, closed candles only', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores);
      await following(collector);
      expect(await storedHours(stores)).toEqual(hours(-ONE_DAY_BARS, -1));
      const [newest] = await stores.candles.latest((await seriesOf(stores)).id, 1);
      expect(newest).toEqual(rig.bar('BTCUSDT', -1));
      expect(collector.status().progress).toMatchObject({ percentage: 100, seriesReady: 1 });
    });

    test('asks for nothing again after a restart but what has closed meanwhile', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      await following(rig.collect(stores));
      rig.takeCandleRequests();
      await following(rig.collect(stores));
      expect(rig.takeCandleRequests()).toEqual([]);
    });

    test('that was stopped in the middle goes on where it was', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const depth = { historyDays: 10, trainMonthsBack: 6 } as const;
      rig.server.pageLimit = 100;
      const first = rig.collect(stores, { history: depth });
      const asked = (): number =>
        rig.server.requests.filter((path) => path.includes('klines')).length;
      await expect.poll(asked, POLL).toBeGreaterThan(3);
      await first.stop();
      const storedBefore = (await storedHours(stores)).length;
      expect(storedBefore).toBeGreaterThan(0);
      expect(storedBefore).toBeLessThan(640 + 240);
      rig.takeCandleRequests();
      await following(rig.collect(stores, { history: depth }));
      expect(await storedHours(stores)).toEqual(hours(-880, -1));
      const resumedAt = Number(rig.takeCandleRequests()[0]?.get('startTime'));
      expect((resumedAt - T0) / HOUR).toBe(-880 + storedBefore);
    });

    test('asks twice for what the venue leaves out, and not again at the next start', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      for (const hour of [-300, -299, -298, -50]) rig.edit('BTCUSDT', hour);
      await following(rig.collect(stores));
      const { id } = await seriesOf(stores);
      const reason = 'missing';
      const notedAt = T0;
      expect(await stores.knownGaps.list(id)).toEqual([
        { fromOpenTime: T0 - 300 * HOUR, toOpenTime: T0 - 298 * HOUR, reason, notedAt },
        { fromOpenTime: T0 - 50 * HOUR, toOpenTime: T0 - 50 * HOUR, reason, notedAt },
      ]);
      expect(rig.takeCandleRequests()).toHaveLength(3);
      await following(rig.collect(stores));
      expect(rig.takeCandleRequests()).toEqual([]);
    });

    test('repairs a hole in the stored candles', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const { id } = await stores.series.ensure({
        venue: 'testvenue',
        symbol: 'BTC/USDT',
        marketId: 'BTCUSDT',
        timeframe: '1h',
      });
      const whole = (rig.klines.get('BTCUSDT') ?? []).map(toCandle);
      const holed = whole.filter(({ openTime }) => {
        const hour = (openTime - T0) / HOUR;
        return hour < 0 && (hour < -200 || hour > -190);
      });
      await stores.candles.upsert(id, holed, 'rest');
      await following(rig.collect(stores));
      expect(await storedHours(stores)).toEqual(hours(-1000, -1));
      const [request, ...others] = rig.takeCandleRequests();
      expect(Number(request?.get('startTime'))).toBe(T0 - 200 * HOUR);
      expect(others).toEqual([]);
    });

    test('remembers the first bar of a symbol listed 400 bars ago', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      rig.klines.get('BTCUSDT')?.splice(0, 600);
      await following(rig.collect(stores));
      const series = await seriesOf(stores);
      expect(series.firstBarAt).toBe(T0 - 400 * HOUR);
      expect(await storedHours(stores)).toEqual(hours(-400, -1));
      expect(await stores.knownGaps.list(series.id)).toEqual([]);
      rig.takeCandleRequests();
      await following(rig.collect(stores));
      expect(rig.takeCandleRequests()).toEqual([]);
    });

    test('does not believe an answer that is empty by mistake', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      rig.server.faults.push({ path: '/api/v3/klines', kind: 'empty' });
      const collector = rig.collect(stores);
      await following(collector);
      await expect.poll(async () => (await storedHours(stores))[0], POLL).toBe(-ONE_DAY_BARS);
      expect((await seriesOf(stores)).firstBarAt).toBeUndefined();
      expect(await stores.knownGaps.list((await seriesOf(stores)).id)).toEqual([]);
    });

    test('does not take a gap at the depth’s beginning for a first bar', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      for (const hour of hours(-670, -660)) rig.edit('BTCUSDT', hour);
      await following(rig.collect(stores));
      expect((await seriesOf(stores)).firstBarAt).toBeUndefined();
      const { id } = await seriesOf(stores);
      expect(await stores.knownGaps.list(id)).toMatchObject([
        { toOpenTime: T0 - 660 * HOUR, reason: 'missing' },
      ]);
    });

    test('waits for the first candle of a symbol that has none, which is its first bar', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const all = rig.klines.get('BTCUSDT') ?? [];
      rig.klines.set('BTCUSDT', all.slice(1_002));
      const collector = rig.collect(stores);
      await following(collector);
      await advanceHours(rig, 4, () => collector.status().series[0]?.newestOpenTime);
      const series = await seriesOf(stores);
      await expect.poll(async () => (await seriesOf(stores)).firstBarAt, POLL).toBe(T0 + 2 * HOUR);
      expect(await stores.knownGaps.list(series.id)).toEqual([]);
    });
  });

  describe('empty bars', () => {
    test('sent or left out give the same rows and the same grid', async () => {
      const { stores } = await engine.open();
      const rig = await createRig(['FILLUSDT', 'OMITUSDT']);
      for (const hour of [-400, -399, -30, -10]) {
        const close = String(rig.bar('FILLUSDT', hour - 1)?.close);
        rig.edit('FILLUSDT', hour, ([openTime]) => [openTime, close, close, close, close, '0']);
        rig.edit('OMITUSDT', hour);
      }
      await following(rig.collect(stores));
      const [filled, omitted] = await Promise.all(
        ['FILL/USDT', 'OMIT/USDT'].map(async (symbol) => ({
          rows: await stores.candles.read((await seriesOf(stores, symbol)).id),
          grid: await gridOf(stores, symbol),
        })),
      );
      expect(filled?.rows).toHaveLength(ONE_DAY_BARS - 4);
      expect(filled).toEqual(omitted);
      expect(filled?.grid.state.filter((state) => state === 1)).toHaveLength(4);
      expect(filled?.grid.state).not.toContain(2);
    });

    test('with a moved price are bars', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      rig.edit('BTCUSDT', -20, ([openTime]) => [openTime, '90', '90', '90', '90', '0']);
      await following(rig.collect(stores));
      expect(await storedHours(stores)).toContain(-20);
    });

    test('of a series without any volume are kept whole and the series is marked', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const still = (row: unknown[]): unknown[] => [...row.slice(0, 5), '0', ...row.slice(6)];
      for (const hour of hours(-1000, 10)) rig.edit('BTCUSDT', hour, still);
      const flat = String(rig.bar('BTCUSDT', -101)?.close);
      rig.edit('BTCUSDT', -100, ([openTime]) => [openTime, flat, flat, flat, flat, '0']);
      await following(rig.collect(stores));
      expect((await seriesOf(stores)).hasVolume).toBe(false);
      expect(await storedHours(stores)).toEqual(hours(-ONE_DAY_BARS, -1));
    });
  });

  describe('follow-up', () => {
    test('stores and announces a bar once it has closed, and not before', async () => {
      const { stores } = await engine.open();
      const rig = await createRig(['BTCUSDT', 'ETHUSDT']);
      const collector = rig.collect(stores);
      const announced: string[] = [];
      collector.subscribe({
        closedCandles: ({ symbol }, candles) =>
          announced.push(...candles.map(({ openTime }) => `${symbol} ${(openTime - T0) / HOUR}`)),
      });
      await following(collector);
      await rig.clock.advance(HOUR - 1_000);
      expect(await storedHours(stores)).not.toContain(0);
      await rig.clock.advance(3_000);
      await expect.poll(() => announced.sort(), POLL).toEqual(['BTC/USDT 0', 'ETH/USDT 0']);
      expect((await stores.candles.latest((await seriesOf(stores)).id, 1))[0]).toEqual(
        rig.bar('BTCUSDT', 0),
      );
      expect(collector.status().series[0]?.barsBehind).toBe(0);
    });

    test('takes over what the venue corrects in recent bars and says from where on', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores);
      const revisedFrom: number[] = [];
      collector.subscribe({ revised: (_, openTime) => revisedFrom.push((openTime - T0) / HOUR) });
      await following(collector);
      rig.edit('BTCUSDT', -1, (row) => [...row.slice(0, 5), '777', ...row.slice(6)]);
      await advanceHours(rig, 1, () => revisedFrom.length);
      const { id } = await seriesOf(stores);
      const stored = await stores.candles.read(id, {
        fromOpenTime: T0 - HOUR,
        toOpenTime: T0 - HOUR,
      });
      expect(stored[0]?.volume).toBe(777);
      expect(revisedFrom[0]).toBeLessThanOrEqual(-1);
    });

    test('fills an outage of hours, with an alarm while it lasts', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores);
      await following(collector);
      rig.server.isDown = true;
      for (let hour = 0; hour < 6; hour++) await rig.clock.advance(HOUR);
      await expect.poll(() => collector.status().series[0]?.lastError, POLL).toContain('502');
      expect(collector.status().staleAlarm).toEqual({
        stale: [{ name: 'BTC/USDT 1h', barsBehind: 6 }],
        isEverythingStale: true,
      });
      rig.server.isDown = false;
      await advanceHours(rig, 1, () => collector.status().series[0]?.barsBehind === 0);
      await expect.poll(async () => (await storedHours(stores)).at(-1), POLL).toBe(6);
      expect((await storedHours(stores)).slice(-8)).toEqual(hours(-1, 6));
      expect(collector.status().staleAlarm.stale).toEqual([]);
      expect(await stores.knownGaps.list((await seriesOf(stores)).id)).toEqual([]);
    });

    test('goes on with the others where the venue refuses one symbol', async () => {
      const { stores } = await engine.open();
      const rig = await createRig(['BTCUSDT', 'GONEUSDT']);
      rig.server.refusedSymbols.add('GONEUSDT');
      const collector = rig.collect(stores);
      await expect.poll(() => collector.status().progress.seriesReady, POLL).toBe(1);
      const announced: string[] = [];
      collector.subscribe({ closedCandles: ({ symbol }) => announced.push(symbol) });
      await advanceHours(rig, 1, () => announced.length);
      expect(announced).toEqual(['BTC/USDT']);
      const gone = collector.status().series.find(({ symbol }) => symbol === 'GONE/USDT');
      expect(gone).toMatchObject({ state: 'failed' });
      expect(gone?.lastError).toContain('Invalid symbol');
    });

    test('quarantines candles from the future until the venue sends possible ones', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores);
      await following(collector);
      // In the place of the open bar, which has no trade yet.
      rig.edit('BTCUSDT', 1);
      rig.extraRows.push([T0 + 900 * HOUR, '1', '1', '1', '1', '1']);
      await advanceHours(rig, 1, () => collector.status().series[0]?.hasFutureCandles === true);
      const { id } = await seriesOf(stores);
      expect(await storedHours(stores)).not.toContain(900);
      expect(await stores.candles.listQuarantined(id)).toMatchObject([
        { candle: { openTime: T0 + 900 * HOUR } },
      ]);
      rig.extraRows.length = 0;
      await advanceHours(rig, 1, () => collector.status().series[0]?.hasFutureCandles === false);
      expect(await storedHours(stores)).not.toContain(900);
    });

    test('catches up bar by bar after the machine was asleep', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores);
      const announced: number[] = [];
      collector.subscribe({
        closedCandles: (_, candles) =>
          announced.push(...candles.map(({ openTime }) => (openTime - T0) / HOUR)),
      });
      await following(collector);
      await rig.clock.advance(8 * HOUR);
      await advanceHours(rig, 1, () => announced.at(-1) === 8);
      expect(announced).toEqual(hours(0, 8));
    });
  });

  describe('prices', () => {
    test('of all symbols are stored by one call, kept 7 days and found at once', async () => {
      const { stores } = await engine.open();
      const rig = await createRig(['BTCUSDT', 'ETHUSDT']);
      const collector = rig.collect(stores);
      await following(collector);
      await expect.poll(() => collector.quotes.find('ETH/USDT')?.bid, POLL).toBe('100');
      await rig.clock.advance(1_000);
      const fresh = await collector.quotes.refresh(['BTC/USDT']);
      expect(fresh.get('BTC/USDT')?.venueTime).toBe(T0 + 1_000);
      const stored = await stores.prices.latest('testvenue');
      expect(stored.get('BTC/USDT')?.venueTime).toBe(T0 + 1_000);
      expect(stored.get('ETH/USDT')?.venueTime).toBe(T0);
    });
  });
});

describe('start', () => {
  forEachEngine((engine) => {
    const createRig = useCollectionRigs();

    test('outlives a venue that is down and symbols that it does not have', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      rig.server.isDown = true;
      const collector = rig.collect(stores, {
        symbols: ['BTCUSDT', 'BTC/USTD'],
        timeframes: ['1h', '8h'],
      });
      await expect.poll(() => rig.logger.lines.length, POLL).toBeGreaterThan(0);
      expect(collector.status().phase).toBe('connecting');
      rig.server.isDown = false;
      await rig.clock.advance(2_000);
      await expect.poll(() => collector.status().refused.length, POLL).toBe(1);
      expect(collector.status().refused[0]?.reason).toContain('did you mean BTC/USDT');
      expect(collector.series.map(({ symbol, timeframe }) => `${symbol} ${timeframe}`)).toEqual([
        'BTC/USDT 1h',
        'BTC/USDT 8h',
      ]);
    });
  });
});

/** Lets hours pass, second by second around each close, until what is awaited has come. */
async function advanceHours(
  rig: CollectionRig,
  count: number,
  isThere: () => unknown,
): Promise<void> {
  await rig.clock.advance(count * HOUR);
  await expect
    .poll(async () => {
      await rig.clock.advance(500);
      return Boolean(isThere());
    }, POLL)
    .toBe(true);
}
