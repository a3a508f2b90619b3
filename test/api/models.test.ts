import { existsSync } from 'node:fs';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { errorAnswer, listAnswer } from '../../src/api/contract/common.js';
import { modelStatus } from '../../src/api/contract/model-status.js';
import {
  clearedModels,
  comparison,
  insight,
  pinAnswer,
  report,
  rollbackAnswer,
  trainingRecord,
} from '../../src/api/contract/models.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine } from '../database.js';
import { buildModelRecord, writeModelFolder } from '../models/model-folder.js';
import { fixedClock } from '../storage/fixed-clock.js';
import { aModelRecord, HOUR_MS, KEY, SERIES_KEY, START_MS } from '../storage/rows.js';
import { buildApi, type ApiRig } from './api-rig.js';

const HOST = '127.0.0.1:8420';
const JSON_TYPE = { host: HOST, 'content-type': 'application/json' };
const history = listAnswer('records', trainingRecord);

forEachEngine((engine) => {
  let modelsDir: string;
  let stores: Stores;
  let rig: ApiRig;

  beforeEach(async () => {
    modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-api-models-'));
    stores = (await engine.open()).stores;
    await stores.series.ensure(SERIES_KEY);
    await stores.series.ensure({ ...SERIES_KEY, symbol: 'ETH/USDT', marketId: 'ETHUSDT' });
    rig = await buildApi({ stores, modelsDir });
  });
  afterEach(async () => {
    await rig.server.close();
    await rm(modelsDir, { recursive: true, force: true });
  });

  const has = (uid: string): boolean => existsSync(path.join(modelsDir, uid));

  /** A version with its files that has served. */
  async function serve(uid: string, changes: Partial<ModelRecord> = {}): Promise<void> {
    const { modelPath, manifestSha256 } = await writeModelFolder({ modelsDir, modelPath: uid });
    const record = buildModelRecord({ ...KEY, uid, modelPath, manifestSha256, ...changes });
    const { testScore } = aModelRecord();
    await stores.models.insert({ ...record, testScore, stage: 'candidate' });
    await stores.models.promote(uid);
  }

  async function get<T extends z.ZodType>(url: string, shape: T): Promise<z.output<T>> {
    const answer = await rig.server.inject({ method: 'GET', url, headers: { host: HOST } });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(shape.parse(answer.json())).toEqual(answer.json());
    return shape.parse(answer.json());
  }

  const send = (method: 'POST' | 'DELETE', url: string, body?: object) =>
    rig.server.inject({
      ...{ method, url, headers: JSON_TYPE },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });

  describe('training history', () => {
    test('is paged newest first and narrowed by every filter', async () => {
      for (const number of [1, 2, 3]) {
        await serve(`model-${number}`, { trainedAt: START_MS + number * HOUR_MS });
      }
      const other = { uid: 'other', symbol: 'ETH/USDT', stage: 'rejected' as const };
      await stores.models.insert(buildModelRecord({ ...KEY, ...other, trainedAt: START_MS }));
      const all = await get('/api/models/training-history', history);
      expect(all.total).toBe(4);
      expect(all.records.map(({ uid }) => uid)).toEqual(['model-3', 'model-2', 'model-1', 'other']);
      const second = await get('/api/models/training-history?limit=1&offset=1', history);
      expect(second).toMatchObject({ total: 4, records: [{ uid: 'model-2' }] });
      for (const [filter, total] of [
        ['symbol=ETH-USDT', 1],
        ['stage=superseded', 2],
        ['status=active', 2],
        ['bot=oracle', 0],
        [`from=${new Date(START_MS + 2 * HOUR_MS).toISOString()}`, 2],
        [`to=${new Date(START_MS).toISOString()}`, 1],
      ] as const) {
        const found = await get(`/api/models/training-history?${filter}`, history);
        expect([filter, found.total]).toEqual([filter, total]);
      }
    });

    test.each(['stage=best', 'status=old', 'from=yesterday', 'limit=0'])(
      'refuses %s by name',
      async (filter) => {
        const url = `/api/models/training-history?${filter}`;
        const answer = await rig.server.inject({ url, headers: { host: HOST } });
        expect(answer.statusCode).toBe(400);
        expect(errorAnswer.parse(answer.json()).error.field).toBe(filter.split('=')[0]);
      },
    );
  });

  describe('the report', () => {
    test('shows each key once: Active, Stale, Failed, Archived in their colours', async () => {
      const now = fixedClock().marketMs();
      const symbols = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'XRP/USDT'];
      const [btc = '', eth = '', sol = '', xrp = ''] = symbols;
      await serve('a-old', { symbol: btc, trainedAt: now - 30 * HOUR_MS });
      await serve('a-young', { symbol: btc, trainedAt: now - HOUR_MS });
      await serve('b', { symbol: eth, trainedAt: now - 25 * HOUR_MS });
      const failed = {
        stage: 'candidate',
        status: 'failed',
        errorMessage: 'out of memory',
      } as const;
      await stores.models.insert(buildModelRecord({ ...KEY, uid: 'b-z', symbol: eth, ...failed }));
      await stores.models.insert(buildModelRecord({ ...KEY, uid: 'c', symbol: sol, ...failed }));
      const refused = { stage: 'rejected', status: 'archived' } as const;
      await stores.models.insert(buildModelRecord({ ...KEY, uid: 'd', symbol: xrp, ...refused }));
      const answer = await get('/api/models/report', report);
      expect(answer.models.map((one) => [one.uid, one.shown_status, one.color])).toEqual([
        ['a-young', 'Active', '#26a69a'],
        ['b', 'Stale', '#ffa726'],
        ['c', 'Failed', '#ef5350'],
        ['d', 'Archived', '#666'],
      ]);
      expect(answer.models[1]).toMatchObject({ last_error: 'out of memory', age_hours: 25 });
      expect(answer.summary).toEqual({
        ...{ total_models: 2, fresh_models: 1, stale_models: 1, total_size_mb: 0.04 },
        ...{ unique_symbols: 4, unique_timeframes: 1, bot_types: ['catboost'] },
      });
    });

    test('of a venue without models is empty', async () => {
      const answer = await get('/api/models/report?venue=kraken', report);
      expect(answer).toMatchObject({ summary: { total_models: 0, bot_types: [] }, models: [] });
    });
  });

  test('compare sets the versions of a key side by side with the one that serves', async () => {
    await serve('one', { trainedAt: START_MS - HOUR_MS });
    await serve('two', { trainedAt: START_MS });
    const answer = await get('/api/models/compare?symbol=BTC-USDT', comparison);
    expect(answer).toMatchObject({ symbol: 'BTCUSDT', serving_uid: 'two' });
    expect(answer.versions.map(({ uid, stage }) => [uid, stage])).toEqual([
      ['two', 'serving'],
      ['one', 'superseded'],
    ]);
    expect(answer.versions[1]?.against_serving).toMatchObject({ skill: 0, accuracy: 0 });
  });

  test('the interval of an AUC is what a record kept, and null of one from before', async () => {
    const aucInterval = { estimate: 0.54, lower: 0.51, upper: 0.57 };
    await serve('old', { trainedAt: START_MS - HOUR_MS, config: { aucInterval: { lower: null } } });
    await serve('new', { trainedAt: START_MS, config: { aucInterval } });
    const { versions } = await get('/api/models/compare?symbol=BTC-USDT', comparison);
    expect(versions.map((one) => one.directional_auc_interval)).toEqual([aucInterval, null]);
  });

  test('insight shows what a record kept of the inside of a model, and nothing where it kept nothing', async () => {
    const bin = { from: 0.4, to: 0.4667, rows: 9, confidence: 0.43, accuracy: 0.44 };
    const config = { importance: [{ feature: 'rsi_14', importance: 7.5 }], calibration: [bin] };
    await serve('one', { config });
    expect(await get('/api/models/insight/one', insight)).toMatchObject({
      ...{ uid: 'one', symbol: 'BTCUSDT', bot_name: 'catboost', stage: 'serving' },
      ...config,
    });
    await serve('old', { config: { importance: 'none' } });
    expect(await get('/api/models/insight/old', insight)).toMatchObject({
      ...{ importance: [], calibration: null },
    });
    const answer = await rig.server.inject({
      ...{ url: '/api/models/insight/none', headers: { host: HOST } },
    });
    expect(answer.statusCode).toBe(404);
    expect(errorAnswer.parse(answer.json()).error.field).toBe('uid');
  });

  test('compare answers for an instrument of a global bot with the record of all, and says so', async () => {
    await serve('own', { trainedAt: START_MS - HOUR_MS });
    await serve('pool', { bot: 'random_forest', symbol: '*' });
    for (const [asked, symbol] of [
      ['BTC-USDT', 'BTCUSDT'],
      ['ETHUSDT', 'ETHUSDT'],
      ['*', '*'],
    ]) {
      const url = `/api/models/compare?bot=random_forest&symbol=${asked ?? ''}`;
      const answer = await get(url, comparison);
      expect(answer).toMatchObject({ symbol, model_symbol: '*', serving_uid: 'pool' });
      expect(answer.versions.map((one) => [one.uid, one.symbol])).toEqual([['pool', '*']]);
    }
    const own = await get('/api/models/compare?symbol=BTC-USDT', comparison);
    expect(own).toMatchObject({ model_symbol: 'BTC/USDT', serving_uid: 'own' });
    const all = await rig.server.inject({
      ...{ url: '/api/models/compare?symbol=*', headers: { host: HOST } },
    });
    expect(errorAnswer.parse(all.json()).error.field).toBe('symbol');
  });

  test('status names whose model answers for an instrument', async () => {
    const url = '/api/model/status?symbol=ETHUSDT&bot=';
    for (const [bot, model_symbol] of [
      ['random_forest', '*'],
      ['catboost', 'ETH/USDT'],
    ] as const) {
      expect(await get(url + bot, modelStatus)).toMatchObject({ symbol: 'ETHUSDT', model_symbol });
    }
  });

  describe('clearing', () => {
    test('one key deletes its files, archives its records and leaves other keys alone', async () => {
      await serve('one');
      await serve('two');
      await serve('eth', { symbol: 'ETH/USDT' });
      const answer = await send('DELETE', '/api/models/clear/BTCUSDT/1h/catboost');
      expect(answer.statusCode, answer.body).toBe(200);
      expect(clearedModels.parse(answer.json()).cleared).toBe(2);
      expect([has('one'), has('two'), has('eth')]).toEqual([false, false, true]);
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      expect(await stores.models.get('two')).toMatchObject({
        ...{ status: 'archived', stage: 'superseded', modelPath: undefined },
      });
      expect(await stores.models.listServingKeys({ venue: KEY.venue })).toHaveLength(1);
      const again = await send('DELETE', '/api/models/clear/BTC%2FUSDT/1h/catboost');
      expect(again.statusCode).toBe(404);
    });

    test('a symbol and timeframe takes every bot, and the whole venue takes everything', async () => {
      await serve('one');
      await serve('forest', { bot: 'random_forest' });
      await serve('eth', { symbol: 'ETH/USDT' });
      const series = await send('DELETE', '/api/models/clear-all/BTC-USDT/1h');
      expect(
        clearedModels
          .parse(series.json())
          .models.map(({ uid }) => uid)
          .sort(),
      ).toEqual(['forest', 'one']);
      expect(has('eth')).toBe(true);
      const all = await send('DELETE', '/api/models/clear-all?confirm=true');
      expect(clearedModels.parse(all.json()).models.map(({ uid }) => uid)).toEqual(['eth']);
      expect(has('eth')).toBe(false);
    });

    test.each(['', '?confirm=false', '?confirm=1', '?confirm='])(
      'everything needs to be confirmed: "%s" is not enough',
      async (query) => {
        await serve('one');
        const answer = await send('DELETE', `/api/models/clear-all${query}`);
        expect(answer.statusCode).toBe(400);
        expect(errorAnswer.parse(answer.json()).error.field).toBe('confirm');
        expect(has('one')).toBe(true);
      },
    );

    test('needs a JSON content type and a daemon that serves', async () => {
      await serve('one');
      const url = '/api/models/clear/BTCUSDT/1h/catboost';
      const plain = await rig.server.inject({ method: 'DELETE', url, headers: { host: HOST } });
      expect(plain.statusCode).toBe(415);
      const standby = await buildApi({ stores, modelsDir, isStandby: true });
      const refused = await standby.server.inject({ method: 'DELETE', url, headers: JSON_TYPE });
      await standby.server.close();
      expect([refused.statusCode, has('one')]).toEqual([503, true]);
    });
  });

  describe('rolling back', () => {
    test('makes the version before serve again, and the one that served can be had back', async () => {
      await serve('one', { trainedAt: START_MS - HOUR_MS });
      await serve('two', { trainedAt: START_MS });
      const back = rollbackAnswer.parse((await send('POST', '/api/models/rollback', {})).json());
      expect(back).toMatchObject({ serving_uid: 'one', replaced_uid: 'two' });
      expect(await stores.models.findServing(KEY)).toMatchObject({ uid: 'one' });
      const forth = await send('POST', '/api/models/rollback', { model_uid: 'two' });
      expect(rollbackAnswer.parse(forth.json()).serving_uid).toBe('two');
    });

    test('to damaged files is refused by name, and the serving model stays', async () => {
      await serve('one', { trainedAt: START_MS - HOUR_MS });
      await serve('two', { trainedAt: START_MS });
      await truncate(path.join(modelsDir, 'one', 'model.onnx'), 5_000);
      const answer = await send('POST', '/api/models/rollback', {});
      expect(answer.statusCode).toBe(409);
      expect(errorAnswer.parse(answer.json()).error.message).toContain('model.onnx has 5000 bytes');
      expect(await stores.models.findServing(KEY)).toMatchObject({ uid: 'two' });
    });

    test('to what never served, is unknown or is gone is a 404', async () => {
      await serve('one');
      await stores.models.insert(buildModelRecord({ ...KEY, uid: 'bad', stage: 'rejected' }));
      for (const body of [{}, { model_uid: 'bad' }, { model_uid: 'none' }, { model_uid: 'one' }]) {
        const answer = await send('POST', '/api/models/rollback', body);
        expect([body, answer.statusCode]).toEqual([body, 404]);
      }
    });
  });

  describe('pinning', () => {
    test('keeps the serving model from being rolled back, until the pin is taken off', async () => {
      await serve('one', { trainedAt: START_MS - HOUR_MS });
      await serve('two', { trainedAt: START_MS });
      const pinned = await send('POST', '/api/models/pin', { symbol: 'BTCUSDT' });
      expect(pinAnswer.parse(pinned.json()).pinned_uid).toBe('two');
      expect((await get('/api/models/report', report)).models[0]?.is_pinned).toBe(true);
      const refused = await send('POST', '/api/models/rollback', {});
      expect(refused.statusCode).toBe(409);
      expect(errorAnswer.parse(refused.json()).error.message).toContain('two is pinned');
      const off = await send('POST', '/api/models/pin', { pinned: false });
      expect(pinAnswer.parse(off.json()).pinned_uid).toBeNull();
      expect((await send('POST', '/api/models/rollback', {})).statusCode).toBe(200);
    });

    test('is for the model that serves, and goes with it when it is cleared', async () => {
      expect((await send('POST', '/api/models/pin', {})).statusCode).toBe(404);
      await serve('one');
      await serve('two');
      expect((await send('POST', '/api/models/pin', { model_uid: 'one' })).statusCode).toBe(409);
      expect((await send('POST', '/api/models/pin', { model_uid: 'two' })).statusCode).toBe(200);
      await send('DELETE', '/api/models/clear/BTCUSDT/1h/catboost');
      expect(await stores.pins.find(KEY)).toBeUndefined();
    });

    test('refuses a body that is none, by name', async () => {
      const answer = await send('POST', '/api/models/pin', { pinned: 'yes' });
      expect(answer.statusCode).toBe(400);
      expect(errorAnswer.parse(answer.json()).error.field).toBe('pinned');
      expect((await send('POST', '/api/models/pin')).statusCode).toBe(400);
    });
  });
});
