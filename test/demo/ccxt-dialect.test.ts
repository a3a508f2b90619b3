import { BadRequest, BadSymbol, DDoSProtection, type binance } from 'ccxt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import { resampleBars } from '../../src/demo/market/resample.js';
import { createBinance, runDemo, type RunningDemo } from './demo-fixture.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2024, 2, 4, 10, 24, 10);

let running: RunningDemo;
let client: binance;

beforeAll(async () => {
  running = await runDemo({ start: START_MS, seed: 3 });
  client = await createBinance(running.baseUrl);
  await client.loadMarkets();
});
afterAll(() => running.stop());

type Row = [number, number, number, number, number, number];

async function candles(...args: Parameters<binance['fetchOHLCV']>): Promise<Row[]> {
  return (await client.fetchOHLCV(...args)) as Row[];
}

function toBar([openTime, open, high, low, close, volume]: Row): Candle {
  return { openTime, open, high, low, close, volume };
}

function toRow({ openTime, open, high, low, close, volume }: Candle): Row {
  return [openTime, open, high, low, close, volume];
}

function isError(name: string): (error: Error) => boolean {
  // ccxt loaded alone has error classes of its own: they are recognised by their names.
  return (error) => error.constructor.name === name;
}

describe("ccxt's binance class against the demo", () => {
  it('loads 120 spot markets with precision and limits', () => {
    const markets = Object.values(client.markets ?? {});
    expect(markets).toHaveLength(120);
    expect(markets.every((market) => market?.spot && market.active)).toBe(true);
    const bitcoin = client.market('BTC/USDT');
    expect([bitcoin.id, bitcoin.precision.price, bitcoin.precision.amount]).toEqual([
      ...['BTCUSDT', 0.01, 0.00001],
    ]);
    expect(bitcoin.limits.cost?.min).toBe(5);
  });

  it('asks about margin pairs and gets none', async () => {
    const asked = (await createBinance(running.baseUrl)) as binance & { apiKey: string };
    asked.apiKey = 'key';
    asked.secret = 'secret';
    asked.options['fetchMargins'] = true;
    await asked.loadMarkets();
    expect(Object.keys(asked.markets ?? {})).toHaveLength(120);
  });

  it('reads market time', async () => {
    expect(await client.fetchTime()).toBe(running.demo.marketMs());
  });

  it('reads the newest candles, the last one unfinished', async () => {
    const rows = await candles('BTC/USDT', '1h', undefined, 3);
    const openMs = Date.UTC(2024, 2, 4, 10);
    expect(rows.map(([time]) => time)).toEqual([openMs - 2 * HOUR_MS, openMs - HOUR_MS, openMs]);
    const finished = await candles('BTC/USDT', '1h', openMs - 2 * HOUR_MS, 2);
    expect(finished).toEqual(rows.slice(0, 2));
  });

  it('pages forward by since without a hole or a repetition', async () => {
    const times: number[] = [];
    const fromMs = START_MS - 2_500 * HOUR_MS;
    for (let since = fromMs, page = 0; page < 3; page++) {
      const rows = await candles('ETH/USDT', '1h', since, 1000);
      times.push(...rows.map(([time]) => time));
      since = (rows.at(-1)?.[0] ?? NaN) + HOUR_MS;
    }
    const first = Math.ceil(fromMs / HOUR_MS) * HOUR_MS;
    expect(times).toEqual(Array.from({ length: 2_500 }, (_, i) => first + i * HOUR_MS));
  });

  it('reads up to `until`, included, and from `since` where both are given', async () => {
    const openMs = Date.UTC(2024, 2, 1);
    const upTo = await candles('ETH/USDT', '1h', undefined, 2, { until: openMs });
    expect(upTo.map(([time]) => time)).toEqual([openMs - HOUR_MS, openMs]);
    const between = await candles('ETH/USDT', '1h', openMs, 10, { until: openMs + HOUR_MS });
    expect(between.map(([time]) => time)).toEqual([openMs, openMs + HOUR_MS]);
  });

  it('gets nothing for what lies ahead', async () => {
    expect(await candles('ETH/USDT', '1h', START_MS + HOUR_MS, 10)).toEqual([]);
  });

  it('gives 500 candles unless told otherwise, and 1000 at most', async () => {
    expect(await candles('SOL/USDT', '1h')).toHaveLength(500);
    const raw = await client.publicGetKlines({ symbol: 'SOLUSDT', interval: '1m', limit: 5000 });
    expect(raw).toHaveLength(1000);
  });

  it.each(['1m', '5m', '15m'] as const)(
    'serves %s candles that end in the open hour',
    async (timeframe) => {
      const rows = await candles('SOL/USDT', timeframe, Date.UTC(2024, 2, 4, 10), 100);
      const [hour] = await candles('SOL/USDT', '1h', undefined, 1);
      expect(resampleBars(rows.map(toBar), '1h').map(toRow)).toEqual([hour]);
    },
  );

  it.each(['2h', '4h', '1d', '1w'] as const)(
    'serves %s candles that join the hours',
    async (timeframe) => {
      const rows = await candles('SOL/USDT', timeframe, undefined, 5);
      const hours = await candles('SOL/USDT', '1h', rows[0]?.[0], 1000);
      expect(rows).toEqual(resampleBars(hours.map(toBar), timeframe).map(toRow));
    },
  );

  it('has klines of twelve columns with prices as texts of eight decimals', async () => {
    const asked = { symbol: 'BTCUSDT', interval: '1h', limit: 1 };
    const [kline] = (await client.publicGetKlines(asked)) as unknown[][];
    expect(kline?.map((value) => typeof value)).toEqual([
      ...['number', 'string', 'string', 'string', 'string', 'string', 'number'],
      ...['string', 'number', 'string', 'string', 'string'],
    ]);
    expect(kline?.[1]).toMatch(/^\d+\.\d{8}$/);
    expect(kline?.[6]).toBe(Number(kline?.[0]) + HOUR_MS - 1);
  });

  it('reads tickers one by one, by list and all at once, with bid < ask around the last', async () => {
    const one = await client.fetchTicker('BTC/USDT');
    expect(one.timestamp).toBe(running.demo.marketMs());
    const some = await client.fetchTickers(['BTC/USDT', 'ETH/USDT']);
    expect(Object.keys(some)).toEqual(['BTC/USDT', 'ETH/USDT']);
    expect(some['BTC/USDT']?.last).toBe(one.last);
    const all = await client.fetchTickers();
    expect(Object.keys(all)).toHaveLength(120);
    for (const { bid = 0, ask = 0, last = 0, high = 0, low = 0 } of Object.values(all)) {
      expect(bid).toBeLessThan(ask);
      expect(last).toBeGreaterThanOrEqual(bid);
      expect(last).toBeLessThanOrEqual(ask);
      expect(low).toBeLessThanOrEqual(high);
    }
  });

  it('has one last price in ticker, price and open candle', async () => {
    const [ticker, prices, rows] = await Promise.all([
      client.fetchTicker('SOL/USDT'),
      client.fetchLastPrices(['SOL/USDT']),
      candles('SOL/USDT', '1h', undefined, 1),
    ]);
    expect(prices['SOL/USDT']?.price).toBe(ticker.last);
    expect(rows[0]?.[4]).toBe(ticker.last);
  });

  it('reads best bids and asks, which are the top of the book', async () => {
    const best = await client.fetchBidsAsks(['BTC/USDT', 'ETH/USDT']);
    const book = await client.fetchOrderBook('BTC/USDT', 20);
    expect(Object.keys(best)).toEqual(['BTC/USDT', 'ETH/USDT']);
    expect([book.bids[0]?.[0], book.asks[0]?.[0]]).toEqual([
      ...[best['BTC/USDT']?.bid, best['BTC/USDT']?.ask],
    ]);
    const [bids, asks] = [book.bids, book.asks].map((side) => side.map(([price]) => Number(price)));
    expect(bids).toEqual([...(bids ?? [])].sort((a, b) => b - a));
    expect(asks).toEqual([...(asks ?? [])].sort((a, b) => a - b));
    expect([bids?.length, asks?.length]).toEqual([20, 20]);
  });

  it('maps refusals to its own errors', async () => {
    const klines = (asked: object): Promise<unknown> => client.publicGetKlines(asked);
    await expect(klines({ symbol: 'NOPE', interval: '1h' })).rejects.toSatisfy(
      isError(BadSymbol.name),
    );
    await expect(klines({ symbol: 'BTCUSDT', interval: '1s' })).rejects.toThrow(/-1120/);
    await expect(klines({ symbol: 'BTCUSDT' })).rejects.toSatisfy(isError(BadRequest.name));
    await expect(klines({ interval: '1h' })).rejects.toThrow(/-1102/);
    await expect(klines({ symbol: 'BTCUSDT', interval: '1h', limit: 'x' })).rejects.toThrow(
      /-1100/,
    );
    await expect(klines({ symbol: 'BTCUSDT', interval: '1h', x: 1 })).rejects.toThrow(/-1104/);
  });
});

describe('HTTP', () => {
  it('answers an unknown path with an HTML page', async () => {
    const response = await fetch(`${running.baseUrl}/api/v3/nothing`);
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html']);
    expect(await response.text()).toContain('<html>');
  });

  it('has no control route without a token', async () => {
    expect((await fetch(`${running.baseUrl}/demo/faults`)).status).toBe(404);
  });

  it('counts request weight as documented', async () => {
    const weights: [path: string, weight: number][] = [
      ['time', 1],
      ['ping', 1],
      ['exchangeInfo', 20],
      ['klines?symbol=BTCUSDT&interval=1h', 2],
      ['depth?symbol=BTCUSDT&limit=500', 25],
      ['ticker/price?symbol=BTCUSDT', 2],
      ['ticker/price', 4],
      ['ticker/bookTicker', 4],
      ['ticker/24hr?symbol=BTCUSDT', 2],
      ['ticker/24hr', 80],
    ];
    const used = async (path: string): Promise<number> => {
      const response = await fetch(`${running.baseUrl}/api/v3/${path}`);
      await response.arrayBuffer();
      return Number(response.headers.get('x-mbx-used-weight-1m'));
    };
    let before = await used('ping');
    for (const [path, weight] of weights) {
      const after = await used(path);
      expect([path, after - before]).toEqual([path, weight]);
      before = after;
    }
  });

  it('refuses with 429 and Retry-After above the limit, which ccxt takes for what it is', async () => {
    const small = await runDemo({ weightPerMinute: 30 });
    const limited = await createBinance(small.baseUrl);
    await limited.loadMarkets();
    for (let i = 0; i < 10; i++) await limited.fetchTime();
    await expect(limited.fetchTime()).rejects.toSatisfy(isError(DDoSProtection.name));
    const response = await fetch(`${small.baseUrl}/api/v3/time`);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: -1003 });
    small.advance(60_000);
    expect(await limited.fetchTime()).toBe(small.demo.marketMs());
    await small.stop();
  });

  it('refuses a taken port by name', async () => {
    const port = Number(new URL(running.baseUrl).port);
    await expect(runDemo({ port })).rejects.toThrow(`port ${port}`);
  });
});
