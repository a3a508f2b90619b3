import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { childEnvironments } from '../../src/lib/child-environments.js';
import { createDaemon } from '../../src/daemon.js';
import { noteFallback } from '../../src/coordination/choose-engine.js';
import { HEALTH_TABLE } from '../../src/daemon/health/health-table.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import type { PythonCheck } from '../../src/training/trainer-process/check-python.js';
import { PaperBroker } from '../../src/trading/broker/paper-broker.js';
import { dropDatabase, mysqlLocation, mysqlSettings, mysqlSkipReason } from '../mysql-server.js';
import { BROKEN, healthSettings, READY } from './health-settings.js';
import { IllVenue, ShiftedClock } from './ill-venue.js';
import { KeptLogger } from '../models/kept-logger.js';
import { TINY_FEATURES } from '../models/model-folder.js';
import {
  postTo,
  readHealthOf,
  readStatusOf,
  serveModel,
  type Health,
  type Served,
} from './health-calls.js';

/**
 * Every row of the health table is provoked on a running daemon: the real one in this process, with a
 * real SQLite file, over real ccxt, against a local venue that misbehaves on demand.
 */
const HOUR_MS = 3_600_000;
const LIMIT_MS = 120_000;

type Finding = Health['findings'][number];

let folder: string;
const venue = new IllVenue();
const { server } = venue;
let clock: ShiftedClock;
let stores: Stores;
let address: string;
let python: PythonCheck = READY;
let unknownOrders = 0;
const provoked = new Set<string>();
let stopDaemon: () => Promise<void> = () => Promise.resolve();

const settingsOf = (changes: Readonly<Record<string, string>> = {}) =>
  healthSettings(folder, { EXCHANGE_BASE_URL: venue.baseUrl, ...changes });

/** Starts the daemon in this process. */
async function startDaemon(changes: Readonly<Record<string, string>> = {}): Promise<void> {
  await stopDaemon();
  stopDaemon = () => Promise.resolve();
  const ending = new AbortController();
  clock = new ShiftedClock();
  const serving = new Promise<string>((resolve, reject) => {
    const daemon = createDaemon(
      settingsOf(changes),
      {
        logger: new KeptLogger(),
        version: 'test',
        childEnvironments: childEnvironments({}),
        onServing: resolve,
      },
      {
        clock,
        checkPython: () => Promise.resolve(python),
        openStores: (database, wall) => (stores = openStores(database, wall)),
        createBroker: (rules) => Object.assign(new PaperBroker(rules), { unknownOrders }),
        openMarket: (_, tools) => {
          const { stack, logger } = tools;
          const { baseUrl } = venue;
          const options = { exchangeId: 'binance', baseUrl, clock, logger, clockRefreshMs: 500 };
          const data = new CcxtMarketData({ ...options, timeoutMs: 2000, retry: { attempts: 1 } });
          return Promise.resolve({
            data: stack.use('exchange', data),
            isDemo: false,
            baseUrl: undefined,
            speed: 1,
          });
        },
      },
    );
    const running = daemon.run(ending.signal);
    running.catch(reject);
    stopDaemon = async () => {
      ending.abort();
      await running;
    };
  });
  address = await serving;
}

const readHealth = () => readHealthOf(address);

/** Waits until the rule holds, or until it does not. */
async function until(id: string, isHeld = true): Promise<Finding | undefined> {
  const ends = Date.now() + LIMIT_MS;
  for (;;) {
    const { findings } = await readHealth();
    const found = findings.find((finding) => finding.id === id);
    if ((found !== undefined) === isHeld) {
      if (isHeld) provoked.add(id);
      return found;
    }
    if (Date.now() > ends) {
      throw new Error(`${id} ${isHeld ? 'not held' : 'still held'}: ${JSON.stringify(findings)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Waits until the rule holds with such a message: what it names may come one by one. */
async function untilSaid(id: string, pattern: RegExp): Promise<void> {
  await until(id);
  const readMessage = async (): Promise<string> => {
    const { findings } = await readHealth();
    return findings.find((finding) => finding.id === id)?.message ?? '';
  };
  await expect.poll(readMessage, { timeout: LIMIT_MS }).toMatch(pattern);
}

/** The rule as it is once that much time has passed. */
async function later(id: string, shiftMs: number): Promise<Finding> {
  const ends = Date.now() + LIMIT_MS;
  for (;;) {
    // Since now it may be known that the rule holds.
    await readHealth();
    const { findings } = await clock.whileShifted(shiftMs, readHealth);
    const found = findings.find((finding) => finding.id === id);
    if (found !== undefined) {
      provoked.add(id);
      return found;
    }
    if (Date.now() > ends) throw new Error(`${id} not held: ${JSON.stringify(findings)}`);
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
}

const readStatus = () => readStatusOf(address);
const post = (route: string, body?: object) => postTo(address, route, body);
/** @returns the folder of the model, which serves from now on */
const serve = (uid: string, served?: Served) =>
  serveModel(uid, { modelsDir: path.join(folder, 'models'), venue, stores }, served);

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-health-'));
  await venue.start();
});

afterAll(async () => {
  await stopDaemon();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('health names every way in which the daemon does less than asked', () => {
  test('a venue that does not answer at the start', async () => {
    server.isDown = true;
    const pauseFile = path.join(folder, 'pause-collector.txt');
    writeFileSync(pauseFile, '');
    await startDaemon();
    await until('exchange_connecting');
    expect((await until('collection_paused'))?.message).toContain(pauseFile);
    rmSync(pauseFile);
    await until('collection_waiting');
    await until('trading_waiting');
    expect((await until('models_missing'))?.message).toBe('not counted yet');
    expect(await later('exchange_unreachable', 200_000)).toMatchObject({ level: 'failing' });
  });

  test('candles that are not there yet', async () => {
    // Every question for candles fails, but the venue answers.
    for (let fault = 0; fault < 500; fault++) {
      server.faults.push({ path: '/api/v3/klines', kind: '502' });
    }
    server.isDown = false;
    await until('exchange_connecting', false);
    expect((await later('series_failing', 61_000)).message).toContain('BTC/USDT 1h');
    expect(await later('nothing_collected', 200_000)).toMatchObject({ level: 'failing' });
    server.faults.splice(0, server.faults.length - 3, { path: '/api/v3/klines', kind: 'hang' });
    await until('series_backfilling');
    await until('series_backfilling', false);
  });

  test('symbols that are unknown, refused, without usable rows, ended or from the future', async () => {
    await untilSaid('symbols_left_out', /NOPE\/USDT/);
    await untilSaid('series_refused', /OFF\/USDT 1h/);
    await untilSaid('series_unusable', /BAD\/USDT 1h \(refused: /);
    await untilSaid('series_ended', /END\/USDT 1h for 7\d bars/);
    await untilSaid('future_candles', /FAR\/USDT 1h/);
  });

  test('collection that waits for a file', async () => {
    const file = path.join(folder, 'pause-collector.txt');
    writeFileSync(file, '');
    expect((await until('collection_paused'))?.message).toContain(file);
    await rm(file).then(() => until('collection_paused', false));
  });

  test('history that is too short to train on', async () => {
    expect((await until('history_too_short'))?.message).toMatch(/waiting for history/);
  });

  test('models that are expired, of old features, damaged or not used', async () => {
    await serve('novel', { featureRanges: TINY_FEATURES.map((): [number, number] => [5, 6]) });
    await serve('expired', { trainedAt: venue.nowMs() - 169 * HOUR_MS });
    await serve('old', { symbol: 'ETH/USDT', featureHash: 'of older formulas' });
    const damaged = await serve('damaged', { symbol: 'END/USDT' });
    truncateSync(path.join(damaged, 'manifest.json'), 10);
    await fetch(`${address}/api/model/status?symbol=ENDUSDT`);
    expect((await until('models_expired'))?.message).toContain('BTC/USDT 1h catboost');
    expect((await until('models_of_old_features'))?.message).toContain('ETH/USDT 1h catboost');
    expect((await until('models_damaged'))?.message).toContain('END/USDT 1h catboost');
    const { model } = await readStatus();
    expect(model).toEqual({ trained: 0, expected: 7, fallback_active: true });
    await post('/api/models/rollback', { symbol: 'BTCUSDT', model_uid: 'novel' });
    expect((await until('models_unused'))?.message).toMatch(/BTC\/USDT 1h catboost \(/);
    expect((await readStatus()).model.trained).toBe(1);
  });

  test('a shadow model that says nothing', async () => {
    await stores.shadows.insert({
      ...{ uid: 'shadow', experimentUid: 'e', variant: 'deep', trialUid: 't', bot: 'catboost' },
      ...{ venue: venue.name, symbol: 'BTC/USDT', timeframe: '1h', status: 'answering' },
      ...{ reason: 'novel: far out', record: undefined, createdAt: clock.wallMs() },
      ...{ modelPath: undefined, manifestSha256: undefined, endedAt: undefined },
    });
    const found = await until('shadow_models_silent');
    // A candle that closes meanwhile finds that it has no files either.
    expect(found?.message).toMatch(
      /BTC\/USDT 1h catboost, deep \((novel: far out|Shadow model shadow has no record)\)/,
    );
    await stores.shadows.change('shadow', ['answering'], { status: 'removed' });
    await until('shadow_models_silent', false);
  });

  test('training that is held, cannot run, or has failed', async () => {
    await post('/api/training/pause');
    await post('/api/prediction/train', { symbol: 'ETHUSDT' });
    expect((await later('queue_held', 601_000)).message).toMatch(/paused by api: 1 jobs wait/);
    python = BROKEN;
    await post('/api/training/resume');
    expect(await until('trainer_unusable')).toMatchObject({ fix: 'run: npm run setup' });
    expect((await readStatus()).warnings.join()).toContain('there is no Python');
    await post('/api/training/force-stop');
    await stores.cooldowns.set({
      venue: venue.name,
      symbol: 'BTC/USDT',
      timeframe: '1h',
      bot: 'catboost',
      kind: 'failure',
      until: Date.now() + HOUR_MS,
      notBeforeOpenTime: undefined,
      reason: 'memory: too much',
    });
    expect((await until('training_failed'))?.message).toContain('memory: too much');
  });

  test('an artifact store that cannot be reached', async () => {
    expect((await until('artifact_store_unreachable'))?.message).toMatch(/ARTIFACTS_DIR .*ENOENT/);
    // What was fetched before goes on.
    expect((await readStatus()).model.trained).toBe(1);
    mkdirSync(path.join(folder, 'artifacts'));
    await until('artifact_store_unreachable', false);
  });

  test('files of prices that are not read', async () => {
    expect((await until('files_unread'))?.message).toMatch(/csv cannot be read: ENOENT/);
    const place = path.join(folder, 'csv', 'own', '1d');
    mkdirSync(place, { recursive: true });
    await until('files_unread', false);
    writeFileSync(path.join(place, 'EMPTY.csv'), '');
    await untilSaid('files_unread', /EMPTY\.csv: it is empty/);
    rmSync(path.join(place, 'EMPTY.csv'));
    await until('files_unread', false);
  });

  test('work that fails each time it is repeated', async () => {
    const broken = [
      vi.spyOn(stores.jobs, 'list').mockRejectedValue(new Error('a broken plan')),
      vi.spyOn(stores.positions, 'listOpen').mockRejectedValue(new Error('broken books')),
    ];
    // An hour closes, and its candles are decided on.
    venue.shiftMs = HOUR_MS;
    expect((await later('jobs_failing', 61_000)).message).toContain('cycle (a broken plan)');
    expect(await later('positions_unguarded', 61_000)).toMatchObject({
      level: 'failing',
      message: 'quotes cannot be acted on: broken books',
    });
    expect((await later('decisions_failing', 61_000)).message).toMatch(/USDT 1h \(broken books/);
    for (const one of broken) one.mockRestore();
    const held = ['jobs_failing', 'positions_unguarded', 'decisions_failing'];
    for (const id of held) await until(id, false);
  });

  test('bars that the venue does not have', async () => {
    // Gaps are looked at once an hour of market time.
    venue.shiftMs = 2 * HOUR_MS;
    expect((await until('long_gaps'))?.message).toContain('GAP/USDT 1h lacks 60 bars');
  });

  test('a loop that is stuck', async () => {
    expect(await later('loop_silent', 3_600_000)).toMatchObject({ level: 'failing' });
  });

  test('candles that grow old, of one market and of all', async () => {
    server.failingSymbols.add('ETHUSDT');
    venue.shiftMs = 14 * HOUR_MS;
    // Past the grace of a start, in which it would also hold while all of them are behind for a moment.
    expect((await later('series_stale', 200_000)).message).toContain('ETH/USDT 1h');
    for (const id of venue.symbols) server.failingSymbols.add(id);
    venue.shiftMs = 30 * HOUR_MS;
    expect(await later('all_series_stale', 200_000)).toMatchObject({ level: 'failing' });
  });

  test('a venue that no longer answers', async () => {
    server.isDown = true;
    await until('prices_failing');
    // Longer than the clock was ever ahead: trouble that began meanwhile began in the future.
    expect(await later('exchange_troubled', 300_000)).toMatchObject({ level: 'degraded' });
    expect(await later('exchange_unreachable', 200_000)).toMatchObject({ level: 'failing' });
    const answer = await clock.whileShifted(200_000, () => fetch(`${address}/api/health`));
    expect(answer.status).toBe(503);
    server.isDown = false;
    await until('prices_failing', false);
  });

  test('symbols that the venue does not quote', async () => {
    for (let fault = 0; fault < 50; fault++) {
      server.faults.push({ path: '/api/v3/ticker', kind: 'empty' });
    }
    expect((await later('symbols_unquoted', 121_000)).message).toContain('BTC/USDT');
    server.faults.length = 0;
  });

  test('a trading halt, and who ends it', async () => {
    const file = path.join(folder, 'halt.txt');
    writeFileSync(file, '');
    expect(await until('trading_halted')).toMatchObject({
      message: `No position is opened: the file ${file} exists (file)`,
      fix: 'delete the file',
    });
    rmSync(file);
    await until('trading_halted', false);
  });

  test('a database that was replaced', async () => {
    const file = new Database(path.join(folder, 'evenkeel.sqlite'));
    file.pragma('foreign_keys = OFF');
    file.prepare('DELETE FROM runs').run();
    file.close();
    expect(await until('database_lost')).toMatchObject({ level: 'failing' });
  });

  test('books that differ from the settings, and orders without an answer', async () => {
    unknownOrders = 2;
    await startDaemon({ PAPER_EQUITY: '5000' });
    await until('books_uncertain');
    expect((await until('orders_unknown'))?.message).toMatch(/^2 orders/);
  });

  test('SQLite in place of MySQL', async () => {
    const mysql = { MYSQL_HOST: '127.0.0.1', MYSQL_PORT: '1', MYSQL_USER: 'nobody' };
    await startDaemon({ ...mysql, MYSQL_ENABLED: 'true', MYSQL_PASSWORD: '', MYSQL_DB: 'none' });
    await until('database_fallback');
    expect((await until('entries_frozen'))?.message).toMatch(/^No position is opened: MySQL/);
  });

  test('rows that MySQL does not know yet, and a Redis that is away', async ({
    skip,
    onTestFinished,
  }) => {
    if (mysqlSkipReason !== undefined) {
      for (const id of ['database_not_carried_over', 'redis_unreachable']) provoked.add(id);
      skip(mysqlSkipReason);
    }
    const location = mysqlLocation();
    noteFallback(folder, { since: new Date().toISOString(), reason: 'it was away' });
    const redis = { QUEUE: 'redis', REDIS_URL: 'redis://:canary@127.0.0.1:1' };
    await startDaemon({ MYSQL_ENABLED: 'true', ...mysqlSettings(location), ...redis });
    onTestFinished(async () => {
      await stopDaemon();
      await dropDatabase(location);
    });
    await until('database_not_carried_over');
    const { message } = (await until('redis_unreachable')) ?? {};
    expect(message).toMatch(/^(?!.*canary).*ECONNREFUSED/);
  });

  test('and nothing that no test provokes', () => {
    // `test/notifications/daemon.test.ts` does, with receivers that fail and hang.
    provoked.add('notifications_failing');
    // Minutes of real time or an account at an exchange: `src/daemon/health/trading-rules.test.ts`.
    for (const id of ['account_unread', 'positions_unpriced', 'positions_unsold']) provoked.add(id);
    expect([...provoked].sort()).toEqual(HEALTH_TABLE.map(({ id }) => id).sort());
  });
});
