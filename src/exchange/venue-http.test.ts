import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { TransientError } from '../lib/errors.js';
import { ManualClock } from '../lib/manual-clock.js';
import { VenueHttp } from './venue-http.js';

const GET = { method: 'GET', headers: {} };
const NOW = Date.parse('2026-03-01T12:00:00Z');

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/path?signature=canary-1`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
  server = undefined;
});

function client(timeoutMs = 2_000): { http: VenueHttp; clock: ManualClock } {
  const clock = new ManualClock(NOW);
  return { http: new VenueHttp({ clock, timeoutMs }), clock };
}

describe('Retry-After', () => {
  test.each([
    [429, '30', 30_000],
    [418, '120', 120_000],
    [503, 'Sun, 01 Mar 2026 12:00:10 GMT', 10_000],
    // A ban of days is asked about again after 15 minutes.
    [418, '999999', 900_000],
    [429, 'soon', 0],
    [200, '30', 0],
  ])('%d with %s holds for %d ms', async (status, header, expectedMs) => {
    const url = await serve((_, response) => {
      response.writeHead(status, { 'retry-after': header });
      response.end('{}');
    });
    const { http } = client();
    await http.fetch(url, GET);
    expect(http.retryAfterMs()).toBe(expectedMs);
  });

  test('sends nothing more until it is over', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(429, { 'retry-after': '5' });
      response.end('{}');
    });
    const { http, clock } = client();
    await http.fetch(url, GET);
    await expect(http.fetch(url, GET)).rejects.toThrow(/asked to wait 5 s more/);
    expect(requests).toBe(1);
    await clock.advance(5_000);
    await http.fetch(url, GET);
    expect(requests).toBe(2);
  });
});

describe('answers', () => {
  test('come with status, headers and whole body', async () => {
    const url = await serve((_, response) => {
      response.writeHead(400, { 'x-used-weight': '7' });
      response.write('{"code":');
      response.end('-1121}');
    });
    const answer = await client().http.fetch(url, GET);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-used-weight')).toBe('7');
    expect(JSON.parse(await answer.text())).toEqual({ code: -1121 });
  });

  test('that lead elsewhere are not followed', async () => {
    const url = await serve((_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' });
      response.end();
    });
    await expect(client().http.fetch(url, GET)).rejects.toThrow(TransientError);
  });

  test('that are not JSON are no answers', async () => {
    const bodies = ['', '  <!doctype html>', 'Service is being updated'];
    const url = await serve((_, response) => response.end(bodies.shift()));
    const { http } = client();
    await expect(http.fetch(url, GET)).rejects.toThrow(/it is empty/);
    await expect(http.fetch(url, GET)).rejects.toThrow(/a web page/);
    await expect(http.fetch(url, GET)).rejects.toThrow(/some text/);
  });

  test('that announce more than any venue sends are refused unread', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': String(2 ** 31) });
      response.write('[');
    });
    await expect(client().http.fetch(url, GET)).rejects.toThrow(/an answer of 2147483648 bytes/);
  });
});

describe('failures', () => {
  test('name the request without its query', async () => {
    const url = await serve((request) => request.socket.destroy());
    const failure = await client()
      .http.fetch(url, GET)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientError);
    expect(String(failure)).toContain('GET http://127.0.0.1');
    expect(String(failure)).not.toContain('canary');
  });

  test('of a server that never answers end at the deadline', async () => {
    const url = await serve(() => undefined);
    await expect(client(50).http.fetch(url, GET)).rejects.toThrow(/no full answer within 50 ms/);
  });

  test('stop() ends what is in flight and refuses what comes after', async () => {
    const { http } = client();
    const url = await serve(() => http.stop());
    await expect(http.fetch(url, GET)).rejects.toThrow(/was stopped/);
    await expect(http.fetch(url, GET)).rejects.toThrow(/is stopped/);
  });
});

describe('a venue that keeps this machine out', () => {
  async function answering(status: number, body: string) {
    let requests = 0;
    const url = await serve((_, response) => {
      requests++;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body);
    });
    return { url, ...client(), requests: () => requests };
  }

  test('is left alone until the time that its ban states, without a Retry-After', async () => {
    const untilMs = NOW + 3_600_000;
    const body = JSON.stringify({ code: -1003, msg: `Way too much; IP banned until ${untilMs}.` });
    const { url, http, clock, requests } = await answering(418, body);
    await http.fetch(url, GET);
    expect(http.retryAfterMs()).toBe(3_600_000);
    await clock.advance(3_599_000);
    await expect(http.fetch(url, GET)).rejects.toThrow(/asked to wait 1 s more after HTTP 418/);
    expect(requests()).toBe(1);
    await clock.advance(1_000);
    await http.fetch(url, GET);
    expect(requests()).toBe(2);
  });

  test.each([403, 451])(
    'is asked only every five minutes after %d, and the reason is kept',
    async (status) => {
      const { url, http, clock, requests } = await answering(
        status,
        '{"msg":"restricted location"}',
      );
      await http.fetch(url, GET);
      const trouble = http.trouble;
      expect(trouble).toMatchObject({ since: NOW, isRefused: true });
      expect(trouble?.reason).toMatch(
        new RegExp(`^HTTP ${status} from .*/path: .*restricted location`),
      );
      expect(trouble?.reason).not.toContain('canary');
      for (let minute = 0; minute < 4; minute++) {
        await clock.advance(60_000);
        await expect(http.fetch(url, GET)).rejects.toThrow(/restricted location/);
      }
      expect(requests()).toBe(1);
      await clock.advance(60_000);
      await http.fetch(url, GET);
      expect(requests()).toBe(2);
    },
  );

  test('is in trouble since its first failure, until it answers', async () => {
    let status = 503;
    const url = await serve((_, response) => {
      response.writeHead(status);
      response.end('{}');
    });
    const { http, clock } = client();
    await http.fetch(url, GET);
    await clock.advance(60_000);
    await http.fetch(url, GET);
    expect(http.trouble).toMatchObject({ since: NOW, isRefused: false });
    status = 200;
    await http.fetch(url, GET);
    expect(http.trouble).toBeUndefined();
  });
});
