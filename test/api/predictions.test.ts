import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiPredictions } from '../../src/api/context/api-context.js';
import { errorAnswer } from '../../src/api/contract/common.js';
import {
  clearedPredictions,
  prediction,
  topPredictions,
} from '../../src/api/contract/predictions.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { CachedPrediction } from '../../src/models/cached-prediction.js';
import { greatestFirst, type LatestPrediction } from '../../src/signals/latest-predictions.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { HOUR_MS, KEY, SERIES_KEY, START_MS } from '../storage/rows.js';
import { buildApi, type ApiRig } from './api-rig.js';

const HOST = '127.0.0.1:8420';
const JSON_TYPE = { host: HOST, 'content-type': 'application/json' };

let opened: TestDatabase;
let rig: ApiRig;
let answers: Map<string, LatestPrediction>;
let asked: (Partial<ModelKey> | undefined)[];

beforeEach(async () => {
  opened = await openTestDatabase();
  await opened.stores.series.ensure(SERIES_KEY);
  await opened.stores.series.ensure({ ...SERIES_KEY, symbol: 'ETH/USDT', marketId: 'ETHUSDT' });
  answers = new Map();
  asked = [];
  rig = await buildApi({ stores: opened.stores, predictions: madeUp() });
});

afterEach(async () => {
  await rig.server.close();
  await opened.database.close();
});

function madeUp(): ApiPredictions {
  return {
    find: async (key) => {
      asked.push(key);
      const none = { status: 'none', reason: 'cooldown', detail: 'the last one failed' } as const;
      return answers.get(key.symbol) ?? none;
    },
    top: async (filter, limit) => {
      asked.push(filter as Partial<ModelKey>);
      return greatestFirst([...answers.values()], limit);
    },
    clear: () => {
      const { size } = answers;
      answers.clear();
      return size;
    },
  };
}

function say(symbol: string, values: Partial<CachedPrediction> = {}, isStale = false): void {
  const prediction: CachedPrediction = {
    ...{ ...KEY, symbol, modelUid: 'model-1', candleOpenTime: START_MS },
    ...{ probabilities: [0.2, 0.3, 0.5], expectedReturn: 0.0021, predictedAt: START_MS + HOUR_MS },
    ...values,
  };
  answers.set(symbol, { status: 'served', prediction, isStale, isCached: true });
}

const get = (url: string) => rig.server.inject({ url, headers: { host: HOST } });

describe('GET /api/predictions/{symbol}', () => {
  test("has the model's prediction, its candle, and whether it is stale", async () => {
    say('BTC/USDT', {}, true);
    const answer = await get('/api/predictions/BTC-USDT');
    expect(answer.statusCode).toBe(200);
    expect(prediction.parse(answer.json())).toEqual({
      ...{ symbol: 'BTCUSDT', unified_symbol: 'BTC/USDT', venue: 'binance', timeframe: '1h' },
      ...{ bot: 'catboost', prediction: 'BUY', confidence: 50, expected_move: 0.0021 },
      probabilities: { sell: 0.2, hold: 0.3, buy: 0.5 },
      ...{ model_uid: 'model-1', candle_open_time: new Date(START_MS).toISOString() },
      as_of: new Date(START_MS + HOUR_MS).toISOString(),
      predicted_at: new Date(START_MS + HOUR_MS).toISOString(),
      ...{ stale: true, cached: true, fallback: false, fallback_reason: null, message: null },
    });
  });

  test('of a model that tells no classes apart has an expected move and no class', async () => {
    say('BTC/USDT', { probabilities: undefined });
    expect((await get('/api/predictions/BTCUSDT')).json()).toMatchObject({
      ...{ prediction: null, confidence: null, probabilities: null, expected_move: 0.0021 },
      fallback: false,
    });
  });

  test('without a model that may serve is an answer with the reason', async () => {
    const answer = await get('/api/predictions/ETHUSDT?timeframe=1h&bot=catboost');
    expect(answer.statusCode).toBe(200);
    expect(prediction.parse(answer.json())).toMatchObject({
      ...{ symbol: 'ETHUSDT', prediction: null, fallback: true, fallback_reason: 'cooldown' },
      message: 'the last one failed',
    });
  });

  test('asks about the bot, timeframe and venue that it names', async () => {
    await get('/api/predictions/BTCUSDT?timeframe=4h&bot=other&venue=binance');
    expect(asked).toEqual([{ ...KEY, timeframe: '4h', bot: 'other' }]);
  });

  test.each([
    ['/api/predictions/NOPE', 404, 'symbol'],
    ['/api/predictions/BTCUSDT?timeframe=7h', 400, 'timeframe'],
    ['/api/predictions/BTCUSDT?venue=nowhere', 404, 'venue'],
    ['/api/predictions/top?limit=0', 400, 'limit'],
    ['/api/predictions/top?limit=1001', 400, 'limit'],
    ['/api/predictions/top?timeframe=7h', 400, 'timeframe'],
  ])('%s is refused with %i naming %s', async (url, status, field) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    expect(errorAnswer.parse(answer.json()).error.field).toBe(field);
  });
});

describe('GET /api/predictions/top', () => {
  test('has the greatest expected move first, as many as are asked for', async () => {
    say('BTC/USDT', { expectedReturn: -0.004 });
    say('ETH/USDT', { expectedReturn: 0.003 });
    const answer = topPredictions.parse((await get('/api/predictions/top')).json());
    expect(answer.total).toBe(2);
    expect(answer.predictions.map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'BTCUSDT']);
    const first = topPredictions.parse((await get('/api/predictions/top?limit=1')).json());
    expect(first).toEqual({ total: 2, predictions: answer.predictions.slice(0, 1) });
  });

  test('is narrowed by timeframe and bot', async () => {
    await get('/api/predictions/top?timeframe=4h&bot=other');
    expect(asked).toEqual([{ venue: 'binance', timeframe: '4h', bot: 'other' }]);
  });
});

describe('DELETE /api/predictions/cache', () => {
  test('forgets what is kept and says how many', async () => {
    say('BTC/USDT');
    const url = '/api/predictions/cache';
    const refused = await rig.server.inject({ method: 'DELETE', url, headers: { host: HOST } });
    expect(refused.statusCode).toBe(415);
    const answer = await rig.server.inject({ method: 'DELETE', url, headers: JSON_TYPE });
    expect(clearedPredictions.parse(answer.json())).toEqual({ cleared: 1 });
  });
});
