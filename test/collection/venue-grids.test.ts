import { expect, test } from 'vitest';
import { RecentBars } from '../../src/signals/recent-bars.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { forEachEngine } from '../database.js';
import { makeKlines } from '../exchange/klines.js';
import { HOUR, T0, useCollectionRigs } from './collection-rig.js';

const DAY = 24 * HOUR;
const POLL = { timeout: 15_000 };
const THURSDAY = T0 - (T0 % (7 * DAY));

// Risk: a venue whose days or weeks begin at other times is refused row by row, and nothing is stored.
forEachEngine((engine) => {
  const createRig = useCollectionRigs();

  test.each([
    ['1w', THURSDAY - 30 * 7 * DAY, 7 * DAY, 3 * DAY],
    ['1d', T0 - (T0 % DAY) - 40 * DAY + 16 * HOUR, DAY, 16 * HOUR],
  ] as const)(
    '%s bars on the grid of their venue are stored whole',
    async (timeframe, from, step, offset) => {
      const rig = await createRig();
      rig.klines.set('BTCUSDT', stretched(from, step, 60));
      const { stores, database } = await engine.open();
      const collector = rig.collect(stores, { timeframes: [timeframe] });
      await expect.poll(() => collector.status().phase, POLL).toBe('following');
      const [series] = await stores.series.list({ venue: 'testvenue' });
      expect(series).toMatchObject({ gridOffsetMs: offset });
      const candles = await stores.candles.read(series?.id ?? 0, {});
      const closed = Math.floor((T0 - from) / step);
      expect(candles.map(({ openTime }) => openTime)).toEqual(
        Array.from({ length: closed }, (_, index) => from + index * step),
      );
      expect(await stores.knownGaps.list(series?.id ?? 0)).toEqual([]);
      expect(collector.status().staleAlarm.stale).toEqual([]);
      const bars = new RecentBars({
        series: stores.series,
        loadColumns: (id, range) => loadColumns(database, id, range),
      });
      const newest = candles.at(-1)?.openTime ?? 0;
      const key = { venue: 'testvenue', symbol: 'BTC/USDT', timeframe };
      expect((await bars.columnsUpTo(key, newest))?.length).toBe(closed);
      expect(bars.newestOpenTime(key)).toBe(newest);
    },
  );

  test('a series without volumes is stored whole and marked', async () => {
    const rig = await createRig();
    const rows = makeKlines(T0 - 30 * HOUR, 40).map((row) => {
      const [openTime, ...rest] = row;
      return [openTime, ...rest.slice(0, 4), null, ...rest.slice(5)];
    });
    rig.klines.set('BTCUSDT', rows);
    const { stores } = await engine.open();
    const collector = rig.collect(stores);
    await expect.poll(() => collector.status().phase, POLL).toBe('following');
    const [series] = await stores.series.list({ venue: 'testvenue' });
    expect(series).toMatchObject({ hasVolume: false });
    expect(await stores.candles.read(series?.id ?? 0, {})).toHaveLength(30);
  });

  test('a candle that comes after its gap was noted is found an hour later', async () => {
    const rig = await createRig();
    const late = rig.klines.get('BTCUSDT')?.find(([openTime]) => openTime === T0 - 50 * HOUR) ?? [];
    rig.edit('BTCUSDT', -50);
    const { stores } = await engine.open();
    const collector = rig.collect(stores);
    await expect.poll(() => collector.status().phase, POLL).toBe('following');
    const [series] = await stores.series.list({ venue: 'testvenue' });
    const id = series?.id ?? 0;
    expect(await stores.knownGaps.list(id)).toMatchObject([
      { fromOpenTime: T0 - 50 * HOUR, toOpenTime: T0 - 50 * HOUR, reason: 'missing', notedAt: T0 },
    ]);
    rig.klines.get('BTCUSDT')?.splice(-1_000, 0, late);
    rig.klines.get('BTCUSDT')?.sort(([one], [other]) => Number(one) - Number(other));
    await expect
      .poll(
        async () => {
          await rig.clock.advance(60_000);
          return stores.knownGaps.list(id);
        },
        { timeout: 30_000, interval: 20 },
      )
      .toEqual([]);
    const [found] = await stores.candles.read(id, {
      fromOpenTime: T0 - 50 * HOUR,
      toOpenTime: T0 - 50 * HOUR,
    });
    expect(found?.openTime).toBe(T0 - 50 * HOUR);
    expect(rig.clock.marketMs()).toBeGreaterThanOrEqual(T0 + HOUR);
  });
});

/** Rows of that many bars, `stepMs` apart. */
function stretched(fromMs: number, stepMs: number, count: number): unknown[][] {
  return makeKlines(fromMs, count).map((row, index) => [fromMs + index * stepMs, ...row.slice(1)]);
}
