import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorAnswer } from '../../src/api/contract/common.js';
import { lookalikeAnswer } from '../../src/api/contract/lookalikes.js';
import { session } from '../../src/api/contract/training.js';
import { barIndex, barOpenTime } from '../../src/domain/timeframe.js';
import type { LookalikeOutcome, LookalikeQuestion } from '../../src/lookalikes/lookalikes.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { HOUR_MS, START_MS } from '../storage/rows.js';
import { buildApi, fillStores, type ApiRig } from './api-rig.js';

const HEADERS = { host: '127.0.0.1:1' };
const INDEX = barIndex(START_MS, '1h') + 49;
const NOTHING = { windows: 0, median: NaN, lowerQuartile: NaN, upperQuartile: NaN, shareUp: NaN };
const FOUND: LookalikeOutcome = {
  ...{ status: 'found', index: INDEX, path: [-0.1, NaN, 0], windows: 7, leftOut: 2 },
  ...{ seriesReady: 1, seriesTotal: 2 },
  lookalikes: [
    {
      ...{ symbol: 'ETH/USDT', index: INDEX - 100, distance: 0.25 },
      ...{ returns: [0.01, -0.02, 0.03, NaN], path: [0, 0.01] },
    },
  ],
  followed: [
    {
      ...{ bars: 1, lookalikes: NOTHING, baseRate: { ...NOTHING, windows: 7, shareUp: 0.4 } },
      ...{ shareUpInterval: [0, 1], isDifferenceShown: false },
    },
  ],
};

let opened: TestDatabase;
let rig: ApiRig;
let asked: LookalikeQuestion[];
let outcome: LookalikeOutcome;

beforeEach(async () => {
  opened = await openTestDatabase();
  await fillStores(opened.stores);
  [asked, outcome] = [[], FOUND];
  const findLookalikes = async (question: LookalikeQuestion): Promise<LookalikeOutcome> => {
    asked.push(question);
    return outcome;
  };
  rig = await buildApi({ stores: opened.stores, findLookalikes });
});

afterEach(async () => {
  await rig.server.close();
  await opened.database.close();
});

const get = (url: string) => rig.server.inject({ method: 'GET', url, headers: HEADERS });

test('look-alikes are answered with their times, what followed and that they are no signal', async () => {
  const answer = await get('/api/lookalikes/BTCUSDT');
  expect([answer.statusCode, answer.body]).toEqual([200, answer.body]);
  const body = lookalikeAnswer.parse(answer.json());
  expect(body).toEqual(answer.json());
  expect(asked).toMatchObject([{ count: 20, scope: 'all', key: { symbol: 'BTC/USDT' } }]);
  expect(asked[0]?.openTime).toBeUndefined();
  expect(body).toMatchObject({
    ...{ state: 'ready', message: null, windows: 7, left_out: 2, series: 2, series_ready: 1 },
    as_of: new Date(START_MS + 50 * HOUR_MS).toISOString(),
    path: [-0.1, null, 0],
    followed: [{ bars: 1, look_alikes: { median: null }, base_rate: { share_up: 0.4 } }],
  });
  const [one] = body.look_alikes;
  expect(one).toMatchObject({ symbol: 'ETHUSDT', distance: 0.25 });
  expect(one?.returns[3]).toEqual({ bars: 24, value: null });
  expect(Date.parse(one?.time ?? '')).toBe(barOpenTime(INDEX - 99, '1h'));
  expect(Date.parse(one?.from ?? '')).toBe(barOpenTime(INDEX - 163, '1h'));
  expect(body.note).toMatch(/no signal/);
});

test('a call may name the bar, the number and the scope; what cannot be answered is refused by field', async () => {
  const at = new Date(START_MS).toISOString();
  await get(`/api/lookalikes/ETH-USDT?timeframe=1h&k=5&scope=symbol&at=${at}`);
  expect(asked).toMatchObject([{ count: 5, scope: 'symbol', openTime: START_MS }]);
  for (const [query, field] of [
    ['k=0', 'k'],
    ['k=101', 'k'],
    ['scope=some', 'scope'],
    ['at=yesterday', 'at'],
    ['horizon=3', null],
    ['venue=csv:cards', 'venue'],
  ] as const) {
    const answer = await get(`/api/lookalikes/BTCUSDT?${query}`);
    expect([query, answer.statusCode >= 400]).toEqual([query, true]);
    if (field !== null) expect(errorAnswer.parse(answer.json()).error.field).toBe(field);
  }
  expect((await get('/api/lookalikes/BTCUSDT?timeframe=4h')).statusCode).toBe(404);
  outcome = { status: 'too_late', index: INDEX, seriesTotal: 1 };
  expect(errorAnswer.parse((await get('/api/lookalikes/BTCUSDT')).json()).error.field).toBe('at');
});

test('an index that is built is named by its session, and a bar without a window says why', async () => {
  outcome = { status: 'building', sessionUid: 'S1', seriesTotal: 2 };
  expect((await get('/api/lookalikes/BTCUSDT')).json()).toMatchObject({
    ...{ state: 'building', session_id: 'S1', look_alikes: [], as_of: null },
  });
  outcome = { status: 'no_window', index: INDEX, seriesTotal: 2 };
  expect((await get('/api/lookalikes/BTCUSDT')).json()).toMatchObject({
    ...{ state: 'no_window', message: 'A candle of the last 65 bars is missing' },
  });
});

test('a session of kind embedding has one job for each stored series', async () => {
  const payload = { discover: 'collected', config: { mode: 'embedding' } };
  const url = '/api/training/sessions';
  const made = await rig.server.inject({ method: 'POST', url, headers: HEADERS, payload });
  const { sessionId, kind } = session.parse(made.json());
  expect(kind).toBe('embedding');
  await rig.server.inject({
    method: 'POST',
    url: `${url}/${sessionId}/start`,
    headers: HEADERS,
    payload: {},
  });
  const answer = await get(`${url}/${sessionId}/jobs`);
  const { jobs } = answer.json<{ jobs: { bot: string }[] }>();
  expect(jobs.map(({ bot }) => bot)).toEqual(['embedding', 'embedding']);
});
