import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { report } from '../../src/api/contract/models.js';
import { repairs } from '../../src/api/contract/data-repair.js';
import { workers } from '../../src/api/contract/workers.js';
import { dataQuality } from '../../src/api/routes/data-quality.js';
import type { DataRepair } from '../../src/api/context/api-context.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { aModelRecord, aWorker, SERIES_KEY, START_MS } from '../storage/rows.js';
import { buildApi, fillStores, type ApiRig } from './api-rig.js';

/** Lists that no use makes long, or that are paged in another way. */
const BOUNDED: Readonly<Record<string, string>> = {
  '/api/account': 'currencies of one account',
  '/api/backtests/{id}': 'figures of one run',
  '/api/candles/{symbol}': 'paged by the time of `to`',
  '/api/decisions/reasons': 'one row a kind of reason',
  '/api/experiments/{id}': 'variants and series of one experiment, at most 1,000 jobs',
  '/api/health': 'one row a check',
  '/api/logs': 'the newest lines that are kept, at most 1,000',
  '/api/lookalikes/{symbol}': 'as many as `k` says',
  '/api/models/compare': 'the newest versions of one key, as many as `limit` says',
  '/api/models/insight/{uid}': 'features and bins of one model',
  '/api/predictions/top': 'the first ones by their move, as many as `limit` says',
  '/api/settings': 'one row a setting',
  '/api/status': 'what this daemon is set to follow',
  '/api/training/status': 'what holds the queue',
};
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];

interface Schema {
  readonly type?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

let opened: TestDatabase;
let rig: ApiRig;

beforeAll(async () => {
  opened = await openTestDatabase();
  const { stores } = opened;
  await fillStores(stores);
  await stores.series.ensure({ ...SERIES_KEY, symbol: 'SOL/USDT', marketId: 'SOLUSDT' });
  for (const symbol of SYMBOLS) await stores.models.insert(aModelRecord({ symbol }));
  for (const host of ['one', 'two', 'three']) await stores.workers.register(aWorker({ host }));
  rig = await buildApi({ stores, dataRepair: REPAIRED });
});
afterAll(async () => {
  await rig.server.close();
  await opened.database.close();
});

const get = async (url: string) =>
  (await rig.server.inject({ url, headers: { host: '127.0.0.1' } })).json<unknown>();

test('every list of the API is read in pages, but for those that stay short', async () => {
  const { paths } = (await get('/docs/json')) as {
    readonly paths: Readonly<Record<string, { readonly get?: Operation }>>;
  };
  const unpaged = Object.entries(paths).flatMap(([path, { get: read }]) => {
    const schema = read?.responses['200']?.content?.['application/json']?.schema;
    const lists = Object.values(schema?.properties ?? {}).filter(({ type }) => type === 'array');
    const named = new Set(read?.parameters?.map(({ name }) => name));
    return lists.length === 0 || (named.has('limit') && named.has('offset')) ? [] : [path];
  });
  expect(unpaged.filter((path) => !(path in BOUNDED))).toEqual([]);
  // What has been given pages since does not stay on the list.
  expect(Object.keys(BOUNDED).filter((path) => !unpaged.includes(path))).toEqual([]);
});

describe('a page', () => {
  test('of the quality of series has those that follow the ones before it', async () => {
    const symbols = async (query: string) => {
      const { total, series } = dataQuality.parse(await get(`/api/data/quality${query}`));
      expect(total).toBe(3);
      return series.map((one) => one.unified_symbol);
    };
    const all = await symbols('');
    expect(all).toHaveLength(3);
    expect(await symbols('?limit=2')).toEqual(all.slice(0, 2));
    expect(await symbols('?limit=2&offset=2')).toEqual(all.slice(2));
    expect(await symbols('?limit=2&offset=4')).toEqual([]);
  });

  test('of the report of models is summed up over all of them', async () => {
    const page = report.parse(await get('/api/models/report?limit=1&offset=1'));
    expect(page).toMatchObject({ total: 3, summary: { unique_symbols: 3 } });
    expect(page.models.map((one) => one.unified_symbol)).toEqual(['ETH/USDT']);
  });

  test('of repairs and of workers says how many there are', async () => {
    const repaired = repairs.parse(await get('/api/data/repairs?limit=2&offset=1'));
    expect(repaired.total).toBe(3);
    expect(repaired.repairs.map((one) => one.unified_symbol)).toEqual(['ETH/USDT', 'SOL/USDT']);
    const seen = workers.parse(await get('/api/workers?limit=2&offset=2'));
    expect([seen.total, seen.workers.length]).toEqual([3, 1]);
  });
});

const REPAIRED: DataRepair = {
  begin: () => 0,
  list: () =>
    SYMBOLS.map((symbol) => ({
      key: { venue: SERIES_KEY.venue, symbol, timeframe: '1h' as const },
      isUnderWay: false,
      last: { endedAt: START_MS, found: 1, missing: 0 },
      error: undefined,
    })),
};
