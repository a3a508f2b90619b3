import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import { runDemo, temporaryFolder, type RunningDemo } from './demo-fixture.js';
import { steppedCandles, writeRecording } from './recording-files.js';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2024, 0, 1);
const PATHS = [
  'klines?symbol=BTCUSDT&interval=1h',
  'klines?symbol=BTCUSDT&interval=4h',
  'klines?symbol=BTCUSDT&interval=1d',
  'ticker/price?symbol=BTCUSDT',
  'ticker/bookTicker?symbol=BTCUSDT',
  'ticker/24hr?symbol=BTCUSDT',
  'depth?symbol=BTCUSDT',
];

let folder: string;
let remove: () => void;
let open: RunningDemo[];

beforeEach(() => {
  ({ folder, remove } = temporaryFolder());
  open = [];
});
afterEach(async () => {
  for (const running of open) await running.stop();
  remove();
});

async function play(candles: readonly Candle[], startMs: number): Promise<RunningDemo> {
  const data = `${folder}/${open.length}`;
  writeRecording(data, 'BTC_USDT-1h.csv', candles);
  const running = await runDemo({ data, start: startMs });
  open.push(running);
  return running;
}

async function answers({ baseUrl }: RunningDemo): Promise<unknown[]> {
  return Promise.all(PATHS.map(async (path) => (await fetch(`${baseUrl}/api/v3/${path}`)).json()));
}

async function lastKline({ baseUrl }: RunningDemo): Promise<number[]> {
  const response = await fetch(`${baseUrl}/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1`);
  const [kline] = (await response.json()) as unknown[][];
  return (kline ?? []).slice(0, 6).map(Number);
}

describe('what lies ahead', () => {
  const candles = steppedCandles({ fromMs: FROM_MS, stepMs: HOUR_MS, count: 60 });
  const startMs = FROM_MS + 30 * HOUR_MS;

  it('changes no answer before it is reached', async () => {
    const other = candles.map((candle, i) => {
      const { openTime, open: first, high, low, close, volume } = candle;
      if (i < 40) return candle;
      return {
        openTime,
        open: first * 2,
        high: high * 3,
        low: low / 2,
        close: close * 2,
        volume: volume * 9,
      };
    });
    const [one, two] = [await play(candles, startMs), await play(other, startMs)];
    for (let step = 0; step < 40; step++) {
      expect(await answers(two)).toEqual(await answers(one));
      for (const running of open) running.advance(HOUR_MS / 4);
    }
    expect(await answers(two)).not.toEqual(await answers(one));
  });

  it('stays out of the open candle, which shows what the path has reached', async () => {
    const running = await play(candles, startMs);
    // Bar 30 is O 130, H 134, L 128, C 133, volume 40, and rises: it goes over the low first.
    running.advance(HOUR_MS / 6);
    expect(await lastKline(running)).toEqual(
      [startMs, 130, 130, 129, 129, 6.666666666666667].map((v, i) => (i === 5 ? 7 : v)),
    );
    running.advance(HOUR_MS / 3);
    expect(await lastKline(running)).toEqual([startMs, 130, 131, 128, 131, 20]);
    running.advance(HOUR_MS / 2 - 1);
    expect((await lastKline(running)).slice(0, 4)).toEqual([startMs, 130, 134, 128]);
    running.advance(1);
    expect(await lastKline(running)).toEqual([startMs, 130, 134, 128, 133, 40]);
  });

  it('stays out of the extremes of the day', async () => {
    const spike = candles.map((candle, i) => (i === 30 ? { ...candle, high: 500 } : candle));
    const running = await play(spike, startMs);
    const high = async (): Promise<number> => {
      const response = await fetch(`${running.baseUrl}/api/v3/ticker/24hr?symbol=BTCUSDT`);
      return Number(((await response.json()) as { highPrice: string }).highPrice);
    };
    running.advance(HOUR_MS / 3);
    expect(await high()).toBeLessThan(200);
    running.advance(HOUR_MS / 3);
    expect(await high()).toBe(500);
  });
});

it('the generated market never shows a price outside of what the closed hour has', async () => {
  const startMs = Date.UTC(2024, 2, 4, 10);
  const running = await runDemo({ start: startMs, seed: 5 });
  open.push(running);
  const seen: number[][] = [];
  for (let step = 0; step < 24; step++) {
    running.advance(HOUR_MS / 24);
    seen.push(await lastKline(running));
  }
  const [openTime, , high, low, , volume] = seen.at(-1) ?? [];
  expect(openTime).toBe(startMs);
  for (let i = 1; i < seen.length; i++) {
    const [before, after] = [seen[i - 1] ?? [], seen[i] ?? []];
    expect(after[2]).toBeGreaterThanOrEqual(before[2] ?? NaN);
    expect(after[3]).toBeLessThanOrEqual(before[3] ?? NaN);
    expect(after[5]).toBeGreaterThan(before[5] ?? NaN);
  }
  expect(seen.every((row) => (row[2] ?? NaN) <= (high ?? NaN))).toBe(true);
  expect(seen.every((row) => (row[3] ?? NaN) >= (low ?? NaN))).toBe(true);
  expect(seen.filter((row) => row[5] === volume)).toHaveLength(1);
});
