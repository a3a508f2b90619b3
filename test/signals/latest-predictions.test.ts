import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GLOBAL_SYMBOL } from '../../src/domain/bots.js';
import type { Candle } from '../../src/domain/candle.js';
import { closeTimeOf } from '../../src/domain/timeframe.js';
import { PredictionCache } from '../../src/models/prediction-cache.js';
import { PredictionFile } from '../../src/models/prediction-file.js';
import { swapModel } from '../../src/models/swap-model.js';
import { LatestPredictions, type LatestPrediction } from '../../src/signals/latest-predictions.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { walkCandles } from '../models/candle-walk.js';
import { TINY_FEATURES } from '../models/model-folder.js';
import { buildSignalRig, KEY, timeOf, type SignalRig } from './build-signals.js';

const NEWEST = 799;
const HOUR_MS = 3_600_000;
const LAG_MS = HOUR_MS / 2;
const candles = walkCandles({ bars: NEWEST + 2 });

let folder: string;
let opened: TestDatabase;
let rig: SignalRig;
let cache: PredictionCache;
let latest: LatestPredictions;
/** Rows that the worker was asked for. */
let inferences: number;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-latest-'));
  const location = { engine: 'sqlite', file: ':memory:' } as const;
  const open = async (options?: Parameters<typeof openTestDatabase>[0]): Promise<TestDatabase> =>
    (opened = await openTestDatabase(options));
  const engine = { name: 'sqlite', open, location: () => location } as const;
  rig = await buildSignalRig({ engine, newestBar: NEWEST });
  await rig.storeCandles(candles.slice(0, NEWEST + 1));
  cache = await openCache();
  latest = createLatest(cache);
});

afterEach(async () => {
  await cache.stop();
  await rig.stop();
  await opened.database.close();
  await rm(folder, { recursive: true, force: true });
});

async function openCache(): Promise<PredictionCache> {
  const { clock, logger } = rig;
  const file = new PredictionFile({ file: path.join(folder, 'predictions'), logger });
  const opened = new PredictionCache({ file, clock, ttlHours: 1, maxEntries: 100 });
  await opened.start();
  return opened;
}

function createLatest(own: PredictionCache | undefined): LatestPredictions {
  const { bars, clock, predictor, servingModels, stores } = rig;
  inferences = 0;
  return new LatestPredictions({
    ...{ cache: own, bars, clock, servingModels, stores, lagMs: () => LAG_MS },
    predictor: {
      predict: (request) => {
        inferences++;
        return predictor.predict(request);
      },
    },
  });
}

const swap = async (uid: string): Promise<void> => {
  const { predictor, servingModels, stores } = rig;
  await swapModel(await stores.models.get(uid), { servingModels, predictor, cache });
};

async function closeBar(candle: Candle | undefined): Promise<void> {
  if (candle === undefined) throw new Error('no candle');
  await rig.clock.advance(HOUR_MS);
  await rig.storeCandles([candle]);
  rig.bars.append(KEY, { openTime: candle.openTime, candle });
}

function servedOf(answer: LatestPrediction): Extract<LatestPrediction, { status: 'served' }> {
  if (answer.status !== 'served') throw new Error(`${answer.reason}: ${answer.detail}`);
  return answer;
}

describe('the newest candle', () => {
  it('is predicted once and then known, also by many who ask at once', async () => {
    const modelUid = await rig.promote('model-1');
    const answers = await Promise.all(Array.from({ length: 20 }, () => latest.find(KEY)));
    expect(inferences).toBe(1);
    expect(answers.every(({ status }) => status === 'served')).toBe(true);
    const again = servedOf(await latest.find(KEY));
    expect(again).toMatchObject({ isStale: false, isCached: true });
    expect(again.prediction).toMatchObject({ ...KEY, modelUid, candleOpenTime: timeOf(NEWEST) });
    expect(inferences).toBe(1);
  });

  it('is predicted for each instrument of a global model by itself', async () => {
    await rig.promote('model-1');
    const { bars, clock, predictor, servingModels, stores } = rig;
    const global = new LatestPredictions({
      ...{ cache, bars, clock, stores, predictor, lagMs: () => LAG_MS },
      servingModels: {
        reportDamaged: (model, detail) => servingModels.reportDamaged(model, detail),
        find: async () => {
          const choice = await servingModels.find(KEY);
          if (choice.status === 'untrusted') return choice;
          return { ...choice, model: { ...choice.model, key: { ...KEY, symbol: GLOBAL_SYMBOL } } };
        },
      },
    });
    expect(servedOf(await global.find(KEY))).toMatchObject({ isStale: false, prediction: KEY });
    // There are no candles of it: another instrument's prediction is none.
    expect(await global.find({ ...KEY, symbol: 'ETH/USDT' })).toMatchObject({
      status: 'none',
      reason: 'features_missing',
    });
  });

  it('is answered with the very prediction that its signal was made of', async () => {
    await rig.promote('model-1');
    const { signal } = await rig.maker.makeSignal({
      ...{ key: KEY, candleOpenTime: timeOf(NEWEST), cause: 'closed' },
    });
    if (signal.source !== 'model') throw new Error(signal.fallbackReason);
    const { prediction } = servedOf(await latest.find(KEY));
    expect(prediction.probabilities).toEqual(signal.probabilities);
    expect(prediction.expectedReturn).toBe(signal.expectedMove);
  });

  it('is computed again once its prediction has outlived its hours', async () => {
    await rig.promote('model-1');
    await latest.find(KEY);
    await rig.clock.advance(HOUR_MS + 1);
    expect(servedOf(await latest.find(KEY))).toMatchObject({ isCached: false, isStale: false });
    expect(inferences).toBe(2);
  });

  it('is computed for each call where the cache is turned off', async () => {
    const plain = createLatest(undefined);
    await rig.promote('model-1');
    await plain.find(KEY);
    expect(servedOf(await plain.find(KEY)).isCached).toBe(false);
    expect(inferences).toBe(2);
  });
});

describe('after a restart', () => {
  it('the prediction is there without a computation', async () => {
    await rig.promote('model-1');
    await latest.find(KEY);
    await cache.stop();
    cache = await openCache();
    latest = createLatest(cache);
    expect(servedOf(await latest.find(KEY)).isCached).toBe(true);
    expect(inferences).toBe(0);
  });

  it('a prediction of a replaced model is not served, though it is still on disk', async () => {
    await rig.promote('model-1');
    await latest.find(KEY);
    await cache.stop();
    await rig.promote('model-2', { model: 'b' });
    cache = await openCache();
    latest = createLatest(cache);
    const answer = servedOf(await latest.find(KEY));
    expect(answer.isCached).toBe(false);
    expect(answer.prediction.modelUid).toBe('model-2');
  });
});

describe('a model that serves no longer', () => {
  it('is not heard after a promotion', async () => {
    await rig.promote('model-1');
    await latest.find(KEY);
    await rig.promote('model-2', { model: 'b' });
    await swap('model-2');
    expect(servedOf(await latest.find(KEY)).prediction.modelUid).toBe('model-2');
  });

  it('is not heard when it is replaced while it computes', async () => {
    await rig.promote('model-1');
    await rig.promote('model-2', { model: 'b' });
    await rig.promote('model-1b');
    let isFirst = true;
    const { predictor } = rig;
    const slow = new LatestPredictions({
      ...{ cache, bars: rig.bars, clock: rig.clock, servingModels: rig.servingModels },
      ...{ stores: rig.stores, lagMs: () => LAG_MS },
      predictor: {
        predict: async (request) => {
          const answer = await predictor.predict(request);
          if (isFirst) {
            isFirst = false;
            await rig.stores.models.promote('model-2');
            rig.servingModels.invalidate(KEY);
          }
          return answer;
        },
      },
    });
    expect(servedOf(await slow.find(KEY)).prediction.modelUid).toBe('model-2');
    expect(cache.findNewest({ modelUid: 'model-1b', symbol: KEY.symbol })).toBeUndefined();
  });

  it('is not heard once it was cleared: the answer says that none is trained', async () => {
    await rig.promote('model-1');
    await latest.find(KEY);
    await rig.stores.models.archive('model-1');
    rig.servingModels.invalidate(KEY);
    expect(await latest.find(KEY)).toMatchObject({ status: 'none', reason: 'untrained' });
  });

  it('is not heard when it grew too old to be trusted', async () => {
    await rig.promote('model-1');
    cache.setLife(24);
    await latest.find(KEY);
    await rig.clock.advance(169 * HOUR_MS);
    expect(await latest.find(KEY)).toMatchObject({ status: 'none', reason: 'expired' });
  });
});

describe('when the newest candle cannot be predicted from', () => {
  /** The reference of the model has no candle for the newest bar. */
  async function loseReference(): Promise<void> {
    const features = [...TINY_FEATURES.slice(0, 7), 'reference_return_1'];
    await rig.promote('model-1', { features, referenceSymbol: 'ETH/USDT' });
    await rig.storeCandles(walkCandles({ bars: NEWEST + 1, seed: 2 }), 'ETH/USDT');
    servedOf(await latest.find(KEY));
    await closeBar(candles[NEWEST + 1]);
  }

  it('the older one stands in while it lives, and says that it is stale', async () => {
    cache.setLife(24);
    await loseReference();
    const answer = servedOf(await latest.find(KEY));
    expect(answer).toMatchObject({ isStale: true, isCached: true });
    expect(answer.prediction.candleOpenTime).toBe(timeOf(NEWEST));
  });

  it('and the older one has outlived its hours, the reason is the answer', async () => {
    await loseReference();
    await rig.clock.advance(HOUR_MS);
    expect(await latest.find(KEY)).toMatchObject({ status: 'none', reason: 'features_missing' });
  });

  it('the signal for trading is a fallback all the same', async () => {
    cache.setLife(24);
    await loseReference();
    servedOf(await latest.find(KEY));
    const { signal } = await rig.maker.makeSignal({
      ...{ key: KEY, candleOpenTime: timeOf(NEWEST + 1), cause: 'closed' },
    });
    expect(signal).toMatchObject({ source: 'fallback', fallbackReason: 'features_missing' });
  });
});

describe('when candles stay away', () => {
  it('the prediction of the last candle is stale, and later not served at all', async () => {
    await rig.promote('model-1');
    cache.setLife(3);
    servedOf(await latest.find(KEY));
    await rig.clock.advance(HOUR_MS + LAG_MS + 1);
    expect(servedOf(await latest.find(KEY)).isStale).toBe(true);
    await rig.clock.advance(3 * HOUR_MS);
    expect(await latest.find(KEY)).toMatchObject({
      ...{ status: 'none', reason: 'features_missing' },
      detail: expect.stringContaining(new Date(timeOf(NEWEST)).toISOString()) as string,
    });
  });
});

describe('several keys', () => {
  const other = { ...KEY, symbol: 'SOL/USDT' };

  it('come with the greatest expected move first, without those that have no model', async () => {
    await rig.promote('model-1');
    await rig.storeCandles(walkCandles({ bars: NEWEST + 1, seed: 5 }), other.symbol);
    await rig.promote('model-2', { model: 'b', symbol: other.symbol });
    const { total, rows } = await latest.top([KEY, other, { ...KEY, bot: 'none' }], 20);
    expect(total).toBe(2);
    const moves = rows.map(({ prediction }) => prediction.expectedReturn);
    expect(moves).toEqual(moves.toSorted((one, another) => another - one));
    const first = (await latest.top([KEY, other], 1)).rows;
    expect(first.map((one) => one.prediction)).toEqual([rows[0]?.prediction]);
  });

  it('are generated ahead with the given time to live, and again afterwards', async () => {
    await rig.promote('model-1');
    const none = { ...KEY, bot: 'none' };
    expect(await latest.pregenerate([KEY, none], { ttlHours: 24 })).toEqual({
      ...{ generated: 1, unavailable: 1 },
    });
    expect(cache.status()).toMatchObject({ entries: 1, lifeHours: 24 });
    await latest.pregenerate([KEY]);
    expect(cache.status()).toMatchObject({ entries: 1, lifeHours: 1 });
    expect(inferences).toBe(2);
    expect(closeTimeOf(timeOf(NEWEST), '1h')).toBe(rig.clock.marketMs());
  });
});
