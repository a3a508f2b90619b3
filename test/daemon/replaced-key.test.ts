import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, type Environment } from '../../config/read-settings.js';
import { assertNoBooksLeft } from '../../src/daemon/left-books.js';
import { ensureKeys, keysFile } from '../../src/demo/account/keys.js';
import { DemoExchange } from '../../src/demo/demo-server.js';
import { demoFolder } from '../../src/demo/market/run-state.js';
import { Money } from '../../src/domain/money.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import { SystemClock } from '../../src/lib/clock.js';
import { ConfigError } from '../../src/lib/errors.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildOrder, buildPosition } from '../trading/build-trading.js';
import { DaemonWorld, type DaemonInProcess } from './daemon-in-process.js';

const LIVE = { TRADING_MODE: 'live', EXCHANGE: 'demo', CONFIRM_LIVE: 'demo' } as const;

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 12);
}

describe('a daemon whose key was replaced at the exchange', () => {
  const clock = new SystemClock();
  let world: DaemonWorld;
  let demo: DemoExchange;
  let started: Awaited<ReturnType<DemoExchange['start']>>;

  beforeEach(async () => {
    world = new DaemonWorld();
    const options = { start: Date.UTC(2024, 2, 4, 10, 24), seed: 3, speed: 1, wall: clock };
    demo = new DemoExchange({
      ...{ ...options, dataDir: world.folder, weightPerMinute: 1e9, logger: SILENT_LOGGER },
    });
    started = await demo.start();
  });
  afterEach(async () => {
    await world.close();
    await demo.stop();
  });

  /** Makes a new key of the demo's account, which refuses the one before. */
  function replaceKey(): Environment {
    rmSync(keysFile(demoFolder(world.folder)), { force: true });
    const { apiKey, secret } = ensureKeys(demoFolder(world.folder));
    return { ...LIVE, EXCHANGE_API_KEY: apiKey, EXCHANGE_API_SECRET: secret };
  }

  function startDaemon(environment: Environment): DaemonInProcess {
    const { baseUrl, venue } = started;
    const at = { exchangeId: 'binance', baseUrl, venue, speed: 1, requestSpacingMs: 1 };
    return world.start(
      'one',
      {
        clock,
        openMarket: (_, { logger, stack }) => {
          const data = new CcxtMarketData({ ...at, clock, logger });
          return Promise.resolve({
            ...{ data: stack.use('exchange', data), isDemo: true, baseUrl, speed: 1 },
          });
        },
      },
      environment as Readonly<Record<string, string>>,
    );
  }

  it('is refused while the old books are halted, and goes on with them under LIVE_ACCOUNT', async () => {
    const old = replaceKey();
    const before = startDaemon(old);
    const { trading } = await before.untilState('running');
    const account = hashOf(old['EXCHANGE_API_KEY'] ?? '');
    expect(trading).toMatchObject({ mode: 'live', account, halt: null });
    const halt = { reason: 'a look at the account', author: 'test', close_all: false };
    expect((await before.post('/api/trading/halt', halt)).status).toBe(200);
    await before.stop();

    const replaced = replaceKey();
    const refused = await startDaemon(replaced).failure();
    expect(refused).toBeInstanceOf(ConfigError);
    expect(String(refused)).toContain(`${account} (active halts: 1)`);
    expect(String(refused)).toContain('Set the old key again');
    const books = await (await world.stores()).accounts.list(started.venue);
    expect(books.map((book) => book.account)).toEqual([account]);

    const after = startDaemon({ ...replaced, LIVE_ACCOUNT: account });
    const status = await after.untilState('running');
    expect(status.trading).toMatchObject({ account, halt: { reason: halt.reason } });
  }, 60_000);
});

describe('books of another key', () => {
  const venue = 'test';
  const [own, nowMs] = [hashOf('new-key'), 1_000_000];
  let opened: TestDatabase;
  beforeEach(async () => {
    opened = await openTestDatabase();
    await openBooks('old');
  });
  afterEach(() => opened.database.close());

  async function openBooks(account: string): Promise<void> {
    const currency = 'USDT';
    await opened.stores.accounts.ensure({ venue, account, currency, initialEquity: new Money(1) });
  }

  async function leaveOpen(account: string): Promise<void> {
    const { positions, orders } = opened.stores;
    await positions.insert(buildPosition({ account }));
    await orders.insert(buildOrder({ account, status: 'sent' }));
  }

  /** What a start says, or nothing. */
  async function start(environment: Environment = {}): Promise<string> {
    const keys = { EXCHANGE_API_KEY: 'new-key', EXCHANGE_API_SECRET: 'secret' };
    const { settings } = readSettings({ ...LIVE, ...keys, ...environment });
    const wallClock = { wallMs: () => nowMs };
    const tools = { settings, stores: opened.stores, wallClock, place: 'here' };
    try {
      await assertNoBooksLeft(tools, { venue, marketMs: nowMs });
      return '';
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      return String(error);
    }
  }

  async function hold(holder: string): Promise<void> {
    const key = { venue, account: 'old' };
    await opened.stores.leases.acquire({ key, holder, ttlMs: 30_000, nowMs });
  }

  it('are named with what they have open', async () => {
    await leaveOpen('old');
    expect(await start()).toContain('old (open positions: 1, unsettled orders: 1)');
  });

  it('stop no start when nothing is open in them, on paper, or when they are paper books', async () => {
    expect(await start()).toBe('');
    await openBooks('paper');
    await leaveOpen('paper');
    expect(await start()).toBe('');
    expect(await start({ TRADING_MODE: 'paper' })).toBe('');
  });

  it('stop no start while another installation trades them, but for this one before a crash', async () => {
    await leaveOpen('old');
    await hold('elsewhere');
    expect(await start()).toBe('');
    await opened.stores.leases.release({ key: { venue, account: 'old' }, holder: 'elsewhere' });
    await hold('here');
    expect(await start()).toContain('old (');
  });

  it('are taken over, or left on purpose, by LIVE_ACCOUNT, but not by a name that is a slip', async () => {
    await leaveOpen('old');
    expect(await start({ LIVE_ACCOUNT: 'old' })).toBe('');
    expect(await start({ LIVE_ACCOUNT: own })).toBe('');
    expect(await start({ LIVE_ACCOUNT: 'odl' })).toContain(`LIVE_ACCOUNT=${own}`);
  });

  it.each(['paper', 'collection', 'two words', 'a'.repeat(33)])(
    'cannot be called %s',
    (LIVE_ACCOUNT) => {
      expect(() => readSettings({ LIVE_ACCOUNT })).toThrow(/LIVE_ACCOUNT is .*; expected auto/);
    },
  );
});
