import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTestData } from '../test-data.js';
import { createBinance, runDemo, temporaryFolder, type RunningDemo } from './demo-fixture.js';
import { steppedCandles, writeRecording } from './recording-files.js';
import type { DemoSettings } from '../../src/demo/demo-server.js';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2024, 0, 1);
const candles = steppedCandles({ fromMs: FROM_MS, stepMs: HOUR_MS, count: 40 });

let folder: string;
let remove: () => void;
let running: RunningDemo | undefined;

beforeEach(() => ({ folder, remove } = temporaryFolder()));
afterEach(async () => {
  await running?.stop();
  running = undefined;
  remove();
});

async function play(settings: Partial<DemoSettings> = {}): Promise<RunningDemo> {
  running = await runDemo({ data: folder, ...settings });
  return running;
}

async function ask(path: string): Promise<unknown> {
  const response = await fetch(`${running?.baseUrl ?? ''}/api/v3/${path}`);
  return response.json();
}

async function openTimes(query: string): Promise<number[]> {
  return ((await ask(`klines?${query}`)) as number[][]).map(([time]) => time ?? NaN);
}

async function statuses(): Promise<Record<string, string>> {
  const { symbols } = (await ask('exchangeInfo')) as {
    symbols: { symbol: string; status: string }[];
  };
  return Object.fromEntries(symbols.map(({ symbol, status }) => [symbol, status]));
}

describe('a recording', () => {
  it('has three quarters of its span as history at the first start', async () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    const { marketMs, venue } = await play();
    expect(marketMs).toBe(FROM_MS + 30 * HOUR_MS);
    expect(venue).toMatch(/^demo:[0-9a-f]{10}:1$/);
    expect(await openTimes('symbol=BTCUSDT&interval=1h')).toHaveLength(30);
  });

  it('starts where DEMO_START says, in milliseconds or ISO 8601, as another run', async () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    for (const start of [FROM_MS + HOUR_MS, '2024-01-01T01:00:00Z', String(FROM_MS + HOUR_MS)]) {
      const { marketMs } = await play({ start });
      expect(marketMs).toBe(FROM_MS + HOUR_MS);
      await running?.stop();
    }
  });

  it.each(['soon', '1999-01-01', '2030-01-01', ''])(
    'refuses DEMO_START=%j by name',
    async (start) => {
      writeRecording(folder, 'BTC_USDT-1h.csv', candles);
      await expect(runDemo({ data: folder, start })).rejects.toThrow(/DEMO_START/);
    },
  );

  it.each([0, -1, NaN, Infinity])('refuses DEMO_SPEED=%d by name', async (speed) => {
    await expect(runDemo({ speed })).rejects.toThrow(/DEMO_SPEED/);
  });

  it('serves coarser bars joined and refuses finer ones as Binance does', async () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    await play();
    const [first] = (await ask('klines?symbol=BTCUSDT&interval=4h&startTime=0')) as string[][];
    expect(first?.slice(1, 6).map(Number)).toEqual([100, 106, 96, 100, 46]);
    expect(await ask('klines?symbol=BTCUSDT&interval=30m')).toEqual({
      code: -1120,
      msg: 'Invalid interval.',
    });
    expect(await ask('klines?symbol=BTCUSDT&interval=1M')).toEqual({
      code: -1120,
      msg: 'Invalid interval.',
    });
  });

  it('does not know a pair before it is listed', async () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    writeRecording(folder, 'LATE_USDT-1h.csv', candles.slice(32));
    await play();
    expect(await statuses()).toEqual({ BTCUSDT: 'TRADING' });
    const invalid = { code: -1121, msg: 'Invalid symbol.' };
    expect(await ask('klines?symbol=LATEUSDT&interval=1h')).toEqual(invalid);
    expect(await ask('ticker/price?symbols=["BTCUSDT","LATEUSDT"]')).toEqual(invalid);
    expect(await ask('ticker/price')).toHaveLength(1);
    running?.advance(2 * HOUR_MS + 1);
    expect(await statuses()).toEqual({ BTCUSDT: 'TRADING', LATEUSDT: 'TRADING' });
    expect(await openTimes('symbol=LATEUSDT&interval=1h')).toEqual([FROM_MS + 32 * HOUR_MS]);
  });

  it('keeps the history of a pair that no longer trades, without bid and ask', async () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    writeRecording(folder, 'GONE_USDT-1h.csv', candles.slice(0, 20));
    await play();
    expect(await statuses()).toEqual({ BTCUSDT: 'TRADING', GONEUSDT: 'BREAK' });
    expect(await openTimes('symbol=GONEUSDT&interval=1h')).toHaveLength(20);
    expect(await ask('ticker/bookTicker?symbol=GONEUSDT')).toMatchObject({
      bidPrice: '0.00000000',
      askPrice: '0.00000000',
    });
    expect(await ask('ticker/price?symbol=GONEUSDT')).toMatchObject({ price: '116.00000000' });
  });

  it('stands still at its end, still trading, and answers on', async () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    const { demo } = await play();
    running?.advance(100 * HOUR_MS);
    expect(demo.hasEnded()).toBe(true);
    expect(await ask('time')).toEqual({ serverTime: FROM_MS + 40 * HOUR_MS });
    expect(await openTimes('symbol=BTCUSDT&interval=1h')).toHaveLength(40);
    expect(await statuses()).toEqual({ BTCUSDT: 'TRADING' });
  });

  it('leaves missing bars out and counts the limit without them', async () => {
    writeRecording(
      folder,
      'BTC_USDT-1h.csv',
      candles.filter((_, i) => i < 5 || i > 24),
    );
    await play();
    const hours = (await openTimes(`symbol=BTCUSDT&interval=1h&limit=8&startTime=${FROM_MS}`)).map(
      (time) => (time - FROM_MS) / HOUR_MS,
    );
    expect(hours).toEqual([0, 1, 2, 3, 4, 25, 26, 27]);
    const newest = (await openTimes('symbol=BTCUSDT&interval=1h&limit=7')).map(
      (time) => (time - FROM_MS) / HOUR_MS,
    );
    expect(newest).toEqual([3, 4, 25, 26, 27, 28, 29]);
  });

  it('fills missing bars flat without volume where configured', async () => {
    writeRecording(
      folder,
      'BTC_USDT-1h.csv',
      candles.filter((_, i) => i !== 5 && i !== 6),
    );
    await play({ emptyBars: 'fill-flat' });
    const asked = `klines?symbol=BTCUSDT&interval=1h&startTime=${FROM_MS + 5 * HOUR_MS}&limit=3`;
    const rows = ((await ask(asked)) as unknown[][]).map((row) => row.slice(0, 6).map(Number));
    expect(rows).toEqual([
      [FROM_MS + 5 * HOUR_MS, 107, 107, 107, 107, 0],
      [FROM_MS + 6 * HOUR_MS, 107, 107, 107, 107, 0],
      [FROM_MS + 7 * HOUR_MS, 107, 108, 102, 104, 17],
    ]);
  });

  it('quotes the last close while bars are missing, and has no open candle', async () => {
    writeRecording(
      folder,
      'BTC_USDT-1h.csv',
      candles.filter((_, i) => i !== 31),
    );
    await play();
    running?.advance(1.5 * HOUR_MS);
    expect(await ask('ticker/price?symbol=BTCUSDT')).toMatchObject({ price: '133.00000000' });
    expect((await openTimes('symbol=BTCUSDT&interval=1h')).at(-1)).toBe(FROM_MS + 30 * HOUR_MS);
  });
});

const realFolder = findTestData('binance_2024_1h');

describe.skipIf(realFolder === undefined)('136 recorded pairs of 2024', () => {
  it('are served to ccxt as they are in the files', async () => {
    await play({ data: realFolder });
    const client = await createBinance(running?.baseUrl ?? '');
    await client.loadMarkets();
    expect(Object.keys(client.markets ?? {}).length).toBeGreaterThan(120);
    const [first, second] = await client.fetchOHLCV('BTC/USDT', '1h', Date.UTC(2024, 0, 1), 2);
    // The first two rows of BTC_USDT-1h.csv.gz.
    expect(first).toEqual([1704067200000, 42283.58, 42554.57, 42261.02, 42475.23, 1271.68108]);
    expect(second).toEqual([1704070800000, 42475.23, 42775, 42431.65, 42613.56, 1196.37856]);
    const small = await client.fetchOHLCV('BONK/USDT', '1h', Date.UTC(2024, 0, 1), 1);
    expect(small[0]).toEqual([
      1704067200000, 0.00001333, 0.00001352, 0.00001317, 0.00001323, 150420876322,
    ]);
  });
});
