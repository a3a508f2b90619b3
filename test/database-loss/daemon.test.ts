import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { daemonRig, QUICK, type DaemonChild } from '../daemon/daemon-child.js';
import { mariadbSkipReason, OwnMariadb } from './own-mariadb.js';

const isLong = process.env['EVENKEEL_TEST_LONG'] === 'true';
const KILLS = isLong ? 10 : 2;
const FROZEN_MS = isLong ? [8_000, 30_000] : [8_000];
const LIMIT_MS = 60_000;

const STATUS = z.object({
  database: z.object({
    engine: z.string(),
    fallback: z.boolean(),
    reason: z.string().nullable(),
  }),
  trading: z.object({ state: z.string() }),
  warnings: z.array(z.string()),
});
const HEALTH = z.object({
  status: z.string(),
  checks: z.array(z.object({ name: z.string(), status: z.string(), message: z.string() })),
});

/** Trades on what the fallback says, so that there are books to lose; with this seed it does soon. */
const TRADING = {
  ...QUICK,
  DEMO_SPEED: '3600',
  ALLOW_FALLBACK_EXECUTION: 'true',
  DEMO_SEED: '2',
  MIN_FALLBACK_CONFIDENCE: '0',
  PYTHON: '/nowhere/python3',
};

/** Everything that was acknowledged so far, by key, as the server has it. */
const ACKNOWLEDGED = [
  "SELECT CONCAT('candle ', series_id, ' ', open_time) FROM evenkeel.market_data",
  "SELECT CONCAT('signal ', uid) FROM evenkeel.signals",
  "SELECT CONCAT('decision ', uid) FROM evenkeel.decisions",
  "SELECT CONCAT('position ', uid) FROM evenkeel.positions",
  "SELECT CONCAT('order ', uid) FROM evenkeel.orders",
  "SELECT CONCAT('fill ', uid, ' ', price, ' ', size_base) FROM evenkeel.fills",
];

/** Statements that each find what must never be. */
const IMPOSSIBLE = {
  'two signals of a candle by the fallback': `SELECT candle_open_time FROM evenkeel.signals
    WHERE origin = 'fallback' GROUP BY venue, symbol, timeframe, bot, candle_open_time HAVING COUNT(*) > 1`,
  'two decisions of a candle that acted': `SELECT candle_open_time FROM evenkeel.decisions
    WHERE position_uid IS NOT NULL GROUP BY symbol, candle_open_time, action HAVING COUNT(*) > 1`,
  'two positions of a symbol open at once': `SELECT symbol FROM evenkeel.positions
    WHERE status IN ('opening', 'open', 'closing') GROUP BY symbol HAVING COUNT(*) > 1`,
  'an order filled twice': `SELECT order_uid FROM evenkeel.fills GROUP BY order_uid HAVING COUNT(*) > 1`,
  'a filled order without a fill': `SELECT o.uid FROM evenkeel.orders o
    LEFT JOIN evenkeel.fills f ON f.order_uid = o.uid WHERE o.status = 'filled' AND f.uid IS NULL`,
  'a closed position that did not sell what it bought': `SELECT p.uid FROM evenkeel.positions p
    JOIN evenkeel.orders o ON o.position_uid = p.uid JOIN evenkeel.fills f ON f.order_uid = o.uid
    WHERE p.status = 'closed' GROUP BY p.uid
    HAVING SUM(IF(f.side = 'buy', f.size_base, -f.size_base)) <> 0`,
  'a hole in the candles': `SELECT series_id FROM evenkeel.market_data GROUP BY series_id
    HAVING (MAX(open_time) - MIN(open_time)) / 3600000 + 1 <> COUNT(*)`,
};

const { start, folder } = daemonRig();
const title = `a daemon on MariaDB${mariadbSkipReason === undefined ? '' : ` (skipped: ${mariadbSkipReason})`}`;

describe.skipIf(mariadbSkipReason !== undefined)(title, () => {
  let server: OwnMariadb;

  beforeEach(async () => {
    server = new OwnMariadb();
    await server.create();
  }, LIMIT_MS);

  afterEach(async () => {
    await server.remove();
  });

  async function trading(environment: Record<string, string> = {}): Promise<DaemonChild> {
    const daemon = start({
      environment: { ...TRADING, ...server.environment, DATA_DIR: folder(), ...environment },
    });
    await daemon.line(/BTC\/USDT 1h is up to date/);
    await decided(daemon, 1);
    return daemon;
  }

  async function acknowledged(): Promise<string[]> {
    const found = await Promise.all(ACKNOWLEDGED.map((sql) => server.query(sql)));
    return found.flat(2).map(String);
  }

  /** Nothing that the server had is gone, and nothing is there that cannot be. */
  async function expectWhole(before: readonly string[]): Promise<void> {
    const now = new Set(await acknowledged());
    expect(before.filter((row) => !now.has(row))).toEqual([]);
    for (const [what, sql] of Object.entries(IMPOSSIBLE)) {
      // A candle may be on its way while one looks: what is wrong stays wrong.
      await expect.poll(() => server.query(sql), { message: what, timeout: LIMIT_MS }).toEqual([]);
    }
  }

  /** What becomes of it: lost, frozen, back and at work again, with how long each took. */
  async function expectRecovery(daemon: DaemonChild, illTreat: () => Promise<void>): Promise<void> {
    const decisions = await countDecisions();
    const lostAt = performance.now();
    let wasFrozen = 0;
    const frozen = frozenOf(daemon).then(() => {
      wasFrozen = performance.now() - lostAt;
    });
    await illTreat();
    const backAt = performance.now();
    await daemon.until(async () => ((await reasonOf(daemon)) === null ? true : undefined), {
      what: 'the database to be back',
    });
    await daemon.until(async () => ((await countDecisions()) > decisions ? true : undefined), {
      what: 'a decision after the loss',
      limitMs: LIMIT_MS,
    });
    await frozen;
    const [frozenSec, resumedSec] = [wasFrozen, performance.now() - backAt].map((durationMs) =>
      (durationMs / 1000).toFixed(1),
    );
    process.stdout.write(
      `entries frozen after ${frozenSec} s, work resumed after ${resumedSec} s\n`,
    );
    expect(daemon.hasEnded).toBe(false);
  }

  async function countDecisions(): Promise<number> {
    const [row] = await server.query('SELECT COUNT(*) FROM evenkeel.decisions');
    return Number(row?.[0]);
  }

  async function decided(daemon: DaemonChild, count: number): Promise<void> {
    const look = async () => ((await countDecisions()) >= count ? true : undefined);
    await daemon.until(look, { what: `${count} decisions`, limitMs: LIMIT_MS });
  }

  it(
    `outlives ${KILLS} SIGKILLs of its server: nothing lost, nothing twice, work resumed`,
    async () => {
      const daemon = await trading();
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(300 * (kill % 4));
        const before = await acknowledged();
        await expectRecovery(daemon, async () => {
          await server.kill();
          await frozenOf(daemon);
          await server.start();
        });
        await expectWhole(before);
      }
    },
    LIMIT_MS * 2 * KILLS,
  );

  it.each(FROZEN_MS)(
    'outlives a server that is stopped for %i ms',
    async (frozenMs) => {
      const daemon = await trading();
      const before = await acknowledged();
      await expectRecovery(daemon, async () => {
        server.freeze();
        await sleep(frozenMs);
        server.thaw();
      });
      await expectWhole(before);
    },
    LIMIT_MS * 3,
  );

  it(
    'refuses an emptied server, makes nothing in it, and goes on once the old one is back',
    async () => {
      const daemon = await trading();
      const before = await acknowledged();
      await expectRecovery(daemon, async () => {
        await server.restartEmpty();
        await daemon.until(
          async () => (/lost its tables/.test((await reasonOf(daemon)) ?? '') ? true : undefined),
          { what: 'the loss to be named' },
        );
        const health = await daemon.get('/api/health', HEALTH);
        expect(health.checks).toContainEqual(
          expect.objectContaining({ name: 'database', status: 'failing' }),
        );
        expect(await server.query("SHOW DATABASES LIKE 'evenkeel'")).toEqual([]);
        await server.restartWithWhatItHad();
      });
      await expectWhole(before);
    },
    LIMIT_MS * 4,
  );

  it(
    'begins on SQLite while the server is away, opens nothing, and returns with the server',
    async () => {
      // With this seed the fallback says BUY from the start.
      const environment = { DATA_DIR: folder(), DEMO_SEED: '5' };
      const first = await trading(environment);
      expect((await first.stop()).code).toBe(0);
      await server.kill();
      const settings = { ...TRADING, ...server.environment, ...environment };
      const meanwhile = start({ environment: settings });
      await meanwhile.line(/MySQL cannot be used: .*GOING ON WITH SQLITE/);
      await meanwhile.line(/skip \(entries frozen: MySQL could not be used at the start/, LIMIT_MS);
      const status = await meanwhile.get('/api/status', STATUS);
      expect(status.database).toMatchObject({ engine: 'sqlite', fallback: true });
      expect(status.database.reason).toMatch(/does not answer.*Start the server/);
      const health = await meanwhile.get('/api/health', HEALTH);
      expect(health.checks).toContainEqual(
        expect.objectContaining({ name: 'database', status: 'degraded' }),
      );
      expect((await meanwhile.stop()).code).toBe(0);
      expect(meanwhile.output).not.toMatch(/Removed a leftover model folder/);
      await server.start();
      const back = start({ environment: settings });
      await back.line(/collected on SQLite since \d{4}-.*npm run migrate:mysql/);
      const after = await back.get('/api/status', STATUS);
      expect(after.database).toEqual({ engine: 'mysql', fallback: false, reason: null });
      expect(after.warnings.join()).toContain('npm run migrate:mysql');
    },
    LIMIT_MS * 3,
  );
});

async function reasonOf(daemon: DaemonChild): Promise<string | null> {
  return (await daemon.get('/api/status', STATUS)).database.reason;
}

async function frozenOf(daemon: DaemonChild): Promise<void> {
  await daemon.until(
    async () => {
      const { warnings } = await daemon.get('/api/status', STATUS);
      return /No position is opened: the database is lost/.test(warnings.join()) ? true : undefined;
    },
    { what: 'frozen entries' },
  );
}
