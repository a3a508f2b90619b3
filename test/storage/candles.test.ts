import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import { RejectedError } from '../../src/lib/errors.js';
import type { Stores } from '../../src/storage/stores.js';
import { fixedClock, forEachEngine } from '../database.js';
import { aCandle, candles, HOUR_MS, SERIES_KEY, START_MS } from './rows.js';

/** Doubles that a careless reader or writer gets wrong: extremes, long digits, neighbours of round ones. */
const HARD_DOUBLES = [
  5e-324,
  2.225_073_858_507_201_4e-308,
  1.797_693_134_862_315_7e308,
  0.1 + 0.2,
  1 / 3,
  0.000_001_234_567_890_123_4,
  9_007_199_254_740_993,
  123_456_789.123_456_79,
  4.35,
  2 ** -1074 * 3,
  1.000_000_000_000_000_2,
  8.5e15 + 0.5,
];

async function seriesId(stores: Stores): Promise<number> {
  return (await stores.series.ensure(SERIES_KEY)).id;
}

/** A bar whose every value is the same number, so that any number can be stored. */
function flat(index: number, value: number): Candle {
  return aCandle(index, { open: value, high: value, low: value, close: value, volume: value });
}

forEachEngine((engine) => {
  describe('candles', () => {
    it('stores new candles, leaves same ones alone and revises changed ones', async () => {
      const { stores } = await engine.open();
      const id = await seriesId(stores);
      const all = candles(600);
      const first = await stores.candles.upsert(id, all, 'rest');
      expect(first).toEqual({ inserted: 600, revised: 0, unchanged: 0 });
      const second = await stores.candles.upsert(id, all, 'rest');
      expect(second).toEqual({ inserted: 0, revised: 0, unchanged: 600 });
      const changed = all.slice(0, 3).map((candle) => ({ ...candle, volume: candle.volume + 1 }));
      const third = await stores.candles.upsert(
        id,
        [...changed, ...all.slice(3), aCandle(600)],
        'rest',
      );
      expect(third).toEqual({ inserted: 1, revised: 3, unchanged: 597 });
      expect(await stores.candles.read(id)).toEqual([...changed, ...all.slice(3), aCandle(600)]);
    });

    it('counts revisions and keeps source and time of the values that stand', async () => {
      const early = await engine.open({ clock: fixedClock(1_000) });
      const id = await seriesId(early.stores);
      await early.stores.candles.upsert(id, candles(3), 'ticker');
      const { database, stores } = await engine.open({ clock: fixedClock(2_000) });
      await stores.candles.upsert(id, [aCandle(0), aCandle(1, { close: 100.7 })], 'rest');
      await stores.candles.upsert(id, [aCandle(1, { close: 100.8 })], 'rest');
      const rows = await database.selectRows(
        'SELECT revision, source, created_at FROM market_data WHERE series_id = ? ORDER BY open_time',
        [id],
      );
      expect(rows).toEqual([
        [1, 2, 1_000],
        [3, 0, 2_000],
        [1, 2, 1_000],
      ]);
    });

    it('takes the last of two candles for the same bar, in any order of bars', async () => {
      const { stores } = await engine.open();
      const id = await seriesId(stores);
      const later = aCandle(1, { close: 101.5 });
      const counts = await stores.candles.upsert(id, [aCandle(2), aCandle(1), later], 'csv');
      expect(counts.inserted).toBe(2);
      expect(await stores.candles.read(id)).toEqual([later, aCandle(2)]);
    });

    it('reads every double back bit for bit', async () => {
      const { database, stores } = await engine.open();
      const id = await seriesId(stores);
      const stored = HARD_DOUBLES.map((value, index) => flat(index, value));
      await stores.candles.upsert(id, stored, 'rest');
      expect(await stores.candles.read(id)).toEqual(stored);
      const again = await stores.candles.upsert(id, stored, 'rest');
      expect(again.unchanged).toBe(stored.length);
      const [row] = await database.selectRows(
        'SELECT close FROM market_data WHERE series_id = ? ORDER BY open_time LIMIT 1',
        [id],
      );
      expect(row).toEqual([5e-324]);
    });

    it('reads generated doubles back bit for bit', async () => {
      const { stores } = await engine.open();
      const id = await seriesId(stores);
      const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: Number.MIN_VALUE });
      await fc.assert(
        fc.asyncProperty(fc.array(double, { minLength: 1, maxLength: 200 }), async (values) => {
          const stored = values.map((value, index) => flat(index, value));
          await stores.candles.upsert(id, stored, 'rest');
          const read = await stores.candles.read(id, { toOpenTime: stored.at(-1)?.openTime });
          expect(read).toEqual(stored);
        }),
        { numRuns: 15, seed: 20_240_101 },
      );
    });

    it('stores a volume of minus zero as zero, as MySQL does by itself', async () => {
      const { stores } = await engine.open();
      const id = await seriesId(stores);
      await stores.candles.upsert(id, [aCandle(0, { volume: -0 })], 'rest');
      expect((await stores.candles.read(id))[0]?.volume).toBe(0);
    });

    it('agrees with a map of candles after any sequence of upserts', async () => {
      const { stores } = await engine.open();
      const step = fc.array(
        fc.record({ index: fc.integer({ min: 0, max: 30 }), close: fc.constantFrom(1, 2, 3) }),
        { maxLength: 40 },
      );
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
          const symbol = `S${runs++}/USDT`;
          const { id } = await stores.series.ensure({ ...SERIES_KEY, symbol });
          const model = new Map<number, number>();
          for (const bars of steps) {
            const expected = applyToModel(model, bars);
            const given = bars.map(({ index, close }) => flat(index, close));
            expect(await stores.candles.upsert(id, given, 'rest')).toEqual(expected);
          }
          const closes = (await stores.candles.read(id)).map(({ close }) => close);
          const ordered = [...model].sort(([one], [other]) => one - other);
          expect(closes).toEqual(ordered.map(([, close]) => close));
        }),
        { numRuns: 25, seed: 7 },
      );
    });

    it('refuses a defective candle before it stores any', async () => {
      const { stores } = await engine.open();
      const id = await seriesId(stores);
      const bad = aCandle(1, { close: NaN });
      const attempt = stores.candles.upsert(id, [aCandle(0), bad], 'rest');
      await expect(attempt).rejects.toThrow(RejectedError);
      expect(await stores.candles.range(id)).toBeUndefined();
      expect(await stores.candles.bounds(id)).toBeUndefined();
    });

    it('reads ranges with both ends, across the chunks in which it reads', async () => {
      const { stores } = await engine.open();
      const id = await seriesId(stores);
      const all = candles(2_500);
      await stores.candles.upsert(id, all, 'rest');
      const range = { fromOpenTime: START_MS + HOUR_MS, toOpenTime: START_MS + 2_100 * HOUR_MS };
      expect(await stores.candles.read(id, range)).toEqual(all.slice(1, 2_101));
      expect(await stores.candles.latest(id, 3)).toEqual(all.slice(-3));
      const bounds = { from: START_MS + HOUR_MS, to: START_MS + 3 * HOUR_MS };
      expect(await stores.candles.count(id, bounds)).toBe(3);
      expect(await stores.candles.openTimes(id, bounds)).toEqual(
        all.slice(1, 4).map(({ openTime }) => openTime),
      );
      const [first, last] = [START_MS, START_MS + 2_499 * HOUR_MS];
      expect(await stores.candles.range(id)).toEqual({ first, last, count: 2_500 });
      expect(await stores.candles.bounds(id)).toEqual({ first, last });
    });

    it('keeps the candles of two series apart', async () => {
      const { stores } = await engine.open();
      const one = await seriesId(stores);
      const other = (await stores.series.ensure({ ...SERIES_KEY, venue: 'demo:1:1' })).id;
      await stores.candles.upsert(one, candles(2), 'rest');
      await stores.candles.upsert(other, [aCandle(0, { close: 100.1 })], 'rest');
      expect(await stores.candles.read(one)).toEqual(candles(2));
      expect(await stores.candles.count(other)).toBe(1);
    });
  });

  describe('quarantined candles', () => {
    it('are kept with what was wrong, also when a value is no number', async () => {
      const { stores } = await engine.open();
      const id = await seriesId(stores);
      const refused = aCandle(1, { close: NaN, high: Infinity });
      await stores.candles.quarantine(id, [{ candle: refused, reason: 'close NaN' }]);
      await stores.candles.quarantine(id, [{ candle: aCandle(2), reason: 'from the future' }]);
      await stores.candles.quarantine(id, [{ candle: aCandle(2), reason: 'still' }]);
      const kept = await stores.candles.listQuarantined(id);
      expect(kept.map(({ candle, reason }) => ({ candle, reason }))).toEqual([
        { candle: refused, reason: 'close NaN' },
        { candle: aCandle(2), reason: 'still' },
      ]);
      expect(await stores.candles.read(id)).toEqual([]);
    });

    it('are forgotten once released, series by series', async () => {
      const { stores } = await engine.open();
      const one = await seriesId(stores);
      const other = (await stores.series.ensure({ ...SERIES_KEY, venue: 'csv:x' })).id;
      const refused = [{ candle: aCandle(1), reason: 'future' }];
      await stores.candles.quarantine(one, refused);
      await stores.candles.quarantine(other, refused);
      await stores.candles.releaseQuarantine(one, [aCandle(1).openTime]);
      const left = await stores.candles.listQuarantined();
      expect(left.map((kept) => kept.seriesId)).toEqual([other]);
    });
  });
});

/** What an upsert must answer, and the state that it must leave. */
function applyToModel(
  model: Map<number, number>,
  bars: readonly { index: number; close: number }[],
): { inserted: number; revised: number; unchanged: number } {
  const counts = { inserted: 0, revised: 0, unchanged: 0 };
  for (const [index, close] of new Map(bars.map((bar) => [bar.index, bar.close]))) {
    const known = model.get(index);
    if (known === undefined) counts.inserted++;
    else if (known === close) counts.unchanged++;
    else counts.revised++;
    model.set(index, close);
  }
  return counts;
}
