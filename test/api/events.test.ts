import { get as httpGet, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../../src/lib/clock.js';
import { EventHub, MAX_EVENT_CLIENTS } from '../../src/monitoring/event-hub.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildApi, type ApiRig } from './api-rig.js';

const TOKEN = 'a-token-of-sixteen-or-more';

let opened: TestDatabase;
let hub: EventHub;
let rig: ApiRig;
let port: number;

beforeEach(async () => {
  opened = await openTestDatabase();
  hub = new EventHub({ clock: new SystemClock(), runUid: 'RUN' });
  rig = await buildApi({ stores: opened.stores, events: hub, logStream: hub, token: TOKEN });
  await rig.server.listen({ host: '127.0.0.1', port: 0 });
  port = (rig.server.server.address() as AddressInfo).port;
});

afterEach(async () => {
  hub.stop();
  await rig.server.close();
  await opened.database.close();
});

/** A connection to the events, with what has come through it. */
class Stream {
  text = '';
  hasEnded = false;

  constructor(readonly answer: IncomingMessage) {
    answer.setEncoding('utf8');
    answer.on('data', (chunk: string) => (this.text += chunk));
    answer.on('error', () => undefined);
    answer.on('close', () => (this.hasEnded = true));
  }

  close(): void {
    this.answer.destroy();
  }
}

function open(headers: Record<string, string> = {}, path = '/api/events'): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const request = httpGet(
      {
        ...{ host: '127.0.0.1', port, path, agent: false },
        headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      },
      (answer) => resolve(new Stream(answer)),
    );
    request.on('error', reject);
  });
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let look = 0; look < 500 && !holds(); look++) await sleep(10);
  expect(holds(), what).toBe(true);
}

describe('GET /api/events', () => {
  test('is a stream of what is published', async () => {
    const stream = await open();
    expect(stream.answer.statusCode).toBe(200);
    expect(stream.answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.answer.headers['x-content-type-options']).toBe('nosniff');
    hub.publish('signal', { symbol: 'BTCUSDT' });
    await until(() => stream.text.includes('\n\n'), 'an event');
    expect(stream.text).toBe('id: RUN-1\nevent: signal\ndata: {"symbol":"BTCUSDT"}\n\n');
    stream.close();
    await until(() => hub.clients === 0, 'nobody listens');
  });

  test('goes on after the last event that a client has seen', async () => {
    for (let n = 1; n <= 3; n++) hub.publish('signal', { n });
    const stream = await open({ 'last-event-id': 'RUN-1' });
    await until(() => stream.text.includes('"n":3'), 'the events since');
    expect(stream.text).not.toContain('"n":1');
    stream.close();
  });

  test.each([
    [{ authorization: 'Bearer wrong' }, 401],
    [{ host: 'evil.example' }, 403],
    [{ origin: 'http://evil.example' }, 403],
    [{ 'last-event-id': 'x'.repeat(101) }, 400],
  ])('is refused with %o: %i', async (headers: Record<string, string>, status) => {
    const stream = await open(headers);
    expect(stream.answer.statusCode).toBe(status);
    await until(() => stream.hasEnded, 'the end');
    expect(JSON.parse(stream.text)).toHaveProperty('error.message');
    expect(hub.clients).toBe(0);
  });

  test('makes no other work wait, as a call does until it is answered', async () => {
    const stream = await open();
    expect(rig.calls.seen).toBe(0);
    const status = await open({}, '/api/status');
    await until(() => status.hasEnded, 'the answer');
    expect(rig.calls.seen).toBe(1);
    await until(() => rig.calls.underWay === 0, 'the end of the call');
    stream.close();
  });

  test('has no HEAD, which would never end', async () => {
    const headers = { host: '127.0.0.1:1', authorization: `Bearer ${TOKEN}` };
    const url = '/api/events';
    const answer = await rig.server.inject({ method: 'HEAD', url, headers });
    expect(answer.statusCode).toBe(404);
  });

  test('takes so many listeners at once and says so to the next', async () => {
    const streams = await Promise.all(Array.from({ length: MAX_EVENT_CLIENTS }, () => open()));
    const refused = await open();
    expect(refused.answer.statusCode).toBe(503);
    await until(() => refused.hasEnded, 'the end');
    expect(refused.text).toContain('too_many_clients');
    for (const stream of streams) stream.close();
    await until(() => hub.clients === 0, 'nobody listens');
    (await open()).close();
  });

  test('ends at once when the daemon stops, with clients connected', async () => {
    const streams = await Promise.all(Array.from({ length: 5 }, () => open()));
    hub.stop();
    await until(() => streams.every(({ hasEnded }) => hasEnded), 'all streams end');
    for (const { text } of streams) expect(text).toContain('event: stopping');
    const late = await open();
    expect(late.answer.statusCode).toBe(503);
    await until(() => late.hasEnded, 'the end');
    await rig.server.close();
  });

  test('a listener that reads nothing is sent away, and the others hear everything', async () => {
    const deaf = await open();
    deaf.answer.pause();
    deaf.answer.removeAllListeners('data');
    const other = await open();
    const blob = 'x'.repeat(64 * 1024);
    for (let n = 0; n < 200 && hub.clients === 2; n++) {
      hub.publish('job.progress', { n, blob });
      await sleep(1);
    }
    await until(() => hub.clients === 1, 'the deaf one is gone');
    hub.publish('signal', { last: true });
    await until(() => other.text.includes('"last":true'), 'the last event');
    deaf.close();
    other.close();
  });

  test('clients that come and go leave nothing behind', async () => {
    for (let round = 0; round < 20; round++) {
      const streams = await Promise.all(Array.from({ length: 10 }, () => open()));
      hub.publish('signal', { round });
      for (const stream of streams) stream.close();
    }
    await until(() => hub.clients === 0, 'nobody listens');
    const connections = await new Promise<number>((resolve, reject) => {
      rig.server.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
    expect(connections).toBe(0);
  });
});

describe('GET /api/logs/stream', () => {
  test('is a stream of the lines that match, and goes on after the one that is named', async () => {
    const line = (id: number, level: 'info' | 'warn', job: string) => ({
      ...{ id, time: '2026-01-01T00:00:00.000Z', level, message: `line ${id}`, fields: { job } },
    });
    const stream = await open({}, '/api/logs/stream?level=warn&job=J1');
    hub.publish('log', line(1, 'warn', 'J1'));
    hub.publish('log', line(2, 'info', 'J1'));
    hub.publish('log', line(3, 'warn', 'J2'));
    hub.publish('log', line(4, 'warn', 'J1'));
    await until(() => stream.text.includes('line 4'), 'the last line');
    expect(stream.text.match(/line \d/g)).toEqual(['line 1', 'line 4']);
    stream.close();
    const later = await open({ 'last-event-id': 'RUN-1' }, '/api/logs/stream?level=warn&job=J1');
    await until(() => later.text.includes('line 4'), 'what was missed');
    expect(later.text.match(/line \d/g)).toEqual(['line 4']);
    later.close();
  });
});
