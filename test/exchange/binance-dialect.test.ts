import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CcxtMarketData, type CcxtMarketDataOptions } from '../../src/exchange/ccxt-market-data.js';
import type { CandlePage } from '../../src/exchange/market-data.js';
import { ConfigError, RejectedError, TransientError } from '../../src/lib/errors.js';
import { SystemClock } from '../../src/lib/clock.js';
import { IndependentBinanceServer, type ScriptedFault } from './independent-binance-server.js';
import { makeKlines } from './klines.js';
import { RecordingLogger } from './recording-logger.js';

const HOUR = 3_600_000;
const BARS = 2_500;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', ...Array.from({ length: 98 }, (_, i) => `C${i}XUSDT`)];
const CANARY = 'canary-4b1d7c';

let server: IndependentBinanceServer;
let baseUrl: string;
let marketData: CcxtMarketData;
let firstOpenTime: number;
let klines: unknown[][];

function connect(options: Partial<CcxtMarketDataOptions> = {}): CcxtMarketData {
  return new CcxtMarketData({
    exchangeId: 'binance',
    baseUrl,
    clock: new SystemClock(),
    logger: new RecordingLogger(),
    requestSpacingMs: 0.5,
    timeoutMs: 300,
    retry: { attempts: 3, initialDelayMs: 1 },
    random: () => 0,
    ...options,
  });
}

beforeEach(async () => {
  const nowMs = Date.now();
  firstOpenTime = Math.floor(nowMs / HOUR) * HOUR - (BARS - 1) * HOUR;
  klines = makeKlines(firstOpenTime, BARS);
  server = new IndependentBinanceServer({
    symbols: SYMBOLS,
    nowMs: () => Date.now(),
    klines: () => klines,
  });
  baseUrl = await server.start();
  marketData = connect();
  await marketData.start(new AbortController().signal);
});

afterEach(async () => {
  await marketData.stop();
  await server.stop();
});

async function collect(symbol = 'BTC/USDT', sinceMs = firstOpenTime): Promise<CandlePage[]> {
  const untilMs = firstOpenTime + (BARS - 1) * HOUR;
  const pages: CandlePage[] = [];
  const request = { symbol, timeframe: '1h', sinceMs, untilMs } as const;
  for await (const page of marketData.fetchCandles(request)) pages.push(page);
  return pages;
}

async function fetchOne(): Promise<CandlePage[]> {
  return collect('BTC/USDT', firstOpenTime + (BARS - 5) * HOUR);
}

describe('candles', () => {
  test('come whole over several pages, without the open one, which is reported', async () => {
    const pages = await collect();
    const candles = pages.flatMap((page) => page.candles);
    expect(pages.length).toBe(3);
    expect(candles.map((candle) => candle.openTime)).toEqual(
      klines.slice(0, -1).map(([openTime]) => openTime),
    );
    expect(pages.flatMap((page) => page.rejected).map(({ kind }) => kind)).toEqual(['unfinished']);
    expect(candles[7]?.close).toBe(Number(klines[7]?.[4]));
  });

  test('are asked for with no more rows than are wanted', async () => {
    server.requests.length = 0;
    await fetchOne();
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toContain('limit=6');
  });

  test('that are defective are left out and named, the others stay', async () => {
    klines[10] = [Number(klines[10]?.[0]), '-1', '2', '1', '1', '1'];
    klines[11] = [Number(klines[11]?.[0]), '5', 'NaN', '1', '1', '1'];
    klines.splice(13, 0, [...(klines[12] ?? [])]);
    klines[20] = [Number(klines[20]?.[0]) + 5_000, ...(klines[20] ?? []).slice(1)];
    const pages = await collect();
    const rejected = pages.flatMap((page) => page.rejected);
    expect(rejected.map(({ kind }) => kind).sort()).toEqual([
      'defective',
      'defective',
      'duplicate',
      'off-grid',
      'unfinished',
    ]);
    expect(rejected[0]?.reason).toContain('open -1 is not a positive number');
    expect(pages.flatMap((page) => page.candles)).toHaveLength(BARS - 1 - 3);
  });

  test('from the future are reported whole and never counted as covered', async () => {
    const futureMs = firstOpenTime + (BARS + 50) * HOUR;
    klines.push([futureMs, '1', '1', '1', '1', '1']);
    const rejected = (await collect()).flatMap((page) => page.rejected);
    expect(rejected.find(({ kind }) => kind === 'future')?.candle).toMatchObject({
      openTime: futureMs,
      close: 1,
    });
  });

  test('of an unknown symbol or timeframe are refused by name', async () => {
    await expect(collect('NOPE/USDT')).rejects.toThrow(RejectedError);
    expect(() => marketData.assertTimeframe('1h')).not.toThrow();
    const kraken = connect({ exchangeId: 'nosuch' });
    await expect(kraken.start(new AbortController().signal)).rejects.toThrow(/EXCHANGE=nosuch/);
  });

  test('stop coming when the caller aborts', async () => {
    const aborter = new AbortController();
    const untilMs = firstOpenTime + BARS * HOUR;
    const request = {
      symbol: 'BTC/USDT',
      timeframe: '1h',
      sinceMs: firstOpenTime,
      untilMs,
    } as const;
    const pages = marketData.fetchCandles({ ...request, signal: aborter.signal });
    await pages.next();
    aborter.abort(new Error('enough'));
    await expect(pages.next()).rejects.toThrow('enough');
  });
});

describe('quotes', () => {
  test('of 100 symbols come by one request, as exact text', async () => {
    server.requests.length = 0;
    const symbols = marketData.listSpot('USDT').map(({ symbol }) => symbol);
    const { quotes, missing } = await marketData.fetchQuotes(symbols);
    expect(symbols).toHaveLength(100);
    expect(quotes).toHaveLength(100);
    expect(missing).toEqual([]);
    expect(server.requests).toHaveLength(1);
    expect(quotes[0]).toMatchObject({ bid: '100', ask: '100.2', last: '100.1' });
  });

  test('of sound symbols survive one that the venue refuses', async () => {
    server.faults.push({
      path: '/api/v3/ticker',
      kind: 'error',
      body: '{"code":-1121,"msg":"Invalid symbol."}',
    });
    server.faults.push({
      path: '/api/v3/ticker',
      kind: 'error',
      body: '{"code":-1121,"msg":"Invalid symbol."}',
    });
    const { quotes, missing } = await marketData.fetchQuotes(['BTC/USDT', 'ETH/USDT']);
    expect(quotes.map(({ symbol }) => symbol)).toEqual(['ETH/USDT']);
    expect(missing).toMatchObject([{ symbol: 'BTC/USDT' }]);
    expect(missing[0]?.reason).toContain('Invalid symbol');
  });
});

describe('faults', () => {
  const kinds: ScriptedFault['kind'][] = ['hang', 'hang-body', 'reset', '502', 'web-page', 'cut'];

  test.each(kinds)('%s is overcome by another try', async (kind) => {
    server.faults.push({ path: '/api/v3/klines', kind });
    expect((await fetchOne()).flatMap((page) => page.candles)).toHaveLength(4);
  });

  test.each([...kinds, '429', '418'] as const)('%s that lasts is transient', async (kind) => {
    for (let i = 0; i < 3; i++) server.faults.push({ path: '/api/v3/klines', kind });
    const failure = await fetchOne().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientError);
    expect(String(failure)).not.toContain('<');
  });

  test('429 with a short Retry-After is overcome by waiting', async () => {
    server.faults.push({ path: '/api/v3/klines', kind: '429', retryAfterSec: 1 });
    server.requests.length = 0;
    expect((await fetchOne()).flatMap((page) => page.candles)).toHaveLength(4);
    expect(server.requests).toHaveLength(2);
  });

  test('a long Retry-After ends the tries at once', async () => {
    server.faults.push({ path: '/api/v3/klines', kind: '429', retryAfterSec: 600 });
    server.requests.length = 0;
    await expect(fetchOne()).rejects.toThrow(TransientError);
    await expect(fetchOne()).rejects.toThrow(/asked to wait \d+ s more/);
    expect(server.requests).toHaveLength(1);
  });

  test('a refused key is a matter of settings', async () => {
    const body = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}';
    server.faults.push({ path: '/api/v3/klines', kind: 'error', body });
    await expect(fetchOne()).rejects.toThrow(ConfigError);
  });

  test('no secret that a venue echoes gets into message, cause or stack', async () => {
    const body = `{"code":-1100,"msg":"Illegal: signature=${CANARY}&apiKey=${CANARY}"}`;
    server.faults.push({ path: '/api/v3/klines', kind: 'error', body });
    const failure = await fetchOne().catch((error: unknown) => error);
    const seen: string[] = [];
    for (let error: unknown = failure; error instanceof Error; error = error.cause) {
      seen.push(`${error.message}\n${error.stack}`);
    }
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.join('\n')).not.toContain(CANARY);
    expect(seen[0]).toContain('[hidden]');
  });
});

describe('start', () => {
  test('waits for a venue that is down and goes on when it is back', async () => {
    await marketData.stop();
    await server.stop();
    const port = Number(new URL(baseUrl).port);
    const logger = new RecordingLogger();
    marketData = connect({ logger });
    const starting = marketData.start(new AbortController().signal);
    await expect.poll(() => logger.lines.length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(marketData.isReady).toBe(false);
    expect(() => marketData.listSpot()).toThrow(TransientError);
    await server.start(port);
    await starting;
    expect(marketData.isReady).toBe(true);
    expect(logger.lines[0]?.message).toContain('does not answer yet');
  });

  test('measures the skew of a venue whose clock runs 30 s ahead', async () => {
    await marketData.stop();
    await server.stop();
    server = new IndependentBinanceServer({
      symbols: SYMBOLS,
      nowMs: () => Date.now() + 30_000,
      klines: () => klines,
    });
    baseUrl = await server.start();
    marketData = connect();
    await marketData.start(new AbortController().signal);
    expect(Math.abs((marketData.clock.skewMs ?? 0) - 30_000)).toBeLessThan(1_000);
    expect(marketData.clock.marketMs()).toBeGreaterThan(Date.now() + 28_000);
  });

  test('names the venue by id and host', () => {
    expect(marketData.venue).toBe(`binance@${new URL(baseUrl).host}`);
    expect(connect({ venue: 'demo:abc:1' }).venue).toBe('demo:abc:1');
  });

  test('finds symbols in every spelling and lists what trading needs to know', () => {
    for (const text of ['BTC/USDT', 'BTCUSDT', 'BTC-USDT', 'btc_usdt']) {
      expect(marketData.resolveSymbol(text)).toEqual({
        symbol: 'BTC/USDT',
        marketId: 'BTCUSDT',
        base: 'BTC',
        quote: 'USDT',
        sizeStep: '0.00001',
        priceTick: '0.01',
        minSize: '0.00001',
        minCost: '5',
        maxSize: '9000',
        maxCost: undefined,
        isOnHold: false,
      });
    }
  });
});
