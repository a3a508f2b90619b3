import { createHash } from 'node:crypto';
import { messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import { EMBEDDING_SIZE, EMBEDDING_VERSION } from '../transform/embed-windows.js';

export interface QdrantOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** A series as points know it. */
export interface PointSeries {
  readonly venue: string;
  readonly symbol: string;
  readonly timeframe: string;
}

export interface StoredWindow {
  /** Number of its last bar. */
  readonly index: number;
  /** Of the 64 bars since the epoch that it ends in: results are grouped by it. */
  readonly stretch: number;
  readonly values: readonly number[];
}

export interface QdrantSearch {
  readonly venue: string;
  readonly timeframe: string;
  readonly symbols: readonly string[];
  readonly values: readonly number[];
  /** Last bar that a window may end with. */
  readonly lastIndex: number;
  /** Stretches of time that are looked for. */
  readonly count: number;
}

export interface QdrantHit {
  readonly symbol: string;
  readonly index: number;
  readonly distance: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const POINTS_A_REQUEST = 500;
const INDEXED_FIELDS = {
  venue: 'keyword',
  symbol: 'keyword',
  bar: 'integer',
  stretch: 'integer',
} as const;

/** The windows of a timeframe in a collection of Qdrant, over its REST interface. */
export class QdrantStore {
  readonly #options: QdrantOptions;
  readonly #ready = new Set<string>();

  constructor(options: QdrantOptions) {
    this.#options = options;
  }

  /** Writes windows; one that is there already is written over. On the disk there when this returns. */
  async put(series: PointSeries, windows: readonly StoredWindow[]): Promise<void> {
    const collection = await this.#ensure(series.timeframe);
    for (let from = 0; from < windows.length; from += POINTS_A_REQUEST) {
      const points = windows.slice(from, from + POINTS_A_REQUEST).map((window) => ({
        id: pointId(series, window.index),
        vector: window.values,
        payload: {
          venue: series.venue,
          symbol: series.symbol,
          bar: window.index,
          stretch: window.stretch,
        },
      }));
      await this.#send('PUT', `${collection}/points?wait=true`, { points });
    }
  }

  /** Takes out the windows of a series that end with that bar or later. */
  async cut(series: PointSeries, fromIndex: number): Promise<void> {
    const collection = await this.#ensure(series.timeframe);
    const filter = {
      must: [
        { key: 'venue', match: { value: series.venue } },
        { key: 'symbol', match: { value: series.symbol } },
        { key: 'bar', range: { gte: fromIndex } },
      ],
    };
    await this.#send('POST', `${collection}/points/delete?wait=true`, { filter });
  }

  /** The nearest window of each stretch of time, nearest first. */
  async search(search: QdrantSearch): Promise<QdrantHit[]> {
    const collection = await this.#ensure(search.timeframe);
    const answer = await this.#send('POST', `${collection}/points/query/groups`, {
      query: search.values,
      group_by: 'stretch',
      group_size: 1,
      limit: search.count,
      with_payload: ['symbol', 'bar'],
      params: { exact: true },
      filter: {
        must: [
          { key: 'venue', match: { value: search.venue } },
          { key: 'symbol', match: { any: search.symbols } },
          { key: 'bar', range: { lte: search.lastIndex } },
        ],
      },
    });
    return readGroups(answer).sort((one, other) => one.distance - other.distance);
  }

  /** Makes the collection and the indexes that filters and groups need; both may be there already. */
  async #ensure(timeframe: string): Promise<string> {
    const collection = `/collections/evenkeel_windows_v${EMBEDDING_VERSION}_${timeframe}`;
    if (this.#ready.has(collection)) return collection;
    const { exists } = (await this.#send('GET', `${collection}/exists`)) as { exists?: boolean };
    if (exists !== true) {
      await this.#send('PUT', collection, {
        vectors: { size: EMBEDDING_SIZE, distance: 'Euclid' },
      });
    }
    for (const [field_name, field_schema] of Object.entries(INDEXED_FIELDS)) {
      await this.#send('PUT', `${collection}/index?wait=true`, { field_name, field_schema });
    }
    this.#ready.add(collection);
    return collection;
  }

  /** @returns `result` of the answer */
  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const { url, apiKey } = this.#options;
    const response = await this.#request(new URL(path, url), {
      method,
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { 'api-key': apiKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return ((await response.json()) as { result?: unknown }).result ?? {};
    const reason = `Qdrant answers ${response.status} to ${method} ${path}`;
    if (response.status >= 500 || response.status === 429) throw new TransientError(reason);
    throw new RejectedError(`${reason}; look at QDRANT_URL and QDRANT_API_KEY`);
  }

  async #request(url: URL, request: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...request, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    } catch (cause) {
      throw new TransientError(`Qdrant does not answer: ${messageOf(cause)}`, { cause });
    }
  }
}

function readGroups(answer: unknown): QdrantHit[] {
  const { groups = [] } = answer as {
    groups?: { hits: { score: number; payload: { symbol: string; bar: number } }[] }[];
  };
  return groups.flatMap(({ hits }) =>
    hits.map(({ score, payload }) => ({
      symbol: payload.symbol,
      index: payload.bar,
      distance: score,
    })),
  );
}

/** The same window always has the same id, in the form of a UUID. */
function pointId({ venue, symbol, timeframe }: PointSeries, index: number): string {
  const text = `${venue} ${symbol} ${timeframe} ${index}`;
  const hex = createHash('sha256').update(text).digest('hex');
  return [8, 12, 16, 20, 32].map((end, at) => hex.slice([0, 8, 12, 16, 20][at], end)).join('-');
}
