import { describe, expect, it } from 'vitest';
import type { Quote } from '../../src/domain/market.js';
import { RejectedError } from '../../src/lib/errors.js';
import { fixedClock, forEachEngine } from '../database.js';
import { HOUR_MS, SERIES_KEY, START_MS } from './rows.js';

function aQuote(symbol: string, venueTime: number, last = '42283.58'): Quote {
  return { venue: 'binance', symbol, bid: '42283.57', ask: '42283.59', last, venueTime };
}

forEachEngine((engine) => {
  describe('series', () => {
    it('are made once and found again, with a market id that may change', async () => {
      const { stores } = await engine.open();
      const made = await stores.series.ensure(SERIES_KEY);
      expect(made).toMatchObject({ ...SERIES_KEY, hasVolume: true, firstBarAt: undefined });
      expect(made.uid).toMatch(/^[0-9A-Z]{26}$/);
      expect(await stores.series.ensure(SERIES_KEY)).toEqual(made);
      const renamed = await stores.series.ensure({ ...SERIES_KEY, marketId: 'XBTUSDT' });
      expect(renamed).toEqual({ ...made, marketId: 'XBTUSDT' });
      expect(await stores.series.find({ ...SERIES_KEY, timeframe: '1d' })).toBeUndefined();
    });

    it('remember their first bar and whether they have volume', async () => {
      const { stores } = await engine.open();
      const { id } = await stores.series.ensure(SERIES_KEY);
      await stores.series.setFirstBarAt(id, START_MS);
      await stores.series.setHasVolume(id, false);
      const found = await stores.series.find(SERIES_KEY);
      expect(found).toMatchObject({ firstBarAt: START_MS, hasVolume: false });
      expect(await stores.series.findById(id)).toEqual(found);
    });

    it('are listed by venue in the order in which they were made', async () => {
      const { stores } = await engine.open();
      for (const symbol of ['SOL/USDT', 'BTC/USDT']) {
        await stores.series.ensure({ ...SERIES_KEY, symbol });
      }
      await stores.series.ensure({ ...SERIES_KEY, venue: 'kraken' });
      const listed = await stores.series.list({ venue: 'binance' });
      expect(listed.map(({ symbol }) => symbol)).toEqual(['SOL/USDT', 'BTC/USDT']);
    });

    it('keep names in any script apart, also when only case or accent differs', async () => {
      const { stores } = await engine.open();
      const symbols = [
        'PEPE/USDT',
        'pepe/USDT',
        'Pépe/USDT',
        '龍/USDT',
        '🐸/USDT',
        'ß/USDT',
        'ss/USDT',
      ];
      for (const symbol of symbols) await stores.series.ensure({ ...SERIES_KEY, symbol });
      const listed = await stores.series.list({ venue: 'binance' });
      expect(listed.map(({ symbol }) => symbol)).toEqual(symbols);
    });

    it('refuse a name with spaces at its ends, which MySQL would take for another one', async () => {
      const { stores } = await engine.open();
      const attempt = stores.series.ensure({ ...SERIES_KEY, symbol: 'BTC/USDT ' });
      await expect(attempt).rejects.toThrow(RejectedError);
    });

    it('are made once by callers that race', async () => {
      const one = await engine.open();
      const other = await engine.open();
      const made = await Promise.all(
        [one, other, one, other].map(({ stores }) => stores.series.ensure(SERIES_KEY)),
      );
      expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    });
  });

  describe('known gaps', () => {
    const gap = (from: number, to: number, reason: 'empty' | 'missing' = 'empty') => ({
      fromOpenTime: START_MS + from * HOUR_MS,
      toOpenTime: START_MS + to * HOUR_MS,
      reason,
    });

    it('join what touches and stay as they are when added again', async () => {
      const { stores } = await engine.open();
      const { id } = await stores.series.ensure(SERIES_KEY);
      await stores.knownGaps.add(id, [gap(0, 1), gap(4, 5)]);
      await stores.knownGaps.add(id, [gap(2, 2), gap(4, 5)]);
      expect(await stores.knownGaps.list(id)).toEqual([gap(0, 2), gap(4, 5)]);
      await stores.knownGaps.add(id, [gap(3, 3)]);
      expect(await stores.knownGaps.list(id)).toEqual([gap(0, 5)]);
    });

    it('know single bars and list what overlaps the bounds', async () => {
      const { stores } = await engine.open();
      const { id } = await stores.series.ensure(SERIES_KEY);
      await stores.knownGaps.add(id, [gap(1, 3), gap(10, 10, 'missing'), gap(20, 22)]);
      expect(await stores.knownGaps.has(id, START_MS + 3 * HOUR_MS)).toBe(true);
      expect(await stores.knownGaps.has(id, START_MS + 4 * HOUR_MS)).toBe(false);
      const bounds = { from: START_MS + 3 * HOUR_MS, to: START_MS + 10 * HOUR_MS };
      expect(await stores.knownGaps.list(id, bounds)).toEqual([gap(1, 3), gap(10, 10, 'missing')]);
    });
  });

  describe('prices', () => {
    it('answer with the newest quote of each symbol', async () => {
      const { stores } = await engine.open({ clock: fixedClock(5_000) });
      await stores.prices.insert([
        aQuote('BTC/USDT', 10, '1'),
        aQuote('BTC/USDT', 30, '3'),
        aQuote('BTC/USDT', 20, '2'),
        aQuote('ETH/USDT', 5),
        { ...aQuote('BTC/USDT', 99), venue: 'kraken' },
      ]);
      const latest = await stores.prices.latest('binance');
      expect([...latest.keys()].sort()).toEqual(['BTC/USDT', 'ETH/USDT']);
      expect(latest.get('BTC/USDT')).toEqual({ ...aQuote('BTC/USDT', 30, '3'), createdAt: 5_000 });
      const some = await stores.prices.latest('binance', ['ETH/USDT', 'XRP/USDT']);
      expect([...some.keys()]).toEqual(['ETH/USDT']);
      expect((await stores.prices.latest('nobody')).size).toBe(0);
    });

    it('store a quote once and keep its decimals as they were', async () => {
      const { stores } = await engine.open();
      const exact = aQuote('BTC/USDT', 10, '0.100000000000000000000000000001');
      await stores.prices.insert([exact]);
      await stores.prices.insert([aQuote('BTC/USDT', 10, '7')]);
      expect((await stores.prices.latest('binance')).get('BTC/USDT')?.last).toBe(exact.last);
    });

    it('forget what is older than a time, in batches, of one venue or all', async () => {
      const { stores } = await engine.open();
      const many = Array.from({ length: 2_600 }, (_, at) => aQuote('BTC/USDT', at));
      const others = [1, 2].map((at) => ({ ...aQuote('BTC/USDT', at), venue: 'kraken' }));
      await stores.prices.insert([...many, ...others]);
      expect(await stores.prices.prune(2_590, 'binance')).toBe(2_590);
      expect(await stores.prices.prune(2_590)).toBe(1);
      expect((await stores.prices.latest('kraken')).get('BTC/USDT')?.venueTime).toBe(2);
      expect((await stores.prices.latest('binance')).get('BTC/USDT')?.venueTime).toBe(2_599);
    });
  });
});
