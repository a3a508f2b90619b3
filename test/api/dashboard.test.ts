import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { browserSession } from '../../src/api/contract/browser-session.js';
import { decisionReasons } from '../../src/api/contract/signals.js';
import { job } from '../../src/api/contract/training.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { aDecision, HOUR_MS, KEY, START_MS } from '../storage/rows.js';
import { buildApi, fillStores, type ApiRig } from './api-rig.js';

const TOKEN = 'a-token-of-sixteen-or-more';
const HOST = 'localhost';
const JSON_TYPE = { host: HOST, 'content-type': 'application/json' };
const SECRET = 'not for anybody';
const PAGE = '<!doctype html><title>Evenkeel</title>';

let opened: TestDatabase;
let projectDir: string;

beforeAll(async () => {
  opened = await openTestDatabase();
  await fillStores(opened.stores);
  projectDir = mkdtempSync(path.join(tmpdir(), 'evenkeel-dashboard-'));
  const assets = path.join(projectDir, 'dashboard', 'dist', 'assets');
  mkdirSync(assets, { recursive: true });
  writeFileSync(path.join(assets, '..', 'index.html'), PAGE);
  writeFileSync(path.join(assets, 'main-1.js'), 'export {};');
  writeFileSync(path.join(assets, 'main-1.js.gz'), gzipSync('export {};'));
  writeFileSync(path.join(projectDir, 'dashboard', 'secret.js'), SECRET);
});

afterAll(async () => {
  await opened.database.close();
  rmSync(projectDir, { recursive: true, force: true });
});

describe('the dashboard', () => {
  test('every page is the same document, under a policy that runs nothing that is written into it', async () => {
    const { server } = await buildApi({ stores: opened.stores, projectDir });
    for (const url of ['/', '/market', '/models?bot=x', '/login']) {
      const answer = await server.inject({ url, headers: { host: HOST } });
      expect(answer.body).toBe(PAGE);
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
    }
  });

  test('a file is sent compressed where the browser takes it, and may be kept for ever', async () => {
    const { server } = await buildApi({ stores: opened.stores, projectDir });
    const get = async (encoding: string) =>
      server.inject({
        url: '/assets/main-1.js',
        headers: { host: HOST, 'accept-encoding': encoding },
      });
    const packed = await get('gzip, br');
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip' });
    expect(gunzipSync(packed.rawPayload).toString()).toBe('export {};');
    const plain = await get('identity');
    expect(plain.body).toBe('export {};');
    expect(plain.headers['cache-control']).toContain('immutable');
  });

  test.each([
    '/assets/..%2f..%2fsecret.js',
    '/assets/%2e%2e%2findex.html',
    '/assets/.env',
    '/assets/main-1.js%00',
    '/assets/main-1.js.gz',
    '/assets/missing.js',
    '/nothing',
  ])('no other file is served: %s', async (url) => {
    const { server } = await buildApi({ stores: opened.stores, projectDir });
    const answer = await server.inject({ url, headers: { host: HOST } });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain(SECRET);
  });

  test('where it could not be built, its place says what to do, and the API answers', async () => {
    const { server } = await buildApi({ stores: opened.stores, projectDir: '/nowhere' });
    const answer = await server.inject({ url: '/models', headers: { host: HOST } });
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('npm run setup');
    const api = await server.inject({ url: '/api/signals', headers: { host: HOST } });
    expect(api.statusCode).toBe(200);
  });
});

describe('the session of a browser', () => {
  let rig: ApiRig;
  let now: number;

  beforeEach(async () => {
    now = START_MS;
    const clock = { wallMs: () => now };
    rig = await buildApi({ stores: opened.stores, token: TOKEN, clock });
  });

  async function logIn(token: string, more: Readonly<Record<string, string>> = {}) {
    const headers = { ...JSON_TYPE, ...more };
    return rig.server.inject({ method: 'POST', url: '/api/session', headers, payload: { token } });
  }

  async function askWith(cookie: string) {
    return rig.server.inject({ url: '/api/signals', headers: { host: HOST, cookie } });
  }

  function cookieOf(answer: Awaited<ReturnType<typeof logIn>>): string {
    return String(answer.headers['set-cookie']).split(';')[0] ?? '';
  }

  test('begins with the token, cannot be read by a page, and ends after 12 hours', async () => {
    const answer = await logIn(TOKEN);
    expect(answer.headers['set-cookie']).toMatch(
      /^evenkeel_session=\S+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(browserSession.parse(answer.json()).is_open).toBe(true);
    const cookie = cookieOf(answer);
    expect(cookie).not.toContain(TOKEN);
    expect((await askWith(cookie)).statusCode).toBe(200);
    now += 12 * HOUR_MS;
    expect((await askWith(cookie)).statusCode).toBe(401);
  });

  test('is marked Secure behind TLS', async () => {
    const answer = await logIn(TOKEN, { 'x-forwarded-proto': 'https' });
    expect(answer.headers['set-cookie']).toMatch(/; Secure$/);
  });

  test('outlives a restart of the daemon, and not a change of the token', async () => {
    const cookie = cookieOf(await logIn(TOKEN));
    const clock = { wallMs: () => now };
    const { stores } = opened;
    for (const [token, status] of [
      [TOKEN, 200],
      [`${TOKEN}-changed`, 401],
    ] as const) {
      rig = await buildApi({ stores, token, clock });
      expect((await askWith(cookie)).statusCode).toBe(status);
    }
  });

  test('is over once it was ended, also for whoever copied the cookie', async () => {
    const cookie = cookieOf(await logIn(TOKEN));
    const headers = { ...JSON_TYPE, cookie };
    const ended = await rig.server.inject({ method: 'DELETE', url: '/api/session', headers });
    expect(ended.headers['set-cookie']).toContain('Max-Age=0');
    expect((await askWith(cookie)).statusCode).toBe(401);
  });

  test.each(['', 'evenkeel_session=', 'evenkeel_session=9999999999999.a.b', 'evenkeel_session=..'])(
    'is not made up: %s',
    async (cookie) => expect((await askWith(cookie)).statusCode).toBe(401),
  );

  test('five wrong tokens block the address for a minute, the next five for two', async () => {
    const failures = async () => {
      for (let attempt = 0; attempt < 5; attempt++)
        expect((await logIn('wrong')).statusCode).toBe(401);
    };
    await failures();
    const blocked = await logIn(TOKEN);
    expect(blocked.statusCode).toBe(429);
    expect(blocked.headers['retry-after']).toBe('60');
    now += 60_000;
    await failures();
    expect((await logIn(TOKEN)).headers['retry-after']).toBe('120');
    now += 120_000;
    expect((await logIn(TOKEN)).statusCode).toBe(200);
  });

  test('is not asked for where the daemon has no token', async () => {
    rig = await buildApi({ stores: opened.stores });
    const answer = await rig.server.inject({ url: '/api/session', headers: { host: HOST } });
    expect(browserSession.parse(answer.json())).toMatchObject({
      is_required: false,
      is_open: true,
    });
  });
});

describe('calls of its pages', () => {
  async function get<T>(rig: ApiRig, url: string, shape: z.ZodType<T>): Promise<T> {
    const answer = await rig.server.inject({ url, headers: { host: HOST } });
    expect(answer.statusCode).toBe(200);
    return shape.parse(answer.json());
  }

  test('decisions are counted by their reasons, whatever figures these hold', async () => {
    const { stores } = opened;
    for (const [bar, reason] of [
      'expected move 0.12 % below costs 0.25 %',
      'expected move 0.01 % below 2 × costs 0.25 %',
      'daily loss 3.1 % above 3 %',
      'daily loss 4.2 % above 3 %',
      'expected move 0.20 % below costs 0.25 %',
    ].entries()) {
      const candleOpenTime = START_MS + (100 + bar) * HOUR_MS;
      await stores.decisions.insert(aDecision({ candleOpenTime, action: 'skip', reason }));
    }
    const rig = await buildApi({ stores });
    const from = new Date(START_MS + 100 * HOUR_MS).toISOString();
    const found = await get(rig, `/api/decisions/reasons?from=${from}`, decisionReasons);
    expect(found.total).toBe(5);
    expect(found.groups.map(({ text, decisions }) => [text, decisions])).toEqual([
      ['expected move below costs', 3],
      ['daily loss … % above … %', 2],
    ]);
  });

  test('older candles are those until a time', async () => {
    const rig = await buildApi({ stores: opened.stores });
    const to = new Date(START_MS + 10 * HOUR_MS).toISOString();
    const shape = z.object({ candles: z.array(z.object({ open_time: z.string() })) });
    const url = `/api/candles/BTCUSDT?limit=3&to=${to}`;
    const { candles } = await get(rig, url, shape);
    expect(candles.map(({ open_time }) => Date.parse(open_time) - START_MS)).toEqual(
      [8, 9, 10].map((bar) => bar * HOUR_MS),
    );
  });

  test('the queue is listed in the order of its turns, and a job can be taken out', async () => {
    const rig = await buildApi({ stores: opened.stores });
    const post = async (url: string, payload: object = {}) =>
      rig.server.inject({ method: 'POST', url, headers: JSON_TYPE, payload });
    const start = (symbol: string, priority: string) =>
      post('/api/training/start-auto', { symbols: [symbol], priority });
    expect((await start('ETHUSDT', 'training-low')).statusCode).toBe(202);
    expect((await start('BTCUSDT', 'training-high')).statusCode).toBe(202);
    const jobs = listAnswer('jobs', job);
    const queue = await get(rig, '/api/training/jobs?status=pending', jobs);
    expect(queue.jobs.map(({ unifiedSymbol }) => unifiedSymbol)).toEqual([KEY.symbol, 'ETH/USDT']);
    const cancel = `/api/training/jobs/${queue.jobs[0]?.jobId}/cancel`;
    expect(job.parse((await post(cancel)).json()).status).toBe('cancelled');
    expect((await post(cancel)).statusCode).toBe(409);
    expect((await get(rig, '/api/training/jobs?status=pending', jobs)).total).toBe(1);
  });
});
