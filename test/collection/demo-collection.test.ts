import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Collector } from '../../src/collection/collector.js';
import { DemoExchange } from '../../src/demo/demo-server.js';
import { monotonicWall } from '../../src/demo/market/market-clock.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import { SystemClock } from '../../src/lib/clock.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { RecordingLogger } from '../exchange/recording-logger.js';

const HOUR = 3_600_000;
const START = Date.parse('2024-03-01T00:00:00Z');
/** An hour of the market in a second and a half. */
const SPEED = 2_400;
const POLL = { timeout: 20_000, interval: 20 };
const logger = new RecordingLogger();

let folder: string;
let demo: DemoExchange;
let marketData: CcxtMarketData;
let collector: Collector;
let stored: TestDatabase;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-test-'));
  demo = new DemoExchange({
    dataDir: folder,
    start: START,
    speed: SPEED,
    wall: monotonicWall,
    logger,
  });
  const { baseUrl, venue } = await demo.start();
  const clock = new SystemClock();
  stored = await openTestDatabase({ clock });
  marketData = new CcxtMarketData({
    exchangeId: 'binance',
    baseUrl,
    venue,
    clock,
    logger,
    speed: SPEED,
    requestSpacingMs: 0.5,
    timeoutMs: 500,
    retry: { initialDelayMs: 5 },
  });
  collector = new Collector({
    marketData,
    stores: stored.stores,
    logger,
    symbols: ['BTC/USDT', 'ETHUSDT'],
    heldSymbols: () => [],
    timeframes: ['1h'],
    history: { historyDays: 1, trainMonthsBack: 6 },
    quoteIntervalMs: 60_000,
  });
});

afterEach(async () => {
  await marketData.stop();
  await collector.stop();
  await stored.database.close();
  await demo.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function storedHours(): Promise<number[]> {
  const key = { venue: marketData.venue, symbol: 'ETH/USDT', timeframe: '1h' } as const;
  const series = await stored.stores.series.find(key);
  const candles = await stored.stores.candles.read(series?.id ?? 0);
  return candles.map(({ openTime }) => (openTime - START) / HOUR);
}

test('a scaled market is collected whole through faults of every kind', async () => {
  const klines = '/api/v3/klines';
  demo.faults.add(
    { path: klines, count: 1, effect: { kind: 'hang' } },
    { path: klines, skip: 1, count: 1, effect: { kind: 'reset' } },
    { path: klines, skip: 2, count: 1, effect: { kind: 'html', status: 502 } },
    { path: klines, skip: 3, count: 1, effect: { kind: 'cut-body' } },
    { path: klines, skip: 4, count: 1, effect: { kind: 'not-json' } },
    { path: klines, skip: 6, count: 1, effect: { kind: 'candles-reversed' } },
    { path: klines, skip: 7, count: 1, effect: { kind: 'candles-doubled' } },
  );
  collector.start();
  await expect.poll(() => collector.status().phase, POLL).toBe('following');
  await expect.poll(async () => (await storedHours()).at(-1) ?? 0, POLL).toBeGreaterThanOrEqual(2);
  const hours = await storedHours();
  const first = hours[0] ?? 0;
  expect(hours).toEqual(hours.map((_, index) => first + index));
  // However many hours passed before the first request, the depth is whole.
  expect(hours.length).toBeGreaterThanOrEqual(24 + 640);
  expect(collector.status().refused).toEqual([]);
  // What the exchange demands of orders is stored with the series: a backtest keeps to it.
  const key = { venue: marketData.venue, symbol: 'ETH/USDT', timeframe: '1h' } as const;
  const step: unknown = expect.stringMatching(/^0\.0*1$/);
  const rules = {
    sizeStep: step,
    priceTick: step,
    minSize: step,
    minCost: '5',
    maxCost: '9000000',
  };
  expect(await stored.stores.series.find(key)).toMatchObject(rules);
});

test('no candle is stored before the venue’s own time has passed its close', async () => {
  const early: number[] = [];
  const closed: number[] = [];
  collector.subscribe({
    closedCandles: (_, candles) => {
      const nowMs = demo.marketMs();
      for (const { openTime } of candles) {
        closed.push(openTime);
        if (openTime + HOUR > nowMs) early.push(openTime);
      }
    },
  });
  collector.start();
  await expect.poll(() => closed.length, POLL).toBeGreaterThanOrEqual(4);
  expect(early).toEqual([]);
});

test('a bar whose last moments came late is corrected by the next reading', async () => {
  const isFollowing = (): boolean => collector.status().phase === 'following';
  const revised: string[] = [];
  collector.subscribe({ revised: ({ symbol }) => revised.push(symbol) });
  collector.start();
  await expect.poll(isFollowing, POLL).toBe(true);
  demo.faults.add({ path: '/api/v3/klines', count: 1, effect: { kind: 'candles-unfinished' } });
  await expect.poll(() => revised.length, POLL).toBeGreaterThan(0);
  expect(logger.lines.some(({ message }) => message.includes('changed'))).toBe(true);
});

test('four prices a bar are stored', async () => {
  collector.start();
  await expect.poll(() => collector.quotes.find('BTC/USDT'), POLL).toBeDefined();
  const seen = new Set<number>();
  await expect
    .poll(() => {
      seen.add(collector.quotes.find('BTC/USDT')?.venueTime ?? 0);
      return seen.size;
    }, POLL)
    .toBeGreaterThan(3);
});
