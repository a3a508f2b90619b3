import { afterEach, describe, expect, test } from 'vitest';
import type { Timeframe } from '../../src/domain/timeframe.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import type { CandlePage } from '../../src/exchange/market-data.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { JsonServer, type JsonRoutes } from './json-server.js';
import { RecordingLogger } from './recording-logger.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** A Friday, 2024-11-15T10:00:00Z. */
const NOW = Date.parse('2024-11-15T10:00:00Z');

let server: JsonServer | undefined;
let marketData: CcxtMarketData | undefined;

afterEach(async () => {
  await marketData?.stop();
  await server?.stop();
});

async function connect(exchangeId: string, routes: JsonRoutes): Promise<CcxtMarketData> {
  server = new JsonServer(routes);
  const clock = new ManualClock(NOW);
  marketData = new CcxtMarketData({
    exchangeId,
    baseUrl: await server.start(),
    clock,
    monotonicMs: () => clock.wallMs(),
    clockRefreshMs: 1e9,
    logger: new RecordingLogger(),
    requestSpacingMs: 1,
    retry: { attempts: 1, initialDelayMs: 1 },
  });
  await marketData.start(new AbortController().signal);
  return marketData;
}

async function collect(
  from: CcxtMarketData,
  timeframe: Timeframe,
  range: { readonly sinceMs: number; readonly untilMs: number },
): Promise<CandlePage[]> {
  const pages: CandlePage[] = [];
  const request = { symbol: 'BTC/USDT', timeframe, ...range };
  for await (const page of from.fetchCandles(request)) pages.push(page);
  return pages;
}

/** Open times of the newest `count` bars, the open one included, newest first. */
function newestFirst(openMs: number, stepMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => openMs - index * stepMs);
}

const openTimesOf = (pages: readonly CandlePage[]): number[] =>
  pages.flatMap(({ candles }) => candles.map(({ openTime }) => openTime));

// Shapes after the venues' documentation of their public spot calls.
const HTX: JsonRoutes = {
  '/v1/common/timestamp': () => ({ status: 'ok', data: NOW }),
  '/v2/reference/currencies': () => ({ code: 200, data: [] }),
  '/v1/common/symbols': () => ({
    status: 'ok',
    data: [
      {
        'base-currency': 'btc',
        'quote-currency': 'usdt',
        'price-precision': 2,
        'amount-precision': 6,
        'value-precision': 8,
        'min-order-value': 10,
        'symbol-partition': 'main',
        symbol: 'btcusdt',
        state: 'online',
        'api-trading': 'enabled',
      },
    ],
  }),
  '/market/history/candles': () => ({
    status: 'ok',
    ch: 'market.btcusdt.kline.1day',
    ts: NOW,
    data: newestFirst(Date.parse('2024-11-14T16:00:00Z'), DAY, 40).map((openTime) => {
      const prices = { open: 10, close: 11, low: 9, high: 12 };
      return { id: openTime / 1_000, ...prices, amount: 5, vol: 50, count: 3 };
    }),
  }),
};

const KUCOIN: JsonRoutes = {
  '/api/v1/timestamp': () => ({ code: '200000', msg: 'success', data: NOW }),
  '/api/v3/currencies': () => ({ code: '200000', data: [] }),
  '/api/v2/symbols': () => ({
    code: '200000',
    data: [
      {
        symbol: 'BTC-USDT',
        name: 'BTC-USDT',
        baseCurrency: 'BTC',
        quoteCurrency: 'USDT',
        baseMinSize: '0.00001',
        quoteMinSize: '0.1',
        baseIncrement: '0.00000001',
        quoteIncrement: '0.000001',
        priceIncrement: '0.1',
        minFunds: '0.1',
        enableTrading: true,
      },
    ],
  }),
  '/api/v1/market/allTickers': () => ({ code: '200000', data: { time: NOW, ticker: [] } }),
  '/api/v1/contracts/active': () => ({ code: '200000', data: [] }),
  // Seconds, open, close, high, low, volume, turnover; newest first.
  '/api/v1/market/candles': () => ({
    code: '200000',
    data: newestFirst(Date.parse('2024-11-14T00:00:00Z'), WEEK, 30).map((openTime) => {
      return [String(openTime / 1_000), '10', '11', '12', '9', '5', '50'];
    }),
  }),
};

describe('a venue with a grid of its own', () => {
  test('HTX has days from 16:00 UTC, of which the running one is left out', async () => {
    const htx = await connect('htx', HTX);
    const yesterday = Date.parse('2024-11-13T16:00:00Z');
    const pages = await collect(htx, '1d', { sinceMs: NOW - 39 * DAY, untilMs: NOW });
    expect(openTimesOf(pages).at(-1)).toBe(yesterday);
    expect(openTimesOf(pages)).toHaveLength(38);
    expect(pages[0]?.gridOffsetMs).toBe(16 * HOUR);
    expect(pages.flatMap(({ rejected }) => rejected).map(({ kind }) => kind)).not.toContain(
      'off-grid',
    );
    expect(pages.at(-1)?.coveredUntilMs).toBe(yesterday);
  });

  test('KuCoin has weeks from Thursday', async () => {
    const kucoin = await connect('kucoin', KUCOIN);
    const lastWeek = Date.parse('2024-11-07T00:00:00Z');
    const pages = await collect(kucoin, '1w', { sinceMs: NOW - 60 * WEEK, untilMs: NOW });
    expect(openTimesOf(pages)).toHaveLength(29);
    expect(openTimesOf(pages).at(-1)).toBe(lastWeek);
    expect(pages.find(({ candles }) => candles.length > 0)?.gridOffsetMs).toBe(3 * DAY);
  });
});
