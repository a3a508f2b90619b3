import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import { health, status, type StatusAnswer } from '../../src/api/contract/status.js';
import { createDaemon } from '../../src/daemon.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import { childEnvironments } from '../../src/lib/child-environments.js';
import { SystemClock } from '../../src/lib/clock.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { IndependentBinanceServer } from '../exchange/independent-binance-server.js';
import { makeKlines } from '../exchange/klines.js';
import { Money } from '../../src/domain/money.js';
import { KeptLogger } from '../models/kept-logger.js';
import { buildPosition } from '../trading/build-trading.js';

/** A venue lists, halts and delists coins while the real daemon runs, in the process of the test. */
const HOUR_MS = 3_600_000;
const BARS = 120;
const LIMIT_MS = 150_000;

let folder: string;
let symbols: string[];
let shiftMs: number;
let server: IndependentBinanceServer;
let baseUrl: string;
let stores: Stores;
let address: string;
let logger: KeptLogger;
let stopDaemon: () => Promise<void> = () => Promise.resolve();

const nowMs = (): number => Date.now() + shiftMs;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-listing-'));
  symbols = ['BTCUSDT', 'ETHUSDT'];
  shiftMs = 0;
  server = new IndependentBinanceServer({
    symbols,
    nowMs,
    klines: () => makeKlines(Math.floor(nowMs() / HOUR_MS) * HOUR_MS - BARS * HOUR_MS, BARS),
  });
  baseUrl = await server.start();
});

afterEach(async () => {
  await stopDaemon();
  stopDaemon = () => Promise.resolve();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startDaemon(changes: Readonly<Record<string, string>>): Promise<void> {
  await stopDaemon();
  const ending = new AbortController();
  const clock = new SystemClock();
  logger = new KeptLogger();
  const { settings } = readSettings({
    EXCHANGE: 'binance',
    DATA_DIR: folder,
    API_PORT: '0',
    HISTORY_DAYS: '17',
    ANALYSIS_INTERVAL_SEC: '5',
    ...changes,
  });
  address = await new Promise<string>((resolve, reject) => {
    const daemon = createDaemon(
      settings,
      { logger, version: 'test', childEnvironments: childEnvironments({}), onServing: resolve },
      {
        clock,
        checkPython: () => Promise.resolve({ status: 'missing', message: 'none', fix: 'none' }),
        openStores: (database, wall) => (stores = openStores(database, wall)),
        openMarket: (_, { stack }) => {
          const data = new CcxtMarketData({
            exchangeId: 'binance',
            baseUrl,
            clock,
            logger,
            clockRefreshMs: 300,
            requestSpacingMs: 0.5,
            retry: { attempts: 1 },
          });
          return Promise.resolve({
            data: stack.use('exchange', data),
            isDemo: false,
            baseUrl: undefined,
            speed: 1,
          });
        },
      },
    );
    const running = daemon.run(ending.signal);
    running.catch(reject);
    stopDaemon = async () => {
      ending.abort();
      await running;
    };
  });
}

async function until(what: string, isSo: (seen: StatusAnswer) => boolean): Promise<StatusAnswer> {
  const ends = Date.now() + LIMIT_MS;
  for (;;) {
    const seen = status.parse(await (await fetch(`${address}/api/status`)).json());
    if (isSo(seen)) return seen;
    if (Date.now() > ends) throw new Error(`${what} never came: ${JSON.stringify(seen)}`);
    await rest(200);
  }
}

const messages = (): string => logger.lines.map(({ message }) => message).join('\n');
const symbolsOf = (seen: StatusAnswer): string[] => seen.symbols.map(({ symbol }) => symbol).sort();
const isReady =
  (count: number) =>
  ({ collection }: StatusAnswer): boolean =>
    collection.series === count && collection.series_ready === count && collection.up_to_date;

async function findingIds(): Promise<string[]> {
  const answer = health.parse(await (await fetch(`${address}/api/health`)).json());
  return answer.findings.map(({ id }) => id);
}

async function hasCandles(symbol: string): Promise<boolean> {
  const venue = `binance@${new URL(baseUrl).host}`;
  const series = await stores.series.find({ venue, symbol, timeframe: '1h' });
  return series !== undefined && (await stores.candles.range(series.id)) !== undefined;
}

test('a coin listed while SYMBOLS=all runs is taken up within a day, and a delisted one dropped', async () => {
  await startDaemon({ SYMBOLS: 'all' });
  expect(symbolsOf(await until('both', isReady(2)))).toEqual(['BTCUSDT', 'ETHUSDT']);
  symbols.splice(1, 1, 'NEWUSDT');
  shiftMs += 23 * HOUR_MS;
  await until('the new time', (seen) => Date.parse(seen.market_time) > Date.now() + 22 * HOUR_MS);
  expect(messages()).not.toContain('NEW/USDT');
  shiftMs += 2 * HOUR_MS;
  const seen = await until('the new coin', (one) => symbolsOf(one).includes('NEWUSDT'));
  expect(symbolsOf(seen)).toEqual(['BTCUSDT', 'NEWUSDT']);
  await until('its candles', isReady(2));
  expect(await hasCandles('NEW/USDT')).toBe(true);
  const lines = messages();
  expect(lines).toMatch(/NEW\/USDT is listed at binance\S*: followed from now on/);
  expect(lines).toMatch(/ETH\/USDT is no longer listed at binance\S*: not followed any more$/m);
  const key = (await fetch(`${address}/api/model/status?symbol=NEWUSDT`)).status;
  expect(key).toBe(200);
});

test('a symbol that the venue does not have yet is looked for again after ten minutes', async () => {
  await startDaemon({ SYMBOLS: 'BTC/USDT,NEW/USDT' });
  expect((await until('the first', isReady(1))).left_out.join()).toContain('NEW/USDT');
  symbols.push('NEWUSDT');
  shiftMs += 11 * 60_000;
  const seen = await until('the new coin', isReady(2));
  expect(seen.left_out).toEqual([]);
  expect(symbolsOf(seen)).toEqual(['BTCUSDT', 'NEWUSDT']);
});

test('a primary symbol on hold is waited for, and the others are followed meanwhile', async () => {
  server.haltedSymbols.add('BTCUSDT');
  server.refusedSymbols.add('BTCUSDT');
  await startDaemon({ SYMBOLS: 'ETH/USDT', PRIMARY_SYMBOL: 'BTC/USDT' });
  const seen = await until('the other one', ({ collection }) => collection.series_ready === 1);
  expect(seen.state).toBe('back-filling');
  expect(await hasCandles('ETH/USDT')).toBe(true);
  expect(seen.left_out.join()).toMatch(/BTC\/USDT 1h: .*Invalid symbol/);
  // Health is at most a second old.
  await expect.poll(findingIds, { timeout: 5_000 }).toContain('series_refused');
  server.haltedSymbols.clear();
  server.refusedSymbols.clear();
  shiftMs += 11 * 60_000;
  expect(symbolsOf(await until('both', isReady(2)))).toEqual(['BTCUSDT', 'ETHUSDT']);
  expect(await hasCandles('BTC/USDT')).toBe(true);
});

/** A position in ETH/USDT, bought at 100, that the next daemon finds; its stop lies there. */
async function hold(stopPrice: number): Promise<void> {
  await startDaemon({ SYMBOLS: 'BTC/USDT,ETH/USDT' });
  await until('both', isReady(2));
  await stores.positions.insert(
    buildPosition({
      venue: `binance@${new URL(baseUrl).host}`,
      symbol: 'ETH/USDT',
      stopPrice: new Money(stopPrice),
      holdUntil: nowMs() + 1_000 * HOUR_MS,
      openedAt: nowMs(),
    }),
  );
}

test('a position whose symbol was taken out of SYMBOLS is closed at its stop', async () => {
  await hold(101);
  await startDaemon({ SYMBOLS: 'BTC/USDT' });
  await until(
    'the exit',
    ({ trading }) => trading.state === 'active' && trading.open_positions === 0,
  );
  expect(await stores.positions.find('position-1')).toMatchObject({ exitReason: 'stop_loss' });
});

test('a coin that is delisted while it is held is not followed, and its position is named', async () => {
  await hold(1);
  await startDaemon({ SYMBOLS: 'BTC/USDT,ETH/USDT' });
  await until('both', isReady(2));
  symbols.splice(1, 1);
  shiftMs += 25 * HOUR_MS;
  await until('the one that is left', isReady(1));
  expect(messages()).toMatch(
    /ETH\/USDT is no longer listed at \S+: .*its position is guarded until it is closed/,
  );
  const seen = await until('a loss of prices that is named', ({ warnings }) =>
    warnings.join().includes('no price for what is held: ETH/USDT'),
  );
  expect(seen.trading.open_positions).toBe(1);
});
