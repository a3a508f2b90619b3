import { describe, expect, test } from 'vitest';
import { quarantineFuture } from '../../src/collection/quarantine-future.js';
import { trackSeries } from '../../src/collection/tracked-series.js';
import { VenueClock } from '../../src/exchange/venue-clock.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { Series } from '../../src/domain/market.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine } from '../database.js';
import { RecordingLogger } from '../exchange/recording-logger.js';
import { HOUR, ONE_DAY_BARS, T0, toCandle, useCollectionRigs } from './collection-rig.js';

const POLL = { timeout: 15_000, interval: 5 };

/** The series of `useCollectionRigs`, as an earlier run made it. */
function ensureSeries({ series }: Stores): Promise<Series> {
  return series.ensure({
    venue: 'testvenue',
    symbol: 'BTC/USDT',
    marketId: 'BTCUSDT',
    timeframe: '1h',
  });
}

const hours = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function storedHours({ candles }: Stores, { id }: Series): Promise<number[]> {
  return (await candles.read(id)).map(({ openTime }) => (openTime - T0) / HOUR);
}

forEachEngine((engine) => {
  const createRig = useCollectionRigs();

  describe('after a run whose clock was hours ahead', () => {
    test('candles of the future are quarantined, reported, and fetched once they have closed', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const series = await ensureSeries(stores);
      // The open bar stored as if it were closed, with the price of its first minutes, and more.
      const early = (rig.klines.get('BTCUSDT') ?? [])
        .map(toCandle)
        .filter(({ openTime }) => openTime >= T0 - 700 * HOUR && openTime < T0 + 3 * HOUR)
        .map((candle) => (candle.openTime < T0 ? candle : { ...candle, volume: 0.125 }));
      await stores.candles.upsert(series.id, early, 'rest');
      const collector = rig.collect(stores);
      const revisedFrom: number[] = [];
      collector.subscribe({ revised: (_, openTime) => revisedFrom.push((openTime - T0) / HOUR) });
      await expect.poll(() => collector.status().phase, POLL).toBe('following');

      expect(await storedHours(stores, series)).toEqual(hours(-700, -1));
      const quarantined = await stores.candles.listQuarantined(series.id);
      expect(quarantined.map(({ candle }) => (candle.openTime - T0) / HOUR)).toEqual([0, 1, 2]);
      expect(quarantined[0]?.reason).toMatch(/^future: /);
      expect(quarantined[0]?.candle.volume).toBe(0.125);
      expect(collector.status().series[0]).toMatchObject({ hasFutureCandles: true });
      expect(revisedFrom).toEqual([0]);

      await rig.clock.advance(3 * HOUR);
      await expect
        .poll(async () => {
          await rig.clock.advance(500);
          return collector.status().series[0]?.hasFutureCandles;
        }, POLL)
        .toBe(false);
      expect(await storedHours(stores, series)).toEqual(hours(-700, 2));
      expect((await stores.candles.latest(series.id, 1))[0]).toEqual(rig.bar('BTCUSDT', 2));
      expect(await stores.candles.listQuarantined(series.id)).toEqual([]);
    });

    test('gaps noted in the future are forgotten, so that their bars are not skipped', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const series = await ensureSeries(stores);
      await stores.knownGaps.add(series.id, [
        { fromOpenTime: T0 - 2 * HOUR, toOpenTime: T0 + HOUR, reason: 'missing' },
        { fromOpenTime: T0 + 5 * HOUR, toOpenTime: T0 + 9 * HOUR, reason: 'empty' },
      ]);
      const collector = rig.collect(stores);
      await expect.poll(() => collector.status().phase, POLL).toBe('following');
      // What is left of the first one may have been asked for again, and filled, by now.
      const gaps = await stores.knownGaps.list(series.id);
      expect(gaps.filter(({ toOpenTime }) => toOpenTime > T0 - HOUR)).toEqual([]);
      await rig.clock.advance(2 * HOUR);
      await expect
        .poll(async () => {
          await rig.clock.advance(500);
          return (await storedHours(stores, series)).at(-1);
        }, POLL)
        .toBe(1);
      expect(collector.status().series[0]?.hasFutureCandles).toBe(false);
    });

    test('more candles than one step moves are all quarantined', async () => {
      const { stores } = await engine.open();
      const series = await ensureSeries(stores);
      const candles = hours(0, 599).map((hour) => ({
        openTime: T0 + hour * HOUR,
        open: 1,
        high: 2,
        low: 1,
        close: 2,
        volume: hour,
      }));
      await stores.candles.upsert(series.id, candles, 'rest');
      const moved = await stores.candles.quarantineStored(series.id, T0 + 9 * HOUR, 'future: x');
      expect(moved.map((openTime) => (openTime - T0) / HOUR)).toEqual(hours(10, 599));
      expect(await storedHours(stores, series)).toEqual(hours(0, 9));
      expect(await stores.candles.listQuarantined(series.id)).toHaveLength(590);
      expect(await stores.candles.quarantineStored(series.id, T0 + 9 * HOUR, 'x')).toEqual([]);
    });

    test('a sound series is left as it is', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores);
      await expect.poll(() => collector.status().phase, POLL).toBe('following');
      const series = await ensureSeries(stores);
      expect(await storedHours(stores, series)).toEqual(hours(-ONE_DAY_BARS, -1));
      expect(await stores.candles.listQuarantined(series.id)).toEqual([]);
      expect(rig.logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    });

    test('nothing is quarantined where the venue has no time call', async () => {
      const { stores } = await engine.open();
      const series = await ensureSeries(stores);
      const candle = { openTime: T0 + HOUR, open: 1, high: 1, low: 1, close: 1, volume: 1 };
      await stores.candles.upsert(series.id, [candle], 'rest');
      const clock = new VenueClock({ wall: new ManualClock(T0) });
      const context = { stores, logger: new RecordingLogger() };
      await quarantineFuture(trackSeries(series), clock, context);
      expect(await storedHours(stores, series)).toEqual([1]);
    });
  });
});
