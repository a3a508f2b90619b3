import { expect, it } from 'vitest';
import { barAt } from '../../src/backtest/engine/bar-prices.js';
import { loadStored } from '../../src/backtest/history/load-stored.js';
import { withoutQuotedSpreads } from '../../src/backtest/history/spread-of.js';
import type { MarketHistory } from '../../src/backtest/history/market-history.js';
import { toTrades } from '../../src/backtest/result/to-trades.js';
import type { Candle } from '../../src/domain/candle.js';
import { barIndex } from '../../src/domain/timeframe.js';
import { ConfigError } from '../../src/lib/errors.js';
import { assertDefined } from '../../src/lib/invariant.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine } from '../database.js';
import { randomHistory, RULES, runOn, type RunSettings } from './backtest-runs.js';

const VENUE = 'demo:abc:1';
const BEGIN = Date.UTC(2024, 0, 1);
const COSTS = { feeRate: RULES.feeRate, slippagePct: 0 };

async function store(stores: Stores, history: MarketHistory): Promise<void> {
  for (const { instrument, columns } of history.symbols) {
    const { symbol, marketId } = instrument;
    const { id } = await stores.series.ensure({ venue: VENUE, symbol, timeframe: '1h', marketId });
    const candles: Candle[] = [];
    for (let at = 0; at < columns.length; at++) {
      const bar = barAt(columns, columns.firstIndex + at);
      if (bar !== undefined) candles.push(bar);
    }
    await stores.candles.upsert(id, candles, 'rest');
  }
}

/** By how many percent of the open the first purchase of each symbol was above it. */
async function entrySpreads(
  history: MarketHistory,
  settings: RunSettings,
): Promise<Record<string, number>> {
  const run = await runOn(history, settings);
  const { trades } = toTrades(history, run, { ...COSTS, spreadPct: settings.spreadPct ?? NaN });
  return Object.fromEntries(
    history.symbols.map(({ instrument: { symbol }, columns }) => {
      const first = trades.find((trade) => trade.symbol === symbol);
      const bar = barAt(columns, barIndex(first?.openedAt ?? NaN, '1h'));
      const percent = 100 * ((first?.entryPrice ?? NaN) / (bar?.open ?? NaN) - 1);
      return [symbol, Number(percent.toFixed(9))];
    }),
  );
}

forEachEngine((engine) => {
  it('a backtest on stored candles trades as one on the same candles in memory', async () => {
    const { stores } = await engine.open();
    const history = randomHistory({ seed: 5, symbols: 2, bars: 400 });
    await store(stores, history);
    const loaded = await loadStored({
      location: engine.location(),
      venue: 'demo',
      timeframe: '1h',
      symbols: ['S0USDT', 'S1/USDT'],
    });
    expect(loaded.venue).toBe(VENUE);
    expect(loaded.symbols.map(({ instrument }) => instrument.symbol)).toEqual([
      'S0/USDT',
      'S1/USDT',
    ]);
    const bars = ({ symbols }: MarketHistory) =>
      symbols.map(({ columns: { firstIndex, close, volume } }) => [firstIndex, close, volume]);
    expect(bars(loaded)).toEqual(bars(history));
    const [own, other] = [await runOn(history), await runOn(loaded)];
    expect(other.decisions.columns.length).toBe(own.decisions.columns.length);
  });

  it('keeps to what the venue demanded of orders when it was last read', async () => {
    const { stores } = await engine.open();
    const history = randomHistory({ seed: 5, symbols: 1, bars: 400 });
    await store(stores, history);
    const { symbol, marketId } = assertDefined(history.symbols[0], 'the symbol').instrument;
    const key = { venue: VENUE, symbol, timeframe: '1h', marketId } as const;
    const asked = { location: engine.location(), timeframe: '1h', symbols: undefined } as const;
    const load = async () => (await loadStored({ ...asked, venue: 'demo' })).symbols[0]?.instrument;
    // Collected by a version that did not store it.
    expect(await load()).toMatchObject({ sizeStep: undefined, minCost: undefined });
    const rules = { sizeStep: '0.01', priceTick: '0.5', minSize: '0.02', minCost: '5' };
    const largest = { maxSize: '9', maxCost: '90000' };
    await stores.series.ensure(key, { ...rules, ...largest });
    expect(await load()).toMatchObject({ symbol, ...rules, ...largest });
    await stores.series.ensure(key, rules);
    expect(await load()).toMatchObject({ ...rules, maxSize: undefined, maxCost: undefined });
    await stores.series.ensure(key, { ...rules, priceTick: '0.25', minSize: undefined });
    // Who does not know them leaves them as they are.
    await stores.series.ensure(key);
    expect(await load()).toMatchObject({ ...rules, priceTick: '0.25', minSize: undefined });

    const loaded = await loadStored({ ...asked, venue: 'demo' });
    // Whole orders: one that is sold over several bars gets their mean price.
    const settings = { minFallbackConfidence: 0, volumeShare: 0 };
    const { stores: books } = await runOn(loaded, settings);
    expect(books.fills.length).toBeGreaterThan(3);
    for (const { price, sizeBase } of books.fills) {
      expect([price.mod('0.25').toFixed(), sizeBase.mod('0.01').toFixed()]).toEqual(['0', '0']);
    }
  });

  it('takes the median of the stored quotes for the spread of a symbol that has some', async () => {
    const { stores } = await engine.open();
    const history = randomHistory({ seed: 5, symbols: 2, bars: 400 });
    await store(stores, history);
    const quote = (minute: number, bid: number, ask: number) => ({
      ...{ venue: VENUE, symbol: 'S0/USDT', last: String(bid), venueTime: BEGIN + minute * 60_000 },
      ...{ bid: String(bid), ask: String(ask) },
    });
    // 0.4 %, 0.1 % and 0.2 % of the middle; one whose bid is above its ask says nothing.
    const quotes = [quote(1, 998, 1002), quote(2, 1999, 2001), quote(3, 999, 1001)];
    await stores.prices.insert([...quotes, quote(4, 1001, 999)]);
    const asked = { location: engine.location(), timeframe: '1h', symbols: undefined } as const;
    const loaded = await loadStored({ ...asked, venue: 'demo' });
    const [quoted, unquoted] = loaded.symbols.map(({ quotedSpread }) => quotedSpread);
    expect(quoted?.percent).toBeCloseTo(0.2, 12);
    const times = { fromTime: BEGIN + 60_000, toTime: BEGIN + 180_000 };
    expect([quoted, unquoted]).toMatchObject([{ quotes: 3, ...times }, undefined]);

    const settings = { minFallbackConfidence: 0, spreadPct: 0.02 };
    expect(await entrySpreads(loaded, settings)).toEqual({ 'S0/USDT': 0.1, 'S1/USDT': 0.01 });
    const given = withoutQuotedSpreads(loaded);
    expect(await entrySpreads(given, settings)).toEqual({ 'S0/USDT': 0.01, 'S1/USDT': 0.01 });
  });

  it('a symbol or venue that is not stored is refused by name', async () => {
    const { stores } = await engine.open();
    await store(stores, randomHistory({ seed: 5, symbols: 1, bars: 60 }));
    const asked = { location: engine.location(), timeframe: '1h' } as const;
    await expect(loadStored({ ...asked, venue: 'demo', symbols: ['X/USDT'] })).rejects.toThrow(
      /no 1h candles of X\/USDT at demo:abc:1/,
    );
    await expect(loadStored({ ...asked, venue: 'kraken', symbols: undefined })).rejects.toThrow(
      /at kraken are stored; there is demo:abc:1/,
    );
    await expect(loadStored({ ...asked, venue: 'kraken', symbols: undefined })).rejects.toThrow(
      ConfigError,
    );
  });
});
