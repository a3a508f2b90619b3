import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { experiment } from '../../src/api/contract/experiments.js';
import { errorAnswer, listAnswer } from '../../src/api/contract/common.js';
import { shadowModel } from '../../src/api/contract/shadow-models.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildModelRecord } from '../models/model-folder.js';
import { KEY, START_MS } from '../storage/rows.js';
import { buildApi, fillStores, type ApiRig } from './api-rig.js';

const BASE = '/api/models/shadow';

let opened: TestDatabase;
let rig: ApiRig;
let id: string;

beforeEach(async () => {
  opened = await openTestDatabase();
  await fillStores(opened.stores);
  rig = await buildApi({ stores: opened.stores });
  const variants = [{ name: 'as it is' }, { name: 'deep', settings: { CATBOOST_DEPTH: 6 } }];
  const { json } = await call('POST', '/api/experiments', { name: 'depth', variants });
  id = experiment.parse(json).id;
});
afterEach(async () => {
  await rig.server.close();
  await opened.database.close();
});

async function call(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  body?: object,
): Promise<{ readonly status: number; readonly json: unknown }> {
  const headers = { host: '127.0.0.1', 'content-type': 'application/json' };
  const payload = body === undefined ? {} : { payload: body };
  const answer = await rig.server.inject({ method, url, headers, ...payload });
  return { status: answer.statusCode, json: answer.json<unknown>() };
}

const messageOf = (json: unknown): string => errorAnswer.parse(json).error.message;

describe('shadow models', () => {
  it('are asked for by an experiment and its variant, listed, and removed', async () => {
    const made = await call('POST', BASE, { symbol: 'BTCUSDT', experiment: id, variant: 'deep' });
    expect(made.status).toBe(201);
    const shadow = shadowModel.parse(made.json);
    expect(shadow).toMatchObject({
      ...{ symbol: 'BTCUSDT', unified_symbol: 'BTC/USDT', timeframe: '1h', bot_name: 'catboost' },
      ...{ status: 'training', variant: 'deep', experiment_id: id, live: null, verdict: null },
    });
    const again = await call('POST', BASE, { symbol: 'BTCUSDT', experiment: id, variant: 'deep' });
    expect(again.status).toBe(409);
    expect(messageOf(again.json)).toContain('is that variant already');
    const list = listAnswer('shadows', shadowModel).parse(
      (await call('GET', `${BASE}?symbol=BTCUSDT&status=training`)).json,
    );
    expect(list).toMatchObject({ total: 1, shadows: [{ id: shadow.id }] });
    const [job] = (await opened.stores.jobs.list({ ...KEY, status: 'pending' }, PAGE)).rows;
    expect(job).toMatchObject({ cause: 'shadow', priority: 'training-normal' });
    const removed = await call('DELETE', `${BASE}/${shadow.id}`, {});
    expect(removed.json).toMatchObject({ id: shadow.id, status: 'removed' });
    expect((await call('DELETE', `${BASE}/${shadow.id}`, {})).status).toBe(409);
  });

  it('are refused by the name of what is wrong', async () => {
    const asked = { symbol: 'BTCUSDT', experiment: id, variant: 'deep' };
    const unknown = await call('POST', BASE, { ...asked, experiment: 'none' });
    expect(unknown.status).toBe(404);
    expect(errorAnswer.parse(unknown.json).error).toMatchObject({ field: 'experiment' });
    const variant = await call('POST', BASE, { ...asked, variant: 'wide' });
    expect(variant.status).toBe(400);
    expect(messageOf(variant.json)).toContain('it has as it is, deep');
    expect((await call('POST', BASE, { ...asked, bot: 'random_forest' })).status).toBe(400);
    expect((await call('POST', BASE, { ...asked, symbol: 'DOGEUSDT' })).status).toBe(404);
    expect((await call('POST', `${BASE}/none/promote`, {})).status).toBe(404);
    expect((await call('DELETE', `${BASE}/none`, {})).status).toBe(404);
  });

  it('are shown with the reason why they say nothing, and not promoted against the gate', async () => {
    const verdict = {
      gate: 'baseline',
      isPromoted: false,
      reason: 'worse than the prior',
    } as const;
    await opened.stores.shadows.insert({
      ...{ ...KEY, uid: 'shadow', experimentUid: id, variant: 'deep', trialUid: 'trial' },
      ...{ status: 'answering', reason: 'novel: far out', createdAt: START_MS },
      ...{ modelPath: 'x', manifestSha256: 'y', endedAt: undefined },
      record: buildModelRecord({ ...KEY, uid: 'model', verdict, trainedAt: START_MS }),
    });
    await opened.stores.shadows.insertAnswer({
      ...{ shadowUid: 'shadow', candleOpenTime: START_MS, probabilities: [0.2, 0.5, 0.3] },
      ...{ expectedReturn: 0, latencyUs: 5, answeredAt: START_MS },
    });
    const list = listAnswer('shadows', shadowModel).parse((await call('GET', BASE)).json);
    expect(list.shadows[0]).toMatchObject({
      ...{ reason: 'novel: far out', model_uid: 'model', verdict: { is_promoted: false } },
      live: { candles: 0, compared: 0, text: 'no candle to compare on yet' },
    });
    const refused = await call('POST', `${BASE}/shadow/promote`, {});
    expect(refused.status).toBe(409);
    expect(messageOf(refused.json)).toBe('the gate refused it: worse than the prior');
  });
});

const PAGE = { limit: 10, offset: 0 };
