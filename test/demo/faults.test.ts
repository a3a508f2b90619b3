import type { binance } from 'ccxt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../src/demo/binance/faults.js';
import { createBinance, runDemo, type RunningDemo } from './demo-fixture.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2024, 2, 4, 10, 30);
const OPEN_MS = Date.UTC(2024, 2, 4, 10);
const KLINES = '/api/v3/klines';

let running: RunningDemo;
let client: binance;

beforeAll(async () => {
  running = await runDemo({ start: START_MS });
  client = await createBinance(running.baseUrl);
  await client.loadMarkets();
});
afterEach(() => running.demo.faults.clear());
afterAll(() => running.stop());

function rows(): Promise<unknown[]> {
  return client.fetchOHLCV('BTC/USDT', '1h', undefined, 4);
}

/** Name of ccxt's error for a candle request under the fault, which the next request is free of. */
async function errorUnder(effect: FaultEffect, timeoutMs = 20_000): Promise<string> {
  running.demo.faults.add({ path: KLINES, symbol: 'BTCUSDT', count: 1, effect });
  client.timeout = timeoutMs;
  const name = await rows().then(
    () => 'none',
    (error: unknown) => (error as Error).constructor.name,
  );
  client.timeout = 20_000;
  expect(await rows()).toHaveLength(4);
  return name;
}

describe('ccxt sees a fault in the answer', () => {
  it('as a time-out when the venue hangs', async () => {
    expect(await errorUnder({ kind: 'hang' }, 150)).toBe('RequestTimeout');
    expect(await errorUnder({ kind: 'delay', delayMs: 400 }, 150)).toBe('RequestTimeout');
  });

  it('as nothing when the venue is slow but in time', async () => {
    expect(await errorUnder({ kind: 'delay', delayMs: 20 })).toBe('none');
  });

  it('as a network error when the connection is reset or the body cut', async () => {
    expect(await errorUnder({ kind: 'reset' })).toBe('NetworkError');
    expect(await errorUnder({ kind: 'cut-body' })).not.toBe('none');
  });

  it('as protection against floods on 429 and 418', async () => {
    expect(await errorUnder({ kind: 'too-many-requests', retryAfterSec: 7 })).toBe(
      'DDoSProtection',
    );
    expect(await errorUnder({ kind: 'banned', retryAfterSec: 120 })).toBe('DDoSProtection');
  });

  it('as an unavailable venue on a page of a proxy', async () => {
    expect(await errorUnder({ kind: 'html', status: 502 })).toBe('ExchangeNotAvailable');
  });

  it("as Binance's own refusal", async () => {
    const refusal = {
      status: 503,
      code: -1001,
      message: 'Internal error; unable to process your request.',
    };
    expect(await errorUnder({ kind: 'refusal', ...refusal })).toBe('OperationFailed');
  });

  it('as rows without values when the answer is not JSON: ccxt reports no error', async () => {
    running.demo.faults.add({ path: KLINES, count: 1, effect: { kind: 'not-json' } });
    expect(new Set((await rows()).flat())).toEqual(new Set([undefined]));
    expect(new Set((await rows()).flat())).not.toContain(undefined);
  });

  it('and reads when to come back', async () => {
    running.demo.faults.add({ effect: { kind: 'too-many-requests', retryAfterSec: 7 } });
    const response = await fetch(`${running.baseUrl}/api/v3/time`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
    await response.arrayBuffer();
  });
});

describe('ccxt sees a fault in the market', () => {
  it('as a wrong clock', async () => {
    running.demo.faults.add({ effect: { kind: 'skew', skewMs: -90_000 } });
    expect(await client.fetchTime()).toBe(running.demo.marketMs() - 90_000);
  });

  it('as a missing candle', async () => {
    running.demo.faults.add({
      path: KLINES,
      effect: { kind: 'candles-gap', openTimes: [OPEN_MS - HOUR_MS] },
    });
    const times = (await rows()).map((row) => (row as number[])[0]);
    expect(times).toEqual([OPEN_MS - 3 * HOUR_MS, OPEN_MS - 2 * HOUR_MS, OPEN_MS]);
  });

  it('as a closed candle that changes later', async () => {
    const before = await rows();
    const effect: FaultEffect = {
      kind: 'candles-revised',
      openTime: OPEN_MS - HOUR_MS,
      values: { volume: 123 },
    };
    running.demo.faults.add({ path: KLINES, skip: 1, effect });
    expect(await rows()).toEqual(before);
    const after = await rows();
    expect((after[2] as number[])[5]).toBe(123);
    expect([after[0], after[1], after[3]]).toEqual([before[0], before[1], before[3]]);
  });

  it('as a closed candle that is not finished yet', async () => {
    const before = await rows();
    running.demo.faults.add({ path: KLINES, count: 1, effect: { kind: 'candles-unfinished' } });
    const [early, late] = [await rows(), await rows()];
    expect(early[2]).not.toEqual(before[2]);
    expect(late).toEqual(before);
  });

  it('as an empty bar, left out or flat', async () => {
    const openTimes = [OPEN_MS - HOUR_MS];
    const before = await rows();
    running.demo.faults.add({
      path: KLINES,
      effect: { kind: 'candles-empty', openTimes, show: 'flat' },
    });
    const price = (before[1] as number[])[4];
    expect((await rows())[2]).toEqual([OPEN_MS - HOUR_MS, price, price, price, price, 0]);
    running.demo.faults.clear();
    running.demo.faults.add({
      path: KLINES,
      effect: { kind: 'candles-empty', openTimes, show: 'omit' },
    });
    expect(await rows()).toHaveLength(3);
  });

  it('only in the pair that it is for', async () => {
    running.demo.faults.add({
      path: KLINES,
      symbol: 'ETHUSDT',
      effect: { kind: 'html', status: 502 },
    });
    expect(await rows()).toHaveLength(4);
    await expect(client.fetchOHLCV('ETH/USDT', '1h')).rejects.toThrow();
  });
});
