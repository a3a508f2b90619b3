import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { experiment, experimentDetail } from '../../src/api/contract/experiments.js';
import { errorAnswer, listAnswer } from '../../src/api/contract/common.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildApi, fillStores, type ApiRig } from './api-rig.js';

let opened: TestDatabase;
let rig: ApiRig;

beforeEach(async () => {
  opened = await openTestDatabase();
  await fillStores(opened.stores);
  rig = await buildApi({ stores: opened.stores });
});
afterEach(async () => {
  await rig.server.close();
  await opened.database.close();
});

const VARIANTS = [
  { name: 'as it is' },
  { name: 'deep', settings: { CATBOOST_DEPTH: 6, FEATURE_GROUPS: '-calendar' } },
];
const BODY = { name: 'depth', symbols: ['BTCUSDT', 'ETH/USDT'], variants: VARIANTS, seeds: 2 };

async function call(
  method: 'GET' | 'POST',
  url: string,
  body?: object,
): Promise<{ readonly status: number; readonly json: unknown }> {
  const headers = { host: '127.0.0.1', 'content-type': 'application/json' };
  const payload = body === undefined ? {} : { payload: body };
  const answer = await rig.server.inject({ method, url, headers, ...payload });
  return { status: answer.statusCode, json: answer.json<unknown>() };
}

async function refusal(body: object): Promise<{ field: string | null; message: string }> {
  const { status, json } = await call('POST', '/api/experiments', body);
  expect(status).toBe(400);
  const { field, message } = errorAnswer.parse(json).error;
  return { field, message };
}

describe('experiments', () => {
  it('are made of variants, series and seeds, each a job of a session of its own kind', async () => {
    const made = await call('POST', '/api/experiments', BODY);
    expect(made.status).toBe(201);
    const { id, ...seen } = experiment.parse(made.json);
    expect(seen).toMatchObject({
      ...{ status: 'pending', seeds: [42, 43], symbols: ['BTC/USDT', 'ETH/USDT'] },
      jobs: { total: 8, open: 8 },
      variants: [
        { name: 'as it is', settings: {} },
        { name: 'deep', settings: { CATBOOST_DEPTH: '6', FEATURE_GROUPS: '-calendar' } },
      ],
    });
    const session = await call('GET', `/api/training/sessions/${seen.session_id}`);
    expect(session.json).toMatchObject({
      ...{ kind: 'experiment', priority: 'training-low', name: 'experiment depth' },
      jobsSummary: { pending: 8 },
    });
    const { stores } = opened;
    const trials = await stores.experiments.listTrials(id);
    expect(trials.map(({ variant, seed }) => [variant, seed])).toEqual([
      ...[
        ['as it is', 42],
        ['deep', 42],
      ],
      ...[
        ['as it is', 43],
        ['deep', 43],
      ],
    ]);
    expect(trials[1]?.options).toMatchObject({ catboost: { depth: 6 }, trainSeed: 42 });
    expect(trials[0]?.options).not.toHaveProperty('modelsDir');

    const list = listAnswer('experiments', experiment).parse(
      (await call('GET', '/api/experiments')).json,
    );
    expect(list).toMatchObject({ total: 1, experiments: [{ id }] });
    const detail = experimentDetail.parse((await call('GET', `/api/experiments/${id}`)).json);
    expect(detail.report).toMatchObject({
      control: 'as it is',
      comparisons: [
        {
          variant: 'deep',
          measure: 'skill',
          pairs: 0,
          text: 'deep: nothing to compare in skill yet',
        },
        { variant: 'deep', measure: 'direction_skill', estimate: null },
      ],
    });
  });

  it('are cancelled once, and known to be so', async () => {
    const { json } = await call('POST', '/api/experiments', BODY);
    const { id } = experiment.parse(json);
    const cancelled = await call('POST', `/api/experiments/${id}/cancel`, {});
    expect(cancelled.json).toMatchObject({ status: 'cancelled', jobs: { open: 0, cancelled: 8 } });
    expect((await call('POST', `/api/experiments/${id}/cancel`, {})).status).toBe(200);
    const unknown = await call('POST', '/api/experiments/01JH2Q5F4R2T6V8X0A1C3E5G7J/cancel', {});
    expect(unknown.status).toBe(404);
  });

  it('are refused by the name of what is wrong', async () => {
    const withSettings = (settings: object) => ({
      ...BODY,
      variants: [{ name: 'as it is' }, { name: 'deep', settings }],
    });
    expect(await refusal(withSettings({ CATBOOST_DEPTH: 99 }))).toEqual({
      field: 'variants.1.settings.CATBOOST_DEPTH',
      message: 'Variant "deep": CATBOOST_DEPTH is "99"; expected a whole number from 1 to 10',
    });
    const foreign = await refusal(withSettings({ STOP_LOSS_PCT: 3 }));
    expect(foreign.field).toBe('variants.1.settings.STOP_LOSS_PCT');
    expect(foreign.message).toContain('Allowed: LABEL_HORIZON_BARS');
    expect((await refusal(withSettings({ FEATURE_GROUPS: '-calender' }))).message).toContain(
      'reference',
    );
    const together = { CATBOOST_BOOTSTRAP_TYPE: 'Bayesian', CATBOOST_SUBSAMPLE: 0.7 };
    expect(await refusal(withSettings(together))).toMatchObject({ field: 'variants.1.settings' });
    expect((await refusal(withSettings({ LABEL_HORIZON_BARS: 8 }))).message).toContain(
      'another LABEL_HORIZON_BARS than "as it is"',
    );
    const same = { ...BODY, variants: [{ name: 'one' }, { name: ' one ' }] };
    expect((await refusal(same)).message).toBe('Two variants are named "one"');
    expect(await refusal({ ...BODY, variants: [{ name: 'one' }] })).toMatchObject({
      field: 'variants',
    });
    const nine = Array.from({ length: 9 }, (_, at) => ({ name: `v${at}` }));
    expect(await refusal({ ...BODY, variants: nine })).toMatchObject({ field: 'variants' });
    expect(await refusal({ ...BODY, seeds: 6 })).toMatchObject({ field: 'seeds' });
    expect(await refusal({ ...BODY, bot: 'lstm_bot' })).toEqual({
      field: 'bots',
      message:
        'bot "lstm" is not among catboost; it needs "npm run setup -- --with torch" and its name in BOTS',
    });
    expect((await refusal({ ...BODY, bot: 'random_forest' })).field).toBe('bot');
    expect((await refusal({ ...BODY, bot: 'lstn' })).field).toBe('bots');
    expect((await refusal({ ...BODY, timeframes: ['1h', '4h'] })).message).toContain('4h');
    const { status } = await call('POST', '/api/experiments', { ...BODY, symbols: ['DOGEUSDT'] });
    expect(status).toBe(404);
  });

  it('may differ in what decides the rows from the daemon, if all variants have it', async () => {
    const settings = { LABEL_HORIZON_BARS: 8 };
    const variants = [
      { name: 'one', settings },
      { name: 'other', settings: { ...settings, CATBOOST_DEPTH: 2 } },
    ];
    expect((await call('POST', '/api/experiments', { ...BODY, variants })).status).toBe(201);
  });
});
