import { afterEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/database.js';
import { plantedCandles } from '../../../test/training/planted-candles.js';
import { BTC } from '../../../test/training/training-builders.js';
import { readHistory } from './training-history.js';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2024, 5, 3);
const LAST_OPEN_TIME = NOW - HOUR_MS;
const OPTIONS = {
  historyDays: 'auto',
  trainMonthsBack: 6,
  minInitialTrainSamples: 400,
  referenceSymbol: 'BTC/USDT',
} as const;
const ETH = { ...BTC, symbol: 'ETH/USDT' };

describe('readHistory', () => {
  let opened: TestDatabase;
  afterEach(() => opened.database.close());

  const store = async (
    symbol: string,
    stored: { bars: number; isFirstBarKnown?: boolean; lagBars?: number },
  ): Promise<number> => {
    const { stores } = opened;
    const { venue, timeframe } = BTC;
    const series = await stores.series.ensure({ venue, symbol, timeframe, marketId: symbol });
    const lastOpenTime = LAST_OPEN_TIME - (stored.lagBars ?? 0) * HOUR_MS;
    const candles = plantedCandles({ bars: stored.bars, lastOpenTime, seed: 1, momentum: 0 });
    await stores.candles.upsert(series.id, candles, 'rest');
    if (stored.isFirstBarKnown === true)
      await stores.series.setFirstBarAt(series.id, candles[0]?.openTime ?? 0);
    return series.id;
  };
  const read = (key = BTC) => readHistory(opened.stores, key, { options: OPTIONS, marketMs: NOW });

  it('allows training of a symbol that was listed 400 bars ago', async () => {
    opened = await openTestDatabase();
    await store('BTC/USDT', { bars: 400, isFirstBarKnown: true });
    expect(await read()).toMatchObject({ samples: 400, shortage: undefined });
  });

  it('waits for a symbol that was listed 399 bars ago', async () => {
    opened = await openTestDatabase();
    await store('BTC/USDT', { bars: 399, isFirstBarKnown: true });
    expect(await read()).toMatchObject({ samples: 399, shortage: '399 of 400 usable candles' });
  });

  it('does not count candles that lack the depth their features need', async () => {
    opened = await openTestDatabase();
    await store('BTC/USDT', { bars: 900 });
    const { samples, shortage } = await read();
    // Spans begin 512 bars before a block of 128: between 513 and 640 bars are not usable.
    expect(samples).toBeGreaterThanOrEqual(900 - 640);
    expect(samples).toBeLessThanOrEqual(900 - 512);
    expect(shortage).toBe(`${samples} of 400 usable candles`);
  });

  it('counts no candle that is older than the training window', async () => {
    opened = await openTestDatabase();
    await store('BTC/USDT', { bars: 6000 });
    expect((await read()).samples).toBe(4380);
  });

  it('waits while back-fill is more than a day of bars behind', async () => {
    opened = await openTestDatabase();
    await store('BTC/USDT', { bars: 2000, lagBars: 25 });
    expect((await read()).shortage).toBe('the newest candle is 25 bars old');
  });

  it('does not wait for bars that the venue is known not to have', async () => {
    opened = await openTestDatabase();
    const seriesId = await store('BTC/USDT', { bars: 2000, lagBars: 25 });
    const fromOpenTime = LAST_OPEN_TIME - 24 * HOUR_MS;
    const gap = { fromOpenTime, toOpenTime: LAST_OPEN_TIME, reason: 'empty' } as const;
    await opened.stores.knownGaps.add(seriesId, [gap]);
    expect((await read()).shortage).toBeUndefined();
  });

  it('waits for the history of the reference', async () => {
    opened = await openTestDatabase();
    await store('ETH/USDT', { bars: 2000 });
    expect((await read(ETH)).shortage).toBe('0 usable candles of the reference BTC/USDT');
    await store('BTC/USDT', { bars: 2000 });
    expect((await read(ETH)).shortage).toBeUndefined();
  });

  it('does not wait for a reference that is younger than the symbol', async () => {
    opened = await openTestDatabase();
    await store('ETH/USDT', { bars: 2000 });
    await store('BTC/USDT', { bars: 100, isFirstBarKnown: true });
    expect((await read(ETH)).shortage).toBeUndefined();
  });

  it('says so when nothing was ever collected', async () => {
    opened = await openTestDatabase();
    expect(await read()).toEqual({
      samples: 0,
      newestOpenTime: undefined,
      shortage: '0 of 400 usable candles',
    });
  });
});
