import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { errorAnswer } from '../../src/api/contract/common.js';
import { seededRandom, type Random } from '../../src/lib/seeded-random.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildApi, fillStores, type ApiRig, type RigOptions } from './api-rig.js';

const TOKEN = 'a-token-of-sixteen-or-more';
const REQUESTS = process.env['EVENKEEL_TEST_LONG'] === 'true' ? 100_000 : 500;

let opened: TestDatabase;
const rigs: ApiRig[] = [];

beforeAll(async () => {
  opened = await openTestDatabase();
  await fillStores(opened.stores);
});
afterEach(async () => {
  await Promise.all(rigs.splice(0).map(({ server }) => server.close()));
});
afterAll(() => opened.database.close());

async function build(options: Partial<RigOptions> = {}): Promise<ApiRig> {
  const rig = await buildApi({ stores: opened.stores, ...options });
  rigs.push(rig);
  return rig;
}

const HOST = '127.0.0.1:8420';

describe('Host and Origin', () => {
  test.each(['evil.example', '127.0.0.1.evil.example', '10.0.0.1:8420', 'localhost.evil:80'])(
    'a foreign Host is refused on loopback: "%s"',
    async (host) => {
      const { server } = await build();
      const answer = await server.inject({ url: '/api/status', headers: { host } });
      expect(answer.statusCode).toBe(403);
      expect(errorAnswer.parse(answer.json()).error.field).toBe('host');
    },
  );

  test.each(['127.0.0.1:8420', 'localhost:8420', 'LOCALHOST', '[::1]:8420'])(
    'this machine by any of its names is let in: %s',
    async (host) => {
      const { server } = await build();
      expect((await server.inject({ url: '/api/status', headers: { host } })).statusCode).toBe(200);
    },
  );

  test.each(['http://evil.example', 'null', 'http://127.0.0.1:9', 'https://localhost:8420'])(
    'a foreign Origin is refused: %s',
    async (origin) => {
      const { server } = await build();
      const answer = await server.inject({ url: '/api/status', headers: { host: HOST, origin } });
      expect(answer.statusCode).toBe(403);
      expect(errorAnswer.parse(answer.json()).error.field).toBe('origin');
    },
  );

  test('the page itself may ask', async () => {
    const { server } = await build();
    const headers = { host: HOST, origin: `http://${HOST}` };
    expect((await server.inject({ url: '/api/status', headers })).statusCode).toBe(200);
  });

  test('on an address that others reach any Host is let in, but nobody without the token', async () => {
    const { server } = await build({ host: '0.0.0.0', token: TOKEN });
    const headers = { host: 'trader.example:8420' };
    expect((await server.inject({ url: '/api/status', headers })).statusCode).toBe(401);
    const allowed = { ...headers, authorization: `Bearer ${TOKEN}` };
    expect((await server.inject({ url: '/api/status', headers: allowed })).statusCode).toBe(200);
  });
});

describe('the token', () => {
  const wrong = [undefined, '', 'Bearer', 'Bearer ', `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}x`];

  test.each([...wrong, `Bearer ${TOKEN.slice(1)}`, `bearer${TOKEN}`])(
    'is required on every call with data, and "%s" is not it',
    async (authorization) => {
      const { server } = await build({ token: TOKEN });
      const headers = { host: HOST, ...(authorization === undefined ? {} : { authorization }) };
      for (const url of ['/api/status', '/api/signals', '/api/health', '/metrics', '/api/none']) {
        const answer = await server.inject({ url, headers });
        expect([url, answer.statusCode]).toEqual([url, 401]);
        expect(answer.body).not.toContain(TOKEN);
      }
    },
  );

  test('lets in who has it', async () => {
    const { server } = await build({ token: TOKEN });
    const headers = { host: HOST, authorization: `Bearer ${TOKEN}` };
    expect((await server.inject({ url: '/api/status', headers })).statusCode).toBe(200);
    expect((await server.inject({ url: '/metrics', headers })).statusCode).toBe(200);
  });

  test('is not needed for the page and the documentation, which hold no data', async () => {
    const { server } = await build({ token: TOKEN });
    for (const url of ['/', '/models', '/assets/main.js', '/docs/', '/api/session']) {
      const answer = await server.inject({ url, headers: { host: HOST } });
      expect(answer.statusCode).not.toBe(401);
    }
  });

  test.each([
    '/assets/../api/status',
    '/assets/%2e%2e/api/status',
    '/docs/../api/status',
    '//api/status',
    '/docs/%2e%2e/api/status',
  ])('is not got around by the way a path is written: %s', async (url) => {
    const { server } = await build({ token: TOKEN });
    const answer = await server.inject({ url, headers: { host: HOST } });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain('run_uid');
  });
});

describe('writes', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', undefined])(
    'need a JSON content type, so that a form of another page cannot send one: %s',
    async (type) => {
      const { server } = await build();
      const headers = { host: HOST, ...(type === undefined ? {} : { 'content-type': type }) };
      const answer = await server.inject({ method: 'POST', url: '/api/x', headers, payload: '{}' });
      expect(answer.statusCode).toBe(415);
      expect(errorAnswer.parse(answer.json()).error.field).toBe('content-type');
    },
  );

  test('a body that is too long or no JSON is refused', async () => {
    const { server } = await build();
    const headers = { host: HOST, 'content-type': 'application/json' };
    for (const payload of ['{', 'x'.repeat(70_000)]) {
      const answer = await server.inject({ method: 'POST', url: '/api/x', headers, payload });
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
    }
  });
});

test('/metrics is text that Prometheus reads', async () => {
  const rig = await build();
  const answer = await rig.server.inject({ url: '/metrics', headers: { host: HOST } });
  expect(answer.headers['content-type']).toMatch(/^text\/plain/);
});

test('answers tell a browser to keep to itself', async () => {
  const { server } = await build();
  const { headers } = await server.inject({ url: '/', headers: { host: HOST } });
  expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
  expect(headers['x-frame-options']).toBe('DENY');
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('a defect is logged with its stack and answered without it', async () => {
  const rig = await build({
    stores: {
      ...opened.stores,
      signals: Object.assign(Object.create(opened.stores.signals) as typeof opened.stores.signals, {
        list: () => Promise.reject(new Error('canary at /secret/path')),
      }),
    },
  });
  const answer = await rig.server.inject({ url: '/api/signals', headers: { host: HOST } });
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toMatch(/canary|secret|at /);
  expect(rig.logger.lines.join()).toContain('canary at /secret/path');
});

/** Values that break programs, and some that are fine. */
const NASTY = [
  ...['', ' ', '0', '-1', '1e309', 'NaN', 'null', 'undefined', 'true', '9007199254740993', '١٢'],
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE signals; --',
    '%',
    '%00',
    '%ff',
    '%2e%2e%2f',
    '../../etc/passwd',
  ],
  ...['<img src=x onerror=alert(1)>', '{{7*7}}', '${7*7}', '\u0000', '🚀'.repeat(60)],
  ...['a'.repeat(5000), '__proto__', 'constructor', 'toString', 'hasOwnProperty', '[]', '{}'],
  ...['BTCUSDT', 'BTC/USDT', '1h', 'catboost', '10', 'kraken'],
];

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, object>> }>
  >;
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

test(`${REQUESTS} hostile requests from the OpenAPI document bring no 5xx`, async () => {
  const { server, logger } = await build();
  const document = await server.inject({ url: '/docs/json', headers: { host: HOST } });
  const { paths } = document.json<{ paths: Paths }>();
  expect(Object.keys(paths).filter((path) => isStream(paths[path]?.['get']))).toEqual([
    '/api/events',
    '/api/logs/stream',
  ]);
  const random = seededRandom('f00d'.repeat(8));
  const codes = new Map<number, number>();
  for (let request = 0; request < REQUESTS; request++) {
    const { method, url } = hostileRequest(paths, random);
    const answer = await server.inject({ method, url, headers: { host: HOST } });
    expect([method, url, answer.statusCode >= 500]).toEqual([method, url, false]);
    codes.set(answer.statusCode, (codes.get(answer.statusCode) ?? 0) + 1);
    if (answer.statusCode >= 400 && method !== 'HEAD') errorAnswer.parse(answer.json());
  }
  // Were every request refused at the door, nothing behind it would have been tried.
  expect(codes.get(200) ?? 0).toBeGreaterThan(REQUESTS / 20);
  expect(codes.get(400) ?? 0).toBeGreaterThan(REQUESTS / 20);
  expect(logger.lines.filter((line) => line.startsWith('error'))).toEqual([]);
}, 600_000);

function hostileRequest(paths: Paths, random: Random) {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const encode = (text: string): string => {
    // Now and then as it is: a client that does not encode.
    if (random() < 0.1) return text.replace(/[^\x21-\x7e]/g, '');
    return encodeURIComponent(text);
  };
  // A stream has no end to wait for; `events.test.ts` is about them.
  const ending = Object.entries(paths).filter(([, { get }]) => !isStream(get));
  const [path, operations] = pick(ending);
  const [, operation] = pick(Object.entries(operations));
  const url = path.replaceAll(/\{\w+\}/g, () => encode(pick(NASTY)) || 'BTCUSDT');
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && random() < 0.3)
    .map(({ name }) => `${name}=${encode(pick(NASTY))}`);
  const method = pick(['GET', 'GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'DELETE'] as const);
  return { method, url: query.length === 0 ? url : `${url}?${query.join('&')}` };
}

function isStream(operation?: Operation): boolean {
  return operation?.responses['200']?.content?.['text/event-stream'] !== undefined;
}
