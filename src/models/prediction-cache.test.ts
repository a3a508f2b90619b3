import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeptLogger } from '../../test/models/kept-logger.js';
import { ManualClock } from '../lib/manual-clock.js';
import type { CachedPrediction } from './cached-prediction.js';
import { PredictionCache } from './prediction-cache.js';
import { PredictionFile } from './prediction-file.js';

const HOUR_MS = 3_600_000;
const NOW = 1_720_000_000_000;

let folder: string;
let clock: ManualClock;
let logger: KeptLogger;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-cache-'));
  clock = new ManualClock(NOW);
  logger = new KeptLogger();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const fileName = (): string => path.join(folder, 'cache', 'predictions');

async function openCache(maxEntries = 1000): Promise<PredictionCache> {
  const file = new PredictionFile({ file: fileName(), logger });
  const cache = new PredictionCache({ file, clock, ttlHours: 1, maxEntries });
  await cache.start();
  return cache;
}

function aPrediction(values: Partial<CachedPrediction> = {}): CachedPrediction {
  return {
    venue: 'binance',
    symbol: 'BTC/USDT',
    timeframe: '1h',
    bot: 'catboost',
    modelUid: 'model-1',
    candleOpenTime: NOW - 2 * HOUR_MS,
    probabilities: [0.2, 0.3, 0.5],
    expectedReturn: 0.0021,
    predictedAt: NOW,
    ...values,
  };
}

const of = (modelUid: string, symbol = 'BTC/USDT') => ({ modelUid, symbol });

describe('a prediction', () => {
  it('of a global model is found by its instrument only', async () => {
    const cache = await openCache();
    const eth = aPrediction({ symbol: 'ETH/USDT', expectedReturn: -0.01 });
    cache.put(aPrediction());
    cache.put(eth);
    expect(cache.find(of('model-1'), NOW - 2 * HOUR_MS)).toEqual(aPrediction());
    expect(cache.find(of('model-1', 'ETH/USDT'), NOW - 2 * HOUR_MS)).toEqual(eth);
    expect(cache.findNewest(of('model-1'))).toEqual(aPrediction());
    expect(cache.findNewest(of('model-1', 'SOL/USDT'))).toBeUndefined();
    await cache.stop();
  });

  it('is found by its model and candle only', async () => {
    const cache = await openCache();
    cache.put(aPrediction());
    expect(cache.find(of('model-1'), NOW - 2 * HOUR_MS)).toEqual(aPrediction());
    expect(cache.find(of('model-2'), NOW - 2 * HOUR_MS)).toBeUndefined();
    expect(cache.find(of('model-1'), NOW - HOUR_MS)).toBeUndefined();
    expect(cache.status()).toMatchObject({ entries: 1, hits: 1, misses: 2 });
    await cache.stop();
  });

  it('lives for the hours of the setting, by market time', async () => {
    const cache = await openCache();
    cache.put(aPrediction());
    await clock.advance(HOUR_MS);
    expect(cache.find(of('model-1'), NOW - 2 * HOUR_MS)).toBeDefined();
    await clock.advance(1);
    expect(cache.find(of('model-1'), NOW - 2 * HOUR_MS)).toBeUndefined();
    expect(cache.findNewest(of('model-1'))).toBeUndefined();
    await cache.stop();
  });

  it('lives longer while that is set, also one that was made before, and shorter again after', async () => {
    const cache = await openCache();
    cache.put(aPrediction());
    cache.setLife(24);
    await clock.advance(23 * HOUR_MS);
    expect(cache.find(of('model-1'), NOW - 2 * HOUR_MS)).toBeDefined();
    cache.setLife();
    expect(cache.find(of('model-1'), NOW - 2 * HOUR_MS)).toBeUndefined();
    await cache.stop();
  });

  it('on the newest candle is the one that stands in for a later candle', async () => {
    const cache = await openCache();
    cache.put(aPrediction({ candleOpenTime: NOW - HOUR_MS, expectedReturn: 0.5 }));
    cache.put(aPrediction());
    expect(cache.findNewest(of('model-1'))?.expectedReturn).toBe(0.5);
    await cache.stop();
  });
});

describe('beyond the limit', () => {
  it('the predictions that were made first go', async () => {
    const cache = await openCache(3);
    for (let bar = 0; bar < 5; bar++)
      cache.put(aPrediction({ candleOpenTime: NOW - bar * HOUR_MS }));
    expect(cache.status().entries).toBe(3);
    expect(cache.find(of('model-1'), NOW)).toBeUndefined();
    expect(cache.find(of('model-1'), NOW - 4 * HOUR_MS)).toBeDefined();
    await cache.stop();
  });

  it('the file is rewritten from time to time', async () => {
    const cache = await openCache(10);
    for (let put = 0; put < 1500; put++) cache.put(aPrediction({ candleOpenTime: NOW + put }));
    await cache.stop();
    const lines = (await readFile(fileName(), 'utf8')).trimEnd().split('\n');
    expect(lines.length).toBeLessThan(1100);
    expect(cache.status().diskBytes).toBe((await readFile(fileName())).length);
    const again = await openCache(10);
    expect(again.status().entries).toBe(10);
    expect(again.find(of('model-1'), NOW + 1499)).toBeDefined();
    await again.stop();
  });
});

describe('after a restart', () => {
  it('what was put is there again, as it was', async () => {
    const cache = await openCache();
    cache.put(aPrediction());
    cache.put(aPrediction({ symbol: 'ETH/USDT', modelUid: 'model-2', probabilities: undefined }));
    await cache.stop();
    const again = await openCache();
    expect(again.find(of('model-1'), NOW - 2 * HOUR_MS)).toEqual(aPrediction());
    expect(again.findNewest(of('model-2'))?.probabilities).toBeUndefined();
    expect(again.status().entries).toBe(2);
    await again.stop();
  });

  it('what was dropped stays away', async () => {
    const cache = await openCache();
    cache.put(aPrediction());
    cache.put(aPrediction({ modelUid: 'model-2' }));
    expect(cache.drop(({ modelUid }) => modelUid === 'model-1')).toBe(1);
    await cache.stop();
    const again = await openCache();
    expect(again.findNewest(of('model-1'))).toBeUndefined();
    expect(again.findNewest(of('model-2'))).toBeDefined();
    await again.stop();
  });

  it('a last line that a kill has torn is left out, and what follows it is whole', async () => {
    const cache = await openCache();
    await cache.stop();
    cache.put(aPrediction());
    cache.put(aPrediction({ modelUid: 'model-2' }));
    await cache.stop();
    await truncate(fileName(), (await readFile(fileName())).length - 20);
    const again = await openCache();
    expect(again.status().entries).toBe(1);
    again.put(aPrediction({ modelUid: 'model-3' }));
    await again.stop();
    const third = await openCache();
    expect(third.status().entries).toBe(2);
    expect(logger.messages('warn')).toEqual([]);
    await third.stop();
  });
});

describe('a damaged file', () => {
  const damages: readonly (readonly [string, (text: string) => string])[] = [
    ['with another digit', (text) => text.replace('0.0021', '0.0091')],
    ['with a line missing its end', (text) => text.replace(/\}\n/, '\n')],
    ['of another layout', (text) => text.replace('predictions 1', 'predictions 2')],
    ['that is something else', () => 'SQLite format 3\0'.repeat(40)],
    ['of zeros', (text) => '\0'.repeat(text.length)],
    ['with a line that is no line of it', (text) => `${text}deadbeef {}\n`],
    ['that is empty', () => ''],
  ];
  it.each(damages)('%s is refused and rebuilt', async (_, damage) => {
    const cache = await openCache();
    cache.put(aPrediction());
    cache.put(aPrediction({ modelUid: 'model-2' }));
    await cache.stop();
    await writeFile(fileName(), damage(await readFile(fileName(), 'utf8')));
    const again = await openCache();
    expect(again.status().entries).toBe(0);
    expect(logger.messages('warn')).toEqual([
      'The stored predictions are damaged and are made again',
    ]);
    again.put(aPrediction({ modelUid: 'model-3' }));
    await again.stop();
    const third = await openCache();
    expect(third.findNewest(of('model-3'))).toBeDefined();
    expect(logger.messages('warn')).toHaveLength(1);
    await third.stop();
  });

  it('that cannot be read or written leaves the cache in memory, with one line in the log', async () => {
    await mkdir(fileName(), { recursive: true });
    const cache = await openCache();
    cache.put(aPrediction());
    cache.put(aPrediction({ modelUid: 'model-2' }));
    await cache.stop();
    expect(cache.findNewest(of('model-2'))).toBeDefined();
    expect(logger.messages('warn')).toEqual([
      'The stored predictions are damaged and are made again',
      'Predictions are kept in memory only',
    ]);
  });

  it('after a failed write is written whole as soon as it can be', async () => {
    const blocker = path.join(folder, 'cache');
    await writeFile(blocker, 'a file where the folder should be');
    const cache = await openCache();
    cache.put(aPrediction());
    await cache.stop();
    await rm(blocker);
    cache.put(aPrediction({ modelUid: 'model-2' }));
    await cache.stop();
    const again = await openCache();
    expect(again.status().entries).toBe(2);
    await again.stop();
  });

  it('with bytes behind its last line is as before', async () => {
    const cache = await openCache();
    cache.put(aPrediction());
    await cache.stop();
    await appendFile(fileName(), 'e5f0');
    const again = await openCache();
    expect(again.status().entries).toBe(1);
    await again.stop();
  });
});
