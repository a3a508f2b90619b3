import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import {
  collect,
  joinDaemon,
  type CollectOptions,
  type CollectOutcome,
  type CollectProgress,
} from '../../src/commands/collect.js';
import { chooseSeries } from '../../src/daemon/choose-series.js';
import { CollectionLease } from '../../src/daemon/collection-lease.js';
import { collectOnly } from '../../src/daemon/collect-only.js';
import type { Market } from '../../src/daemon/open-market.js';
import { CurrentPhase, type Base } from '../../src/daemon/phases.js';
import type { Stores } from '../../src/storage/stores.js';
import { VenueClock } from '../../src/exchange/venue-clock.js';
import { ConfigError, RejectedError, TransientError } from '../../src/lib/errors.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { DataDirLock, noteApiAddress } from '../../src/coordination/data-dir-lock.js';
import { forEachEngine } from '../database.js';
import { RecordingLogger } from '../exchange/recording-logger.js';
import { HOUR, ONE_DAY_BARS, T0 } from './collection-rig.js';

const POLL = { timeout: 15_000, interval: 2 };
const HOLDER = { pid: 4711, host: 'here', startedAt: '2024-05-01T00:00:00.000Z' };
const COLLECTION = {
  state: 'following',
  paused: false,
  series: 1,
  series_ready: 1,
  bars_done: 10,
  bars_wanted: 10,
  backfill_percent: 100,
  stale: [],
  quarantined: 0,
  up_to_date: true,
};
const STATUS = {
  state: 'running',
  symbols: [{ symbol: 'BTCUSDT', unified_symbol: 'BTC/USDT' }],
  timeframes: ['1h'],
  collection: COLLECTION,
  left_out: [],
};

let folder: string;
let clock: ManualClock;
let logger: RecordingLogger;
let stopping: AbortController;
let seen: CollectProgress[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-test-'));
  clock = new ManualClock(T0);
  logger = new RecordingLogger();
  stopping = new AbortController();
  seen = [];
});

afterEach(() => {
  stopping.abort(new Error('the test is over'));
  rmSync(folder, { recursive: true, force: true });
});

function options(environment: Record<string, string> = {}): CollectOptions {
  const { settings } = readSettings({
    DATA_DIR: folder,
    SYMBOLS: 'BTC/USDT',
    HISTORY_DAYS: '1',
    ...environment,
  });
  const onProgress = (progress: CollectProgress): void => void seen.push(progress);
  const { signal } = stopping;
  return { settings, version: '1.2.3', clock, logger, isOnce: false, signal, onProgress };
}

/** Lets manual time pass until the work has ended. */
async function passing(work: Promise<CollectOutcome>, stepMs = 1_000): Promise<CollectOutcome> {
  let isOver = false;
  const settled = work.finally(() => (isOver = true));
  settled.catch(() => undefined);
  await expect
    .poll(async () => {
      await clock.advance(stepMs);
      return isOver;
    }, POLL)
    .toBe(true);
  return settled;
}

/** Names of what is not collected. */
function leftOf(outcome: CollectOutcome): (string | undefined)[] {
  return 'left' in outcome ? outcome.left.map((text) => text.split(':')[0]) : [];
}

describe('joining a daemon', () => {
  let lock: DataDirLock;
  let server: Server;
  let answer: { status: number; body: unknown };
  let authorizations: (string | undefined)[];

  beforeEach(async () => {
    lock = new DataDirLock(folder);
    lock.acquire(HOLDER);
    answer = { status: 200, body: STATUS };
    authorizations = [];
    server = createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    noteApiAddress(folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    lock.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('lasts until all that it collects is up to date', async () => {
    answer.body = {
      ...STATUS,
      collection: {
        ...COLLECTION,
        state: 'backfilling',
        series_ready: 0,
        backfill_percent: 40,
        up_to_date: false,
      },
    };
    const joined = joinDaemon(options());
    await expect.poll(() => seen.at(-1)?.percentage, POLL).toBe(40);
    expect(seen.at(-1)).toMatchObject({ by: 'the daemon', state: 'backfilling' });
    answer.body = {
      ...STATUS,
      collection: { ...COLLECTION, stale: ['BTC/USDT 1h'], up_to_date: false },
    };
    await clock.advance(5_000);
    await expect.poll(() => seen.at(-1)?.percentage, POLL).toBe(100);
    answer.body = STATUS;
    expect(await passing(joined)).toEqual({ status: 'up-to-date', left: [] });
    expect(logger.lines.filter(({ message }) => message.includes('joining it'))).toHaveLength(1);
  });

  test('ends at once when it is asked to', async () => {
    answer.body = {
      ...STATUS,
      collection: { ...COLLECTION, state: 'paused', paused: true, up_to_date: false },
    };
    const joined = joinDaemon(options());
    await expect.poll(() => seen.at(-1)?.state, POLL).toBe('paused');
    stopping.abort(new Error('Ctrl+C'));
    expect(await joined).toEqual({ status: 'stopped', left: [] });
  });

  test('sends the token, and names it where it is another one', async () => {
    const apiToken = 'a-token-of-some-length';
    await joinDaemon(options({ API_TOKEN: apiToken }));
    expect(authorizations).toEqual([`Bearer ${apiToken}`]);
    answer = { status: 401, body: {} };
    await expect(joinDaemon(options())).rejects.toThrow(/API_TOKEN is not the one/);
    await expect(joinDaemon(options())).rejects.toThrow(ConfigError);
  });

  test('says which symbols and timeframes it does not collect, however they are written', async () => {
    const outcome = await joinDaemon(
      options({ SYMBOLS: 'btc-usdt,BTCUSDT,DOGE/USDT,all', TIMEFRAMES: '1h,4h' }),
    );
    expect(leftOf(outcome)).toEqual(['DOGE/USDT', '4h']);
  });

  test('is refused where it stands by for one elsewhere', async () => {
    answer.body = { ...STATUS, state: 'standing by' };
    await expect(joinDaemon(options())).rejects.toThrow(/stands by for another one/);
  });

  test('outlives answers that are none, and gives up after a minute of them', async () => {
    answer = { status: 500, body: { error: 'no' } };
    const joined = joinDaemon(options());
    await clock.advance(20_000);
    expect(seen).toEqual([]);
    await expect(passing(joined)).rejects.toThrow(TransientError);
    expect(clock.wallMs() - T0).toBeGreaterThan(60_000);
  });

  test('hands over half a minute after the daemon has ended, so that it may restart before', async () => {
    answer = { status: 500, body: {} };
    lock.stop();
    expect(await passing(joinDaemon(options()))).toEqual({ status: 'changed-hands' });
    expect(clock.wallMs() - T0).toBeGreaterThan(30_000);
    expect(clock.wallMs() - T0).toBeLessThan(60_000);
  });

  test('is what happens to a start beside it', async () => {
    expect(await collect(options())).toEqual({ status: 'up-to-date', left: [] });
    expect(authorizations).toHaveLength(1);
  });

  test('is not for another collection alone', async () => {
    lock.stop();
    lock.acquire({ ...HOLDER, program: 'npm run collect' });
    await expect(collect(options())).rejects.toThrow('npm run collect runs already: process 4711');
  });
});

const SPOT = ['BTC/USDT', 'ETH/USDT', 'ETH/BTC'].map((symbol) => ({
  symbol,
  marketId: symbol.replace('/', ''),
  base: symbol.slice(0, 3),
  quote: symbol.slice(4),
  sizeStep: undefined,
  minCost: undefined,
}));
const MARKET = {
  assertTimeframe: (timeframe: string) => {
    if (timeframe === '3m') throw new ConfigError('testvenue has no candles of 3m');
  },
  listSpot: (quote?: string) => SPOT.filter((one) => quote === undefined || one.quote === quote),
  resolveSymbol: (text: string) => {
    const found = SPOT.find(({ symbol, marketId }) => text === symbol || text === marketId);
    if (found === undefined) throw new RejectedError(`${text} is not a spot market`);
    return found;
  },
};

describe('what is wanted', () => {
  const asked = (symbols: string[], timeframes = ['1h'], primarySymbol?: string) =>
    chooseSeries({ symbols, timeframes, primarySymbol }, MARKET);

  test('is each market once, in the order of the names', () => {
    expect(asked(['ETHUSDT', 'BTC/USDT', 'ETH/USDT']).symbols).toEqual(['ETH/USDT', 'BTC/USDT']);
  });

  test('is, with all, every market in the currency of the primary one', () => {
    expect(asked(['all']).symbols).toEqual(['BTC/USDT', 'ETH/USDT']);
    expect(asked(['all'], ['1h'], 'ETH/BTC').symbols).toEqual(['ETH/BTC']);
  });

  test('leaves out by name what the venue does not have', () => {
    expect(asked(['BTC/USDT', 'NO/USDT'], ['3m', '1h'])).toEqual({
      symbols: ['BTC/USDT'],
      timeframes: ['1h'],
      refused: ['testvenue has no candles of 3m', 'NO/USDT is not a spot market'],
    });
  });

  test.each([
    [['NO/USDT'], ['1h']],
    [['BTC/USDT'], ['3m']],
    [['BTC/USDT'], ['7h']],
  ])('must leave something: %j %j', (symbols, timeframes) => {
    expect(() => asked(symbols, timeframes)).toThrow(/^Nothing to collect: /);
  });
});

forEachEngine((engine) => {
  describe('where another installation collects into the database', () => {
    const key = { venue: 'testvenue', symbol: 'BTC/USDT', timeframe: '1h' } as const;
    const paper = { venue: 'testvenue', account: 'paper' };

    async function opened() {
      const { stores } = await engine.open();
      const lease = (holder: string): CollectionLease =>
        new CollectionLease({ leases: stores.leases, clock, venue: 'testvenue', holder });
      return { stores, lease };
    }

    /** A daemon of `npm run collect`, as far as it is without API and venue. */
    function collectAs(place: string, stores: Stores, environment = {}) {
      const { settings } = options(environment);
      const base = {
        settings,
        stores,
        wallClock: clock,
        logger,
        place,
        stopping: stopping.signal,
      } as unknown as Base;
      const data = { venue: 'testvenue', clock: new VenueClock({ wall: clock }), ...MARKET };
      const phase = new CurrentPhase({ ...base, name: 'starting' });
      const running = collectOnly(base, { data } as unknown as Market, phase);
      const progress = () => {
        const now = phase.read();
        return now.name === 'watching' ? now.watch.progress : undefined;
      };
      const stop = (): Promise<void> => {
        stopping.abort(new Error('Ctrl+C'));
        return running;
      };
      return { phase, progress, stop };
    }

    test('a daemon that trades there is found, this installation’s own is none', async () => {
      const { stores, lease } = await opened();
      const nowMs = clock.wallMs();
      await stores.leases.acquire({ key: paper, holder: 'them', ttlMs: 60_000, nowMs });
      expect(await lease('us').findOther()).toBe('them');
      expect(await lease('them').findOther()).toBeUndefined();
    });

    test('of two that only collect the second finds the first, until it lets go', async () => {
      const { lease } = await opened();
      const [first, second] = [lease('one'), lease('two')];
      expect(await first.findOther()).toBeUndefined();
      expect(await second.findOther()).toBe('one');
      await second.stop();
      expect(await second.findOther()).toBe('one');
      await first.stop();
      expect(await second.findOther()).toBeUndefined();
    });

    test('the database shows the progress, until nothing is missing', async () => {
      const { stores, lease } = await opened();
      await lease('them').findOther();
      const { id } = await stores.series.ensure({ ...key, marketId: 'BTCUSDT' });
      const store = (from: number, to: number) =>
        stores.candles.upsert(
          id,
          Array.from({ length: to - from + 1 }, (_, index) => ({
            openTime: T0 + (from + index) * HOUR,
            open: 1,
            high: 1,
            low: 1,
            close: 1,
            volume: 1,
          })),
          'rest',
        );
      const half = ONE_DAY_BARS / 2;
      await store(-ONE_DAY_BARS, -half - 1);
      const watching = collectAs('us', stores, { SYMBOLS: 'BTC/USDT,ETH/USDT' });
      await expect.poll(watching.progress, POLL).toMatchObject({
        isUpToDate: false,
        percentage: 50,
        barsDone: half,
        barsWanted: ONE_DAY_BARS,
        seriesReady: 0,
        seriesTotal: 1,
      });
      await store(-half, -1);
      await clock.advance(2_000);
      await expect.poll(watching.progress, POLL).toMatchObject({
        isUpToDate: true,
        percentage: 100,
        seriesReady: 1,
        absent: ['ETH/USDT 1h'],
      });
      await watching.stop();
      expect(logger.lines.map(({ message }) => message)).toContain(
        'It does not collect ETH/USDT 1h',
      );
    });

    test('this one takes over when the other has ended', async () => {
      const { stores, lease } = await opened();
      const other = lease('them');
      await other.findOther();
      await stores.series.ensure({ ...key, marketId: 'BTCUSDT' });
      const watching = collectAs('us', stores);
      await expect.poll(watching.progress, POLL).toBeDefined();
      await other.stop();
      await clock.advance(2_000);
      await expect.poll(() => watching.phase.read().name, POLL).toBe('collecting');
      await watching.stop();
    });
  });
});
