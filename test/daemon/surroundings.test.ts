import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { analysis } from '../../src/api/contract/signals.js';
import { health, status } from '../../src/api/contract/status.js';
import { DemoExchange } from '../../src/demo/demo-server.js';
import { monotonicWall } from '../../src/demo/market/market-clock.js';
import { dropDatabase, mysqlLocation, mysqlSettings, mysqlSkipReason } from '../database.js';
import { LogKeeper } from '../demo/demo-fixture.js';
import { daemonRig, QUICK, type DaemonChild } from './daemon-child.js';

const { start, folder } = daemonRig();
/** The lease lives 30 s and is asked for every ten. */
const TAKE_OVER_LIMIT_MS = 45_000;
const FROZEN_MS = 3000;

async function runDemo(port = 0): Promise<{ baseUrl: string; demo: DemoExchange }> {
  const options = { speed: 1, port, dataDir: folder(), wall: monotonicWall };
  const demo = new DemoExchange({ ...options, logger: new LogKeeper() });
  const { baseUrl } = await demo.start();
  return { baseUrl, demo };
}

async function waitForState(daemon: DaemonChild, state: string, limitMs?: number): Promise<void> {
  await daemon.until(
    async () => ((await daemon.get('/api/status', status)).state === state ? true : undefined),
    { what: `state ${state}`, ...(limitMs === undefined ? {} : { limitMs }) },
  );
}

test('an exchange that is down at the start is waited for, and the API says so meanwhile', async () => {
  const { baseUrl, demo } = await runDemo();
  await demo.stop();
  const environment = { ...QUICK, EXCHANGE: 'binance', EXCHANGE_BASE_URL: baseUrl };
  const daemon = start({ environment: { ...environment, DATA_DIR: folder() } });
  const answer = await daemon.fetch('/api/health');
  expect(answer.status).toBe(200);
  expect(health.parse(await answer.json()).status).toBe('degraded');
  expect((await daemon.get('/api/status', status)).state).toBe('waiting for the exchange');
  expect((await daemon.fetch('/api/model/status')).status).toBe(503);
  const back = await runDemo(Number(new URL(baseUrl).port));
  try {
    await waitForState(daemon, 'running');
    await daemon.line(/by fallback/);
    expect((await daemon.get('/api/analysis/BTCUSDT', analysis)).fallback).toBe(true);
    await daemon.stop();
  } finally {
    await back.demo.stop();
  }
});

test('without Python it runs on fallback signals and says what is missing and the fix', async () => {
  const PYTHON = '/nonexistent/python';
  const daemon = start({ environment: { ...QUICK, PYTHON, DATA_DIR: folder() } });
  await daemon.line(/there is no Python at \/nonexistent\/python/);
  const now = await daemon.until(
    async () => {
      const answer = await daemon.get('/api/status', status);
      return answer.trainer.ready ? undefined : answer;
    },
    { what: 'a trainer that is not ready' },
  );
  expect(now.trainer.message).toMatch(/no Python at \/nonexistent\/python; .*npm run setup/);
  expect(now.warnings.join()).toMatch(/No model can be trained: .*npm run setup/);
  const checks = (await daemon.get('/api/health', health)).checks;
  const trainer = checks.find(({ name }) => name === 'trainer');
  expect(trainer).toMatchObject({ status: 'degraded' });
  expect(trainer?.message).toContain('/nonexistent/python');
  const newest = await daemon.get('/api/analysis/BTCUSDT', analysis);
  expect(newest).toMatchObject({ fallback: true, fallback_reason: 'untrained' });
  expect(newest.decision?.reason).not.toBe('');
});

describe('a second daemon on the same database', () => {
  test('stands by without a row of its own, and takes over from one that was killed', async () => {
    const { baseUrl, demo } = await runDemo();
    const shared = { EXCHANGE: 'binance', EXCHANGE_BASE_URL: baseUrl };
    const SQLITE_FILE = path.join(folder(), 'shared.sqlite');
    const environment = { ...QUICK, ...shared, SQLITE_FILE };
    try {
      const first = start({ environment: { ...environment, DATA_DIR: folder() } });
      await waitForState(first, 'running');
      const second = start({ environment: { ...environment, DATA_DIR: folder() } });
      await waitForState(second, 'standing by');
      const asked = await second.get('/api/status', status);
      expect(asked.trading.standby).toMatch(/takes over when it ends/);
      expect(asked.collection.series).toBe(0);
      expect((await second.fetch('/api/decisions')).status).toBe(200);
      expect((await second.fetch('/api/health')).status).toBe(200);

      // While the first is frozen nobody but the second could write.
      first.process.kill('SIGSTOP');
      const before = countRows(SQLITE_FILE);
      await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
      expect(countRows(SQLITE_FILE)).toEqual(before);
      expect((await second.get('/api/status', status)).state).toBe('standing by');

      first.process.kill('SIGKILL');
      await waitForState(second, 'running', TAKE_OVER_LIMIT_MS);
      expect(openRuns(SQLITE_FILE)).toBe(2);
      await second.stop();
    } finally {
      await demo.stop();
    }
  }, 120_000);

  test.skipIf(mysqlSkipReason !== undefined)(
    `takes over at once from one that stops in order (${mysqlSkipReason ?? 'on MySQL'})`,
    async () => {
      const { baseUrl, demo } = await runDemo();
      const location = mysqlLocation();
      const environment = {
        ...{ ...QUICK, EXCHANGE: 'binance', EXCHANGE_BASE_URL: baseUrl, MYSQL_ENABLED: 'true' },
        ...mysqlSettings(location),
      };
      try {
        const first = start({ environment: { ...environment, DATA_DIR: folder() } });
        await waitForState(first, 'running');
        const second = start({ environment: { ...environment, DATA_DIR: folder() } });
        await waitForState(second, 'standing by');
        expect(await first.stop()).toEqual({ code: 0, signal: null });
        await waitForState(second, 'running');
        await second.stop();
      } finally {
        await demo.stop();
        await dropDatabase(location);
      }
    },
    120_000,
  );
});

/** Rows of every table; the lease's own beat changes a row and adds none. */
function countRows(file: string): Record<string, number> {
  const database = new Database(file, { readonly: true });
  try {
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all();
    return Object.fromEntries(
      tables.map(({ name }) => {
        const sql = `SELECT count(*) AS rows FROM "${name}"`;
        return [name, database.prepare<[], { rows: number }>(sql).get()?.rows ?? -1];
      }),
    );
  } finally {
    database.close();
  }
}

/** Runs without an end: a killed one is another installation's, whose own next start marks it. */
function openRuns(file: string): number {
  const database = new Database(file, { readonly: true });
  try {
    const sql = 'SELECT count(*) AS rows FROM runs WHERE ended_at IS NULL';
    return database.prepare<[], { rows: number }>(sql).get()?.rows ?? -1;
  } finally {
    database.close();
  }
}
