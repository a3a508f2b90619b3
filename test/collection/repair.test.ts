import { describe, expect, test } from 'vitest';
import type { Collector } from '../../src/collection/collector.js';
import type { SeriesRepair } from '../../src/collection/tracked-series.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine, type TestDatabase } from '../database.js';
import { HOUR, ONE_DAY_BARS, T0, useCollectionRigs } from './collection-rig.js';

const POLL = { timeout: 15_000, interval: 5 };
const LEFT_OUT = [-300, -299, -298, -50];

async function following(collector: Collector): Promise<void> {
  await expect.poll(() => collector.status().phase, POLL).toBe('following');
}

async function idOf(stores: Stores): Promise<number> {
  const series = await stores.series.find({
    ...{ venue: 'testvenue', symbol: 'BTC/USDT', timeframe: '1h' },
  });
  return series?.id ?? NaN;
}

async function storedHours(stores: Stores): Promise<Set<number>> {
  const candles = await stores.candles.read(await idOf(stores));
  return new Set(candles.map(({ openTime }) => (openTime - T0) / HOUR));
}

async function forget({ database, stores }: TestDatabase, hours: readonly number[]): Promise<void> {
  const [series_id, times] = [await idOf(stores), hours.map((hour) => T0 + hour * HOUR)];
  await database.run((knex) =>
    knex(database.candleTable).where({ series_id }).whereIn('open_time', times).del(),
  );
}

async function ended(collector: Collector): Promise<SeriesRepair | undefined> {
  await expect.poll(() => collector.status().series[0]?.isRepairWanted, POLL).toBe(false);
  return collector.status().series[0]?.lastRepair;
}

forEachEngine((engine) => {
  const createRig = useCollectionRigs();

  describe('a repair', () => {
    test('finds what was lost, and what the venue has by now, without waiting for its turn', async () => {
      const opened = await engine.open();
      const rig = await createRig();
      const late = (rig.klines.get('BTCUSDT') ?? []).filter(([openTime]) =>
        LEFT_OUT.includes((Number(openTime) - T0) / HOUR),
      );
      for (const hour of LEFT_OUT) rig.edit('BTCUSDT', hour);
      const collector = rig.collect(opened.stores);
      await following(collector);
      await forget(opened, [-20, -19]);
      rig.klines.set('BTCUSDT', [...(rig.klines.get('BTCUSDT') ?? []), ...late.slice(0, 3)].sort());
      expect(collector.repair({ symbol: 'BTC/USDT', timeframe: '1h' })).toBe(1);
      expect(await ended(collector)).toEqual({ endedAt: T0, found: 5, missing: 1 });
      expect((await storedHours(opened.stores)).size).toBe(ONE_DAY_BARS - 1);
      rig.takeCandleRequests();
      expect(collector.repair({})).toBe(1);
      expect(await ended(collector)).toMatchObject({ found: 0, missing: 1 });
      // Only what is still missing is asked for.
      expect(rig.takeCandleRequests()).toHaveLength(1);
    });

    test('goes on trying while the venue is away, and says why', async () => {
      const { stores, ...opened } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores);
      await following(collector);
      await forget({ stores, ...opened }, [-20]);
      rig.server.isDown = true;
      collector.repair({});
      await expect
        .poll(async () => {
          await rig.clock.advance(10);
          return collector.status().series[0]?.lastError;
        }, POLL)
        .toContain('502');
      expect(collector.status().series[0]).toMatchObject({
        ...{ state: 'following', isRepairWanted: true, lastRepair: undefined },
      });
      rig.server.isDown = false;
      await expect
        .poll(async () => {
          await rig.clock.advance(1000);
          return collector.status().series[0]?.isRepairWanted;
        }, POLL)
        .toBe(false);
      expect(await storedHours(stores)).toContain(-20);
    });

    test('of what is not collected is none', async () => {
      const rig = await createRig();
      const collector = rig.collect((await engine.open()).stores);
      await following(collector);
      expect(collector.repair({ symbol: 'DOGE/USDT' })).toBe(0);
      expect(collector.repair({ timeframe: '1d' })).toBe(0);
      expect(collector.status().series[0]?.isRepairWanted).toBe(false);
    });
  });
});
