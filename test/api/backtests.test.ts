import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { z } from 'zod';
import { readSettings } from '../../config/read-settings.js';
import { backtest, backtestDetail, type BacktestDetail } from '../../src/api/contract/backtests.js';
import { errorAnswer, listAnswer } from '../../src/api/contract/common.js';
import { barAt } from '../../src/backtest/engine/bar-prices.js';
import type { MarketHistory } from '../../src/backtest/history/market-history.js';
import { lockBacktests } from '../../src/daemon/backtests/backtest-lock.js';
import { BacktestJobs } from '../../src/daemon/backtests/backtest-jobs.js';
import { childEnvironments } from '../../src/lib/child-environments.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { SystemClock } from '../../src/lib/clock.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { BEGIN, HOUR_MS, plantedHistory } from '../backtest/walk-runs.js';
import { descendantsOf, waitForEnd, type ProcessRow } from '../daemon/process-table.js';
import { aCandle, SERIES_KEY } from '../storage/rows.js';
import { HAS_PYTHON, PYTHON } from '../trainer/real-trainer.js';
import { buildApi, type ApiRig } from './api-rig.js';

const HOST = '127.0.0.1:1';
const LIMIT_MS = 60_000;
/** Trainers run at the lowest priority: beside other programs they take many times as long. */
const MODELS_LIMIT_MS = 900_000;

let folder: string;
let database: Database;
let stores: Stores;
let jobs: BacktestJobs;
let rig: ApiRig;

function createJobs(more: Readonly<Record<string, string>> = {}): BacktestJobs {
  const { settings } = readSettings({ DATA_DIR: folder, SYMBOLS: 'all', ...more });
  const tools = { version: '1.2.3', place: 'here', logger: SILENT_LOGGER };
  return new BacktestJobs({
    ...{ settings, stores, database, wallClock: new SystemClock(), ...tools },
    findVenue: () => SERIES_KEY.venue,
    childEnvironments: childEnvironments(process.env),
  });
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-jobs-'));
  const location = { engine: 'sqlite', file: path.join(folder, 'db.sqlite') } as const;
  const clock = new SystemClock();
  database = await openDatabase(location, { clock, logger: SILENT_LOGGER });
  stores = openStores(database, clock);
  const series = await stores.series.ensure(SERIES_KEY);
  const candles = Array.from({ length: 400 }, (_, at) => wave(at));
  await stores.candles.upsert(series.id, candles, 'rest');
  jobs = createJobs();
  rig = await buildApi({ stores, backtests: jobs });
});

afterEach(async () => {
  await rig.server.close();
  await jobs.stop();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A price that swings, so that the rules trade it. */
function wave(at: number): ReturnType<typeof aCandle> {
  const close = 100 + 10 * Math.sin(at / 9) + Math.sin(at * 1.7);
  return {
    ...aCandle(at),
    ...{ open: close, high: close * 1.01, low: close * 0.99, close, volume: 1e6 },
  };
}

const call = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  rig.server.inject({
    ...{ method, url: `/api/backtests${url}`, headers: { host: HOST } },
    ...(method === 'GET' ? {} : { payload: payload ?? {} }),
  });

async function untilSeen(
  id: string,
  holds: (run: BacktestDetail) => boolean,
  limitMs = LIMIT_MS,
): Promise<BacktestDetail> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const run = backtestDetail.parse((await call('GET', `/${id}`)).json());
    if (holds(run)) return run;
    if (run.state !== 'running') throw new Error(`${run.state}: ${run.error ?? ''}`);
    await realSleep(20);
  }
  throw new Error(`Never seen: ${String(holds)}`);
}

const untilEnded = (id: string, limitMs = LIMIT_MS): Promise<BacktestDetail> =>
  untilSeen(id, ({ state }) => state !== 'running', limitMs);

async function begin(payload: object = { signals: 'fallback' }): Promise<string> {
  const answer = await call('POST', '', payload);
  expect([answer.statusCode, answer.body]).toEqual([201, expect.stringContaining('"running"')]);
  return backtest.parse(answer.json()).id;
}

test('a backtest that is asked for runs in a process of its own and is recorded', async () => {
  const id = await begin({ signals: 'fallback', settings: { MIN_FALLBACK_CONFIDENCE: 0 } });
  const run = await untilEnded(id);
  expect(run).toMatchObject({
    ...{ state: 'done', error: null, origin: 'job', progress: 100, bars: 400 },
    ...{ venue: SERIES_KEY.venue, symbols: [SERIES_KEY.symbol] },
  });
  expect(run.settings).toMatchObject({ MIN_FALLBACK_CONFIDENCE: 0, STOP_LOSS_PCT: 3 });
  expect(run.trades).toBeGreaterThan(3);
  expect(run.figures).toMatchObject({ trades: run.trades, total_return: run.total_return });
  expect(readdirSync(run.folder ?? '').sort()).toEqual([
    ...['decisions.csv', 'report.html', 'result.json', 'trades.csv'],
  ]);
  // Of seventeen days there may be none.
  expect(run.figures).toMatchObject({ interval_95: { sharpe: run.sharpe_interval } });
  // A page that runs its own script gets an origin of its own, and nothing to call.
  const page = await call('GET', `/${id}/report`);
  expect([page.statusCode, page.headers['content-type']]).toEqual([
    ...[200, 'text/html; charset=utf-8'],
  ]);
  expect(page.body).toBe(readFileSync(path.join(run.folder ?? '', 'report.html'), 'utf8'));
  const policy = String(page.headers['content-security-policy']).split('; ');
  expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", 'sandbox allow-scripts']));
  // The tick ran over the candles without a trace in the books.
  for (const table of [stores.decisions, stores.orders, stores.positions, stores.fills]) {
    expect((await table.list({}, { limit: 1, offset: 0 })).total).toBe(0);
  }
  const list = listAnswer('backtests', backtest).parse((await call('GET', '?state=done')).json());
  expect(list.backtests.map((one) => one.id)).toEqual([id]);
});

test('the spread is that of the stored quotes, unless it is given for the run', async () => {
  const { venue, symbol } = SERIES_KEY;
  const quote = { venue, symbol, bid: '999', ask: '1001', last: '1000', venueTime: BEGIN };
  await stores.prices.insert([quote]);
  const quoted = await untilEnded(await begin());
  expect(quoted.figures).toMatchObject({
    markets: [{ symbol, spread_pct: 0.2, spread_from: 'quotes', quotes: 1 }],
  });
  const page = await call('GET', `/${quoted.id}/report`);
  expect(page.body).toContain(
    'The spread was the median of the stored quotes of each symbol, 0.20 %.',
  );
  const settings = { BACKTEST_SPREAD_PCT: 0.5 };
  const given = await untilEnded(await begin({ signals: 'fallback', settings }));
  expect(given.figures).toMatchObject({
    markets: [{ symbol, spread_pct: 0.5, spread_from: 'setting', quotes: 0 }],
  });
  const other = await call('GET', `/${given.id}/report`);
  expect(other.body).toContain('The spread was BACKTEST_SPREAD_PCT, 0.5 %.');
});

test('a second one is refused while one runs, here or in another process', async () => {
  const id = await begin();
  const second = await call('POST', '', { signals: 'fallback' });
  expect([second.statusCode, second.json<{ error: { code: string } }>().error.code]).toEqual([
    ...[409, 'busy'],
  ]);
  await untilEnded(id);
  await jobs.stop();
  const lock = lockBacktests(folder, Date.now());
  expect((await call('POST', '', { signals: 'fallback' })).statusCode).toBe(409);
  lock.stop();
});

test('one that runs can be cancelled and not deleted, one that has ended the other way round', async () => {
  const id = await begin();
  expect((await call('DELETE', `/${id}`)).statusCode).toBe(409);
  const cancelled = await call('POST', `/${id}/cancel`);
  expect(cancelled.json()).toMatchObject({ id, state: 'cancelled', folder: null });
  expect(readdirSync(path.join(folder, 'backtests'))).toEqual(['running']);
  expect((await call('POST', `/${id}/cancel`)).statusCode).toBe(409);
  expect((await call('DELETE', `/${id}`)).statusCode).toBe(200);
  expect((await call('GET', `/${id}`)).statusCode).toBe(404);
  expect((await untilEnded(await begin())).state).toBe('done');
});

test('a deleted one takes its folder with it and stays counted as a try', async () => {
  const first = await untilEnded(await begin());
  expect(existsSync(first.folder ?? '')).toBe(true);
  await call('DELETE', `/${first.id}`);
  expect(existsSync(first.folder ?? '')).toBe(false);
  const second = await untilEnded(await begin());
  expect(second.figures?.['deflated_sharpe']).toMatchObject({ runs_on_this_data: 2 });
});

test('one whose process was killed shows as interrupted after the next start', async () => {
  const id = await begin();
  const begun = assertDefined(await stores.backtests.find(id), 'the run');
  await stores.backtests.insert({ ...begun, uid: 'left', state: 'running' });
  await untilEnded(id);
  await jobs.stop();
  await createJobs().start();
  expect((await call('GET', '/left')).json()).toMatchObject({ state: 'interrupted' });
  expect((await call('GET', `/${id}`)).json()).toMatchObject({ state: 'done' });
});

test.each([
  [{}, 'signals'],
  [{ signals: 'oracle' }, 'signals'],
  [{ signals: 'fallback', timeframe: '7h' }, 'timeframe'],
  [{ signals: 'fallback', timeframe: '4h' }, 'timeframe'],
  [{ signals: 'fallback', symbols: ['NOPE/USDT'] }, 'symbols'],
  [{ signals: 'fallback', symbols: [] }, 'symbols'],
  [{ signals: 'fallback', from: '2999-01-01T00:00:00Z' }, 'from'],
  [{ signals: 'fallback', from: '2024-01-02T00:00:00Z', to: '2024-01-01T00:00:00Z' }, 'from'],
  [{ signals: 'fallback', from: 'yesterday' }, 'from'],
  [{ signals: 'fallback', from: '2025-01-01T00:00:00Z' }, 'from'],
  [{ signals: 'fallback', to: '2023-01-01T00:00:00Z' }, 'to'],
  [{ signals: 'fallback', bot: 'tea' }, 'bot'],
  [{ signals: 'model', bot: 'tea' }, 'bot'],
  [{ signals: 'fallback', settings: { STOP_LOSS: 5 } }, 'settings.STOP_LOSS'],
  [{ signals: 'fallback', settings: { STOP_LOSS_PCT: 500 } }, 'settings.STOP_LOSS_PCT'],
  [{ signals: 'fallback', settings: { DATA_DIR: '/tmp' } }, 'settings.DATA_DIR'],
  [{ signals: 'fallback', settings: { TRADE_TIMEFRAME: '4h' } }, 'settings'],
  [{ signals: 'fallback', data: '/etc' }, 'data'],
])('%j is a 400 that names %s', async (payload, field) => {
  const answer = await call('POST', '', payload);
  expect([answer.statusCode, errorAnswer.parse(answer.json()).error.field]).toEqual([400, field]);
  expect((await stores.backtests.list({}, { limit: 1, offset: 0 })).total).toBe(0);
});

test('a span without candles is refused with the words of the command, and says which there are', async () => {
  const answer = await call('POST', '', { signals: 'fallback', from: '2025-01-01T00:00:00Z' });
  expect(errorAnswer.parse(answer.json()).error.message).toMatch(
    /^0 bars of 1h lie in the span, at least 50 are needed: the candles reach from 2024-01-01/,
  );
});

test('models without enough candles before the span are refused before anything begins', async () => {
  const answer = await call('POST', '', { signals: 'model', from: '2024-01-05T00:00:00Z' });
  expect([answer.statusCode, errorAnswer.parse(answer.json()).error]).toMatchObject([
    400,
    {
      field: 'from',
      message: expect.stringMatching(
        /^at the last retraining date \(2024-01-12 00:00 UTC\) no symbol has more than 264 candles before it, and 400 /,
      ) as string,
    },
  ]);
  expect((await stores.backtests.list({}, { limit: 1, offset: 0 })).total).toBe(0);
});

test('symbols whose candles lie before and after the span are refused, and those that have some are not', async () => {
  for (const [symbol, from] of [
    ['OLD/USDT', 0],
    ['NEW/USDT', 300],
  ] as const) {
    const series = await stores.series.ensure({ ...SERIES_KEY, symbol, marketId: symbol });
    const candles = Array.from({ length: 100 }, (_, at) => wave(from + at));
    await stores.candles.upsert(series.id, candles, 'rest');
  }
  const span = { from: '2024-01-05T12:00:00Z', to: '2024-01-12T00:00:00Z', signals: 'fallback' };
  const symbols = ['OLD/USDT', 'NEW/USDT'];
  const refused = await call('POST', '', { ...span, symbols });
  expect([refused.statusCode, errorAnswer.parse(refused.json()).error]).toMatchObject([
    ...[400, { field: 'from', message: expect.stringContaining('no symbol has a candle') }],
  ]);
  const [id, whole] = [await begin({ ...span, symbols: [...symbols, SERIES_KEY.symbol] }), 400];
  const run = await untilEnded(id);
  expect(run).toMatchObject({ state: 'done', symbols: [SERIES_KEY.symbol] });
  expect(run.bars).toBeLessThan(whole);
});

describe.skipIf(!HAS_PYTHON)('a backtest of models that is asked for (needs npm run setup)', () => {
  /** Bars before the first of three retraining dates. */
  const BEFORE = 1_700;

  it(
    'shows how far it is, is cancelled with all its processes, and goes on from there to its report',
    async () => {
      await storeHistory(plantedHistory({ symbols: 3, bars: BEFORE + 3 * 168, momentum: 0.6 }));
      await restartWith({ PYTHON, HISTORY_DAYS: '40', SYMBOLS: 'S0/USDT,S1/USDT,S2/USDT' });
      const from = new Date(BEGIN + BEFORE * HOUR_MS).toISOString();
      // Long enough for a progress between the first and the last.
      const asked = {
        signals: 'model',
        retrain: '7d',
        from,
        settings: { CATBOOST_ITERATIONS: 400, FEATURE_GROUPS: 'price' },
      };
      const id = await begin(asked);
      const seen = await untilSeen(id, ({ progress }) => progress > 0, MODELS_LIMIT_MS);
      expect(seen).toMatchObject({ state: 'running', bot: 'catboost', bars: 3 * 3 * 168 });
      expect(seen.progress).toBeLessThan(95);
      // A trainer is started once there is something to fit.
      const family = await vi.waitFor(findWholeFamily, { timeout: MODELS_LIMIT_MS, interval: 50 });
      expect((await call('POST', `/${id}/cancel`)).json()).toMatchObject({ state: 'cancelled' });
      expect(await waitForEnd(family)).toEqual([]);

      const run = await untilEnded(await begin(asked), MODELS_LIMIT_MS);
      expect(run).toMatchObject({ state: 'done', error: null, progress: 100 });
      const { models } = z.object({ models: modelFigures }).parse(run.figures);
      expect(models).toMatchObject({ retraining_dates: 3, failed: 0, waiting: 0 });
      expect(models.promoted + models.rejected).toBe(9);
      expect(models.bars_answered_by_models).toBeGreaterThan(0);
      expect(readdirSync(run.folder ?? '')).toContain('report.html');
      // The second run took up the training of the first.
      expect(readdirSync(path.join(folder, 'backtests', 'predictions'))).toHaveLength(1);
    },
    MODELS_LIMIT_MS,
  );
});

/** All processes of a run that trains, once each of its programs is there. */
function findWholeFamily(): readonly ProcessRow[] {
  const family = descendantsOf(process.pid).filter(({ command }) => !command.includes('vitest'));
  const missing = ['backtest-worker', 'training-worker', 'evenkeel_trainer'].filter(
    (program) => !family.some(({ command }) => command.includes(program)),
  );
  expect(missing).toEqual([]);
  return family;
}

const modelFigures = z.object({
  retraining_dates: z.number(),
  promoted: z.number(),
  rejected: z.number(),
  failed: z.number(),
  waiting: z.number(),
  bars_answered_by_models: z.number(),
});

/** A server with other settings in place of that of every test. */
async function restartWith(more: Readonly<Record<string, string>>): Promise<void> {
  await rig.server.close();
  jobs = createJobs(more);
  rig = await buildApi({ stores, backtests: jobs });
}

async function storeHistory({ symbols }: MarketHistory): Promise<void> {
  for (const { instrument, columns } of symbols) {
    const { symbol, marketId } = instrument;
    const series = await stores.series.ensure({ ...SERIES_KEY, symbol, marketId });
    const candles = Array.from({ length: columns.length }, (_, at) =>
      barAt(columns, columns.firstIndex + at),
    ).filter((candle) => candle !== undefined);
    await stores.candles.upsert(series.id, candles, 'rest');
  }
}
