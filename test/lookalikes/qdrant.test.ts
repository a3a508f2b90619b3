import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RejectedError, TransientError } from '../../src/lib/errors.js';
import { QdrantStore } from '../../src/lookalikes/qdrant/qdrant-store.js';

interface Sent {
  readonly call: string;
  readonly key: string | undefined;
  readonly body: unknown;
}

const SERIES = { venue: 'binance', symbol: 'BTC/USDT', timeframe: '1h' };
const COLLECTION = '/collections/evenkeel_windows_v1_1h';

/**
 * Answers of the calls in the shapes of Qdrant's REST reference (api.qdrant.tech, 1.11 and later): collection exists,
 * create collection, create payload index, upsert points, delete points by filter, query points in groups.
 */
const ANSWERS: Readonly<Record<string, unknown>> = {
  [`GET ${COLLECTION}/exists`]: { exists: false },
  [`PUT ${COLLECTION}`]: true,
  [`PUT ${COLLECTION}/index?wait=true`]: { operation_id: 1, status: 'completed' },
  [`PUT ${COLLECTION}/points?wait=true`]: { operation_id: 2, status: 'completed' },
  [`POST ${COLLECTION}/points/delete?wait=true`]: { operation_id: 3, status: 'completed' },
  [`POST ${COLLECTION}/points/query/groups`]: {
    groups: [
      { id: 12, hits: [hit(790, 0.5)] },
      { id: 9, hits: [hit(600, 0.25)] },
    ],
  },
};

function hit(bar: number, score: number): object {
  const payload = { symbol: 'BTC/USDT', bar };
  return { id: '5c56c793-69f3-4fbf-87e6-c4bf54c28c26', version: 2, score, payload };
}

describe('windows in Qdrant', () => {
  let server: Server;
  let sent: Sent[];
  let status: number;
  let store: QdrantStore;

  beforeEach(async () => {
    [sent, status] = [[], 200];
    server = createServer((request, response) => {
      void read(request).then((one) => {
        sent.push(one);
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ time: 0.001, status: 'ok', result: ANSWERS[one.call] }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    store = new QdrantStore({ url: `http://127.0.0.1:${port}`, apiKey: 'key' });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('are written once the collection and its indexes are there, under ids that stay the same', async () => {
    const windows = [{ index: 600, stretch: 9, values: [0.5, -1] }];
    await store.put(SERIES, windows);
    await store.put(SERIES, windows);
    const calls = sent.map(({ call }) => call);
    expect(calls.slice(0, 6)).toEqual([
      `GET ${COLLECTION}/exists`,
      `PUT ${COLLECTION}`,
      ...Array.from({ length: 4 }, () => `PUT ${COLLECTION}/index?wait=true`),
    ]);
    expect(sent[1]?.body).toEqual({ vectors: { size: 64, distance: 'Euclid' } });
    expect(sent[2]?.body).toEqual({ field_name: 'venue', field_schema: 'keyword' });
    expect(calls.slice(6)).toEqual(
      Array.from({ length: 2 }, () => `PUT ${COLLECTION}/points?wait=true`),
    );
    const { points } = sent[6]?.body as { points: { id: string; vector: number[] }[] };
    expect(points[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
      vector: [0.5, -1],
      payload: { venue: 'binance', symbol: 'BTC/USDT', bar: 600, stretch: 9 },
    });
    expect(sent[7]?.body).toEqual(sent[6]?.body);
    expect(sent.every(({ key }) => key === 'key')).toBe(true);
  });

  it('are searched below a bar, one for each stretch of time, and listed nearest first', async () => {
    const search = { venue: 'binance', timeframe: '1h', symbols: ['BTC/USDT'], values: [1, 2] };
    expect(await store.search({ ...search, lastIndex: 800, count: 60 })).toEqual([
      { symbol: 'BTC/USDT', index: 600, distance: 0.25 },
      { symbol: 'BTC/USDT', index: 790, distance: 0.5 },
    ]);
    expect(sent.at(-1)?.body).toEqual({
      ...{ query: [1, 2], group_by: 'stretch', group_size: 1, limit: 60 },
      ...{ with_payload: ['symbol', 'bar'], params: { exact: true } },
      filter: {
        must: [
          { key: 'venue', match: { value: 'binance' } },
          { key: 'symbol', match: { any: ['BTC/USDT'] } },
          { key: 'bar', range: { lte: 800 } },
        ],
      },
    });
    await store.cut(SERIES, 700);
    expect(sent.at(-1)?.body).toMatchObject({
      filter: { must: [{ key: 'venue' }, { key: 'symbol' }, { key: 'bar', range: { gte: 700 } }] },
    });
  });

  it('are asked for again after a fault of the server, and refused after one of ours', async () => {
    status = 503;
    await expect(store.put(SERIES, [])).rejects.toThrow(TransientError);
    status = 403;
    await expect(store.put(SERIES, [])).rejects.toThrow(RejectedError);
    const away = new QdrantStore({ url: 'http://127.0.0.1:9', apiKey: 'secret' });
    const error: unknown = await away.put(SERIES, []).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransientError);
    expect(String(error)).not.toContain('secret');
  });
});

async function read(request: IncomingMessage): Promise<Sent> {
  let text = '';
  for await (const part of request) text += String(part);
  const { method = '', url = '', headers } = request;
  const key = headers['api-key'];
  return {
    call: `${method} ${url}`,
    key: typeof key === 'string' ? key : undefined,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
