import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DECISION_ACTIONS } from '../../src/domain/decision.js';
import { z } from 'zod';
import { analysis, candle, decision, signal } from '../../src/api/contract/signals.js';
import {
  equityPoint,
  order,
  position,
  reconciliation,
  trade,
} from '../../src/api/contract/trading.js';
import { errorAnswer, listAnswer } from '../../src/api/contract/common.js';
import { health, status } from '../../src/api/contract/status.js';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { repairs } from '../../src/api/contract/data-repair.js';
import { dataQuality } from '../../src/api/routes/data-quality.js';
import { logAnswer, settingsAnswer } from '../../src/api/contract/operation.js';
import { listEffective } from '../../config/effective-settings.js';
import { readSettings } from '../../config/read-settings.js';
import { LogTail } from '../../src/lib/log-tail.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { aPosition, KEY, START_MS } from '../storage/rows.js';
import { buildApi, fillStores, type ApiRig } from './api-rig.js';

const NO_SOURCES = { environment: {}, fromProcess: new Set<string>(), secretOrigins: new Map() };
const logTail = new LogTail();
const time = '2026-01-01T00:00:00.000Z';
logTail.add({ time, level: 'debug', message: 'A look at prices', fields: {} });
logTail.add({ time, level: 'info', message: 'Bought', fields: { symbol: 'BTC/USDT', job: 'J1' } });
logTail.add({ time, level: 'error', message: 'The venue is gone', fields: {} });

let opened: TestDatabase;
let rig: ApiRig;

beforeAll(async () => {
  opened = await openTestDatabase();
  await fillStores(opened.stores);
  const settings = listEffective(readSettings({}).settings, NO_SOURCES);
  const quote = { last: '64000.6', ask: '64000.7', bid: '64000.5', venueTime: START_MS };
  const findQuote = (of: { readonly venue: string; readonly symbol: string }) => ({
    ...of,
    ...quote,
  });
  rig = await buildApi({ stores: opened.stores, settings, logTail, findQuote });
});
beforeEach(() => {
  rig.isStarting = false;
});
afterAll(async () => {
  await rig.server.close();
  await opened.database.close();
});

const get = (url: string, headers: Record<string, string> = {}) =>
  rig.server.inject({ method: 'GET', url, headers: { host: '127.0.0.1:1', ...headers } });

const candles = z.object({
  symbol: z.string(),
  unified_symbol: z.string(),
  candles: z.array(candle),
});

const shapes: readonly (readonly [string, z.ZodType])[] = [
  ['/api/status', status],
  ['/api/model/status', modelStatus],
  ['/api/analysis/BTCUSDT', analysis],
  ['/api/candles/BTCUSDT', candles],
  ['/api/data/quality', dataQuality],
  ['/api/data/repairs', repairs],
  ['/api/signals', listAnswer('signals', signal)],
  ['/api/decisions', listAnswer('decisions', decision)],
  ['/api/positions', listAnswer('positions', position)],
  ['/api/orders', listAnswer('orders', order)],
  ['/api/trades', listAnswer('trades', trade)],
  ['/api/equity', listAnswer('equity', equityPoint)],
  ['/api/reconciliations', listAnswer('reconciliations', reconciliation)],
  ['/api/health', health],
  ['/api/settings', settingsAnswer],
  ['/api/logs', logAnswer],
];

describe('every call', () => {
  test.each(shapes)('%s has the shape of the contract', async (url, shape) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    // Strict: a field that the contract does not name would show here.
    expect(shape.parse(answer.json())).toEqual(answer.json());
  });

  test.each(shapes)('%s is in the OpenAPI document', async (url) => {
    const { paths } = (await get('/docs/json')).json<{ paths: Record<string, unknown> }>();
    expect(Object.keys(paths)).toContain(url.replace('BTCUSDT', '{symbol}'));
  });
});

test.each([
  ['', ['A look at prices', 'Bought', 'The venue is gone']],
  ['?level=info', ['Bought', 'The venue is gone']],
  ['?text=btc', ['Bought']],
  ['?job=J1', ['Bought']],
  ['?limit=1', ['The venue is gone']],
])('the newest lines of the log are narrowed by %s', async (query, messages) => {
  const { lines } = logAnswer.parse((await get(`/api/logs${query}`)).json());
  expect(lines.map(({ message }) => message)).toEqual(messages);
});

test('a repair is refused by a daemon that collects nothing, and where nothing fits', async () => {
  const repair = (payload: object) =>
    rig.server.inject({
      ...{ method: 'POST', url: '/api/data/repair', payload },
      headers: { host: '127.0.0.1:1' },
    });
  expect((await repair({ symbol: 'NOPE' })).statusCode).toBe(404);
  const answer = await repair({ symbol: 'BTCUSDT' });
  expect(answer.statusCode).toBe(503);
  expect(errorAnswer.parse(answer.json()).error.message).toMatch(/collects nothing/);
});

describe('a symbol', () => {
  test.each(['BTCUSDT', 'BTC-USDT', 'BTC%2FUSDT', 'btcusdt', 'btc-usdt', 'btc%2fusdt'])(
    'is understood as %s',
    async (form) => {
      for (const url of [`/api/analysis/${form}`, `/api/candles/${form}`]) {
        const answer = await get(url);
        expect(answer.statusCode).toBe(200);
        expect(answer.json()).toMatchObject({ symbol: 'BTCUSDT', unified_symbol: 'BTC/USDT' });
      }
      const { total } = (await get(`/api/signals?symbol=${form}`)).json<{ total: number }>();
      expect(total).toBe(12);
    },
  );

  test.each(['/api/analysis/NOPE', '/api/candles/NOPE', '/api/signals?symbol=NOPE'])(
    'that is unknown is a 404 that names the field: %s',
    async (url) => {
      const answer = await get(url);
      expect(answer.statusCode).toBe(404);
      expect(errorAnswer.parse(answer.json()).error).toMatchObject({ field: 'symbol' });
      expect(answer.json<{ error: { message: string } }>().error.message).toContain('NOPE');
    },
  );

  test('without a signal yet is a 404 that says so', async () => {
    const answer = await get('/api/analysis/ETHUSDT');
    expect(answer.statusCode).toBe(404);
    expect(answer.json<{ error: { message: string } }>().error.message).toMatch(/no signal yet/);
  });
});

const wrong = [
  ['/api/signals?limit=0', 'limit'],
  ['/api/signals?limit=1001', 'limit'],
  ['/api/signals?limit=ten', 'limit'],
  ['/api/signals?offset=-1', 'offset'],
  ['/api/signals?offset=1.5', 'offset'],
  ['/api/decisions?timeframe=7h', 'timeframe'],
  ['/api/analysis/BTCUSDT?timeframe=1M', 'timeframe'],
  ['/api/positions?limit=', 'limit'],
  ['/api/equity?limit=1e9', 'limit'],
  ['/api/trades?symbol=', 'symbol'],
  ['/api/orders?limit=1&limit=2', 'limit'],
  ['/api/signals?symbl=BTCUSDT', 'symbl'],
  ['/api/orders?limit=1&color=blue', 'color'],
  ['/api/model/status?venue=', 'venue'],
  ['/api/positions?status=maybe', 'status'],
  ['/api/orders?side=hold', 'side'],
  ['/api/orders?timeframe=1h', 'timeframe'],
  ['/api/equity?symbol=BTCUSDT', 'symbol'],
  ['/api/signals?source=oracle', 'source'],
  ['/api/decisions?from=yesterday', 'from'],
  ['/api/trades?from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z', 'from'],
] as const;

test.each(wrong)('%s is a 400 that names %s', async (url, field) => {
  const answer = await get(url);
  expect(answer.statusCode).toBe(400);
  const { error } = errorAnswer.parse(answer.json());
  expect(error.field).toBe(field);
  expect(error.message).toContain(field);
});

describe('lists', () => {
  test('are paged newest first without loss or repetition', async () => {
    const list = listAnswer('signals', signal);
    const pages = await Promise.all(
      [0, 5, 10].map(async (offset) =>
        list.parse((await get(`/api/signals?limit=5&offset=${offset}`)).json()),
      ),
    );
    const times = pages.flatMap(({ signals }) => signals.map((one) => one.candle_open_time));
    expect(new Set(times).size).toBe(12);
    expect(times).toEqual([...times].sort().reverse());
    expect(pages.map(({ total }) => total)).toEqual([12, 12, 12]);
  });

  test.each([
    ['positions', 'status', ['opening', 'open', 'closing', 'closed', 'abandoned']],
    ['positions', 'timeframe', ['1h', '4h']],
    ['orders', 'status', ['intended', 'filled', 'rejected']],
    ['orders', 'side', ['buy', 'sell']],
    ['trades', 'side', ['buy', 'sell']],
    ['signals', 'prediction', ['SELL', 'HOLD', 'BUY']],
    ['decisions', 'action', [...DECISION_ACTIONS]],
  ])('of %s are narrowed by %s', async (name, field, values) => {
    type Rows = { total: number } & Record<string, Record<string, unknown>[]>;
    const all = (await get(`/api/${name}?limit=1000`)).json<Rows>();
    let found = 0;
    for (const value of values) {
      const { total, [name]: rows = [] } = (
        await get(`/api/${name}?limit=1000&${field}=${value}`)
      ).json<Rows>();
      expect(rows.map((row) => row[field])).toEqual(rows.map(() => value));
      expect(rows).toHaveLength(total);
      found += total;
    }
    expect(all.total).toBeGreaterThan(0);
    expect(found).toBe(all.total);
  });

  test('of what is held leave out what has ended, and say what each is worth now', async () => {
    type Rows = { total: number; positions: object[] };
    await opened.stores.positions.insert(aPosition({ status: 'closed', closedAt: START_MS }));
    const held = (await get('/api/positions?status=held')).json<Rows>();
    const ended = (await get('/api/positions?status=closed')).json<Rows>();
    const newest = (await get('/api/candles/BTCUSDT?limit=1')).json<{
      candles: [{ close: number }];
    }>();
    expect(held.total).toBe(1);
    expect(held.positions).toMatchObject([
      { status: 'opening', newest_close: newest.candles[0].close, newest_bid: '64000.5' },
    ]);
    expect(ended.positions).toMatchObject([
      { status: 'closed', newest_close: null, newest_bid: null, newest_bid_at: null },
    ]);
  });

  test.each([
    ['positions', 'opened_at'],
    ['orders', 'intended_at'],
    ['trades', 'filled_at'],
    ['equity', 'at'],
    ['signals', 'candle_open_time'],
    ['decisions', 'candle_open_time'],
  ])('of %s are narrowed by time, both bounds included', async (name, field) => {
    type Rows = { total: number } & Record<string, Record<string, string>[]>;
    const all = (await get(`/api/${name}?limit=1000`)).json<Rows>();
    const newest = all[name]?.[0]?.[field] ?? '';
    const within = (await get(`/api/${name}?from=${newest}&to=${newest}`)).json<Rows>();
    expect(within[name]?.map((row) => row[field])).toContain(newest);
    expect(new Set(within[name]?.map((row) => row[field]))).toEqual(new Set([newest]));
    const before = new Date(Date.parse(newest) - 1).toISOString();
    const earlier = (await get(`/api/${name}?limit=1000&to=${before}`)).json<Rows>();
    expect(earlier.total + within.total).toBe(all.total);
  });

  test('of another timeframe, bot or venue are empty', async () => {
    for (const filter of ['timeframe=4h', 'bot=oracle', 'venue=kraken']) {
      expect((await get(`/api/decisions?${filter}`)).json()).toEqual({ total: 0, decisions: [] });
    }
  });
});

describe('what an answer says', () => {
  test('a fallback carries its reason and its indicators, a model its probabilities', async () => {
    const list = listAnswer('signals', signal);
    const { signals } = list.parse((await get('/api/signals')).json());
    expect(signals.at(-1)).toMatchObject({
      ...{ fallback: true, fallback_reason: 'untrained', confidence: 57.77 },
      fallback_indicators: { sma_14: 50_125.3, sma_50: 49_875.6, rsi: 65.2 },
    });
    expect(signals[0]).toMatchObject({
      ...{ fallback: false, fallback_reason: null },
      probabilities: { sell: 0.2, hold: 0.3, buy: 0.5 },
    });
  });

  test('times are ISO 8601 UTC, money is exact decimal text', async () => {
    const [fill] = listAnswer('trades', trade).parse((await get('/api/trades')).json()).trades;
    expect(fill).toMatchObject({ fee_quote: '0.99366413', filled_at: '2024-01-01T00:00:00.000Z' });
    expect(Date.parse(fill?.filled_at ?? '')).toBe(START_MS);
  });

  test('the newest decision comes with its analysis', async () => {
    const answer = analysis.parse((await get('/api/analysis/BTCUSDT')).json());
    expect(answer.decision).toMatchObject({ action: 'skip', reason: 'confidence 38.2 below 40' });
  });
});

describe('health', () => {
  test.each([
    ['ok', 200],
    ['degraded', 200],
    ['failing', 503],
  ] as const)('%s is answered with %i', async (state, code) => {
    rig.health = {
      status: state,
      checks: [{ name: 'loop', status: state, message: 'words' }],
      findings: [],
    };
    const answer = await get('/api/health');
    expect(answer.statusCode).toBe(code);
    expect(health.parse(answer.json()).status).toBe(state);
  });
});

test('before the venue is known calls that need it ask to try again', async () => {
  rig.isStarting = true;
  for (const url of ['/api/analysis/BTCUSDT', '/api/model/status']) {
    const answer = await get(url);
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ error: { code: 'starting' } });
  }
  for (const url of ['/api/status', '/api/signals', '/api/health']) {
    expect((await get(url)).statusCode).toBeLessThan(504);
  }
  expect((await get(`/api/signals?venue=${KEY.venue}`)).json()).toMatchObject({ total: 12 });
});

describe('beside the API', () => {
  test('/docs shows the document', async () => {
    const answer = await get('/docs/');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toMatch(/text\/html/);
  });
});
