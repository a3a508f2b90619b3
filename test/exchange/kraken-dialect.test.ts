import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import type { CandlePage } from '../../src/exchange/market-data.js';
import { SystemClock } from '../../src/lib/clock.js';
import { findTestData } from '../test-data.js';
import { KrakenServer } from './kraken-server.js';
import { RecordingLogger } from './recording-logger.js';

const MINUTE = 60_000;
const FIRST_SEC = 1_700_000_040;

/** Row as Kraken sends it: time, open, high, low, close, vwap, volume, trades. */
type KrakenRow = [number, string, string, string, string, string, string, number];
interface KrakenOhlc {
  readonly result: { readonly XBTUSDT: readonly KrakenRow[] };
}

let server: KrakenServer | undefined;
let marketData: CcxtMarketData | undefined;

async function connect(
  assetPairs: unknown,
  ohlc: unknown,
  nowSec: number,
): Promise<CcxtMarketData> {
  server = new KrakenServer({ assetPairs, ohlc, nowSec });
  marketData = new CcxtMarketData({
    exchangeId: 'kraken',
    baseUrl: await server.start(),
    clock: new SystemClock(),
    logger: new RecordingLogger(),
    requestSpacingMs: 1,
    retry: { initialDelayMs: 1 },
  });
  await marketData.start(new AbortController().signal);
  return marketData;
}

afterEach(async () => {
  await marketData?.stop();
  await server?.stop();
});

async function collect(
  from: CcxtMarketData,
  sinceMs: number,
  untilMs: number,
): Promise<CandlePage[]> {
  const pages: CandlePage[] = [];
  const request = { symbol: 'BTC/USDT', timeframe: '1m', sinceMs, untilMs } as const;
  for await (const page of from.fetchCandles(request)) pages.push(page);
  return pages;
}

const OWN_PAIRS = {
  error: [],
  result: {
    XBTUSDT: {
      altname: 'XBTUSDT',
      wsname: 'XBT/USDT',
      base: 'XXBT',
      quote: 'USDT',
      pair_decimals: 1,
      lot_decimals: 8,
      fees: [[0, 0.4]],
      fees_maker: [[0, 0.25]],
      ordermin: '0.00005',
      costmin: '0.5',
      tick_size: '0.1',
      status: 'online',
    },
  },
};

function ownRow(index: number): KrakenRow {
  const price = String(35_000 + index);
  const open = FIRST_SEC + index * 60;
  return [open, price, price, price, price, price, '1.5', 3];
}

describe('a second dialect', () => {
  test('gives the same port: symbol, closed candles in milliseconds, volume of its own column', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ownRow(index));
    const ohlc = { error: [], result: { XBTUSDT: rows, last: FIRST_SEC } };
    const kraken = await connect(OWN_PAIRS, ohlc, FIRST_SEC + 49 * 60 + 30);
    const firstMs = FIRST_SEC * 1000;
    const pages = await collect(kraken, firstMs, firstMs + 48 * MINUTE);
    const candles = pages.flatMap((page) => page.candles);
    expect(candles).toHaveLength(49);
    expect(candles[3]).toEqual({
      openTime: firstMs + 3 * MINUTE,
      open: 35_003,
      high: 35_003,
      low: 35_003,
      close: 35_003,
      volume: 1.5,
    });
    expect(pages[pages.length - 1]?.coveredUntilMs).toBe(firstMs + 48 * MINUTE);
  });

  test('has weeks that begin on Thursday, and says so', async () => {
    const week = 7 * 86_400;
    const thursdaySec = FIRST_SEC - (FIRST_SEC % week);
    const rows = Array.from({ length: 30 }, (_, index): KrakenRow => {
      const [, ...rest] = ownRow(index);
      return [thursdaySec + (index - 29) * week, ...rest];
    });
    const kraken = await connect(OWN_PAIRS, { error: [], result: { XBTUSDT: rows } }, FIRST_SEC);
    const pages: CandlePage[] = [];
    const [sinceMs, untilMs] = [(thursdaySec - 40 * week) * 1_000, thursdaySec * 1_000];
    const request = { symbol: 'BTC/USDT', timeframe: '1w', sinceMs, untilMs } as const;
    for await (const page of kraken.fetchCandles(request)) pages.push(page);
    const candles = pages.flatMap((page) => page.candles);
    expect(candles.map(({ openTime }) => openTime)).toEqual(
      rows.slice(0, -1).map(([openSec]) => openSec * 1_000),
    );
    expect(pages[0]?.gridOffsetMs).toBe(3 * 86_400_000);
    expect(pages.at(-1)?.coveredUntilMs).toBe((thursdaySec - week) * 1_000);
  });

  test('is believed about a time far from this machine’s only when it repeats it', async () => {
    const kraken = await connect(OWN_PAIRS, { error: [], result: {} }, FIRST_SEC);
    expect(kraken.clock.marketMs()).toBeGreaterThanOrEqual(FIRST_SEC * 1000);
    expect(kraken.clock.marketMs()).toBeLessThan(FIRST_SEC * 1000 + 60_000);
  });

  test('has market ids and quotes of its own', async () => {
    const kraken = await connect(OWN_PAIRS, { error: [], result: {} }, FIRST_SEC);
    expect(kraken.resolveSymbol('XBTUSDT').symbol).toBe('BTC/USDT');
    expect(kraken.resolveSymbol('BTC-USDT').marketId).toBe('XBTUSDT');
    const { quotes } = await kraken.fetchQuotes(['BTC/USDT']);
    expect(quotes[0]).toMatchObject({ bid: '106000.1', ask: '106000.2', last: '106000.1' });
  });

  test('names the timeframes that it has when asked for another', async () => {
    const kraken = await connect(OWN_PAIRS, { error: [], result: {} }, FIRST_SEC);
    expect(() => kraken.assertTimeframe('12h')).toThrow(/no candles of 12h; it has 1m, 5m/);
  });
});

const pairsFile = findTestData('raw_exchange/nautilus_kraken_http_asset_pairs.json.gz');
const ohlcFile = findTestData('raw_exchange/nautilus_kraken_http_ohlc.json.gz');

describe.skipIf(pairsFile === undefined || ohlcFile === undefined)(
  'recorded Kraken answers',
  () => {
    test('are read row by row as they are', async () => {
      const ohlc = readJson(ohlcFile) as KrakenOhlc;
      const rows = ohlc.result.XBTUSDT;
      const [firstSec, lastSec] = [rows[0]?.[0] ?? 0, rows[rows.length - 1]?.[0] ?? 0];
      const kraken = await connect(readJson(pairsFile), ohlc, lastSec + 61);
      const pages = await collect(kraken, firstSec * 1000, lastSec * 1000);
      const candles = pages.flatMap((page) => page.candles);
      expect(candles).toHaveLength(rows.length);
      candles.forEach((candle, index) => {
        const [time, open, high, low, close, , volume] = rows[index] ?? [];
        const read = [candle.open, candle.high, candle.low, candle.close, candle.volume];
        expect(candle.openTime).toBe(Number(time) * 1000);
        expect(read).toEqual([open, high, low, close, volume].map(Number));
      });
    });
  },
);

function readJson(file: string | undefined): unknown {
  return JSON.parse(gunzipSync(readFileSync(file ?? '')).toString('utf8'));
}
