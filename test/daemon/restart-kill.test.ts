import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { Money } from '../../src/domain/money.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { SystemClock } from '../../src/lib/clock.js';
import { seededRandom } from '../../src/lib/seeded-random.js';
import { dropDatabase, mysqlLocation, mysqlSettings, mysqlSkipReason } from '../database.js';
import { LogKeeper } from '../demo/demo-fixture.js';
import { daemonRig, QUICK_FIT, type DaemonChild } from './daemon-child.js';
import { AcknowledgedRows, SYMBOLS } from './acknowledged-rows.js';
import { descendantsOf, waitForEnd, type ProcessRow } from './process-table.js';

const { start, folder } = daemonRig();
const KILL_POINT_CHILD = fileURLToPath(compiledUrl(import.meta.url, './kill-point-child.js'));
/** Promotions first, because models are trained as soon as there is history. */
const POINTS = [
  'before-promotion-commit',
  'after-promotion-stored',
  'after-candles-stored',
  'before-signal-commit',
  'after-signal-stored',
  'before-intent-commit',
  'after-intent-stored',
  'before-fill-commit',
  'after-fill-stored',
];
/** The long campaign adds kills at random moments. */
const RANDOM_KILLS = process.env['EVENKEEL_TEST_LONG'] === 'true' ? 50 : 0;
const LONGEST_LIFE_MS = 9000;
/** All rows are read again so often: without a pause the reading takes both cores from what is to be killed. */
const READ_EVERY_MS = 250;
/** Long, because a model has to be trained before it can be promoted, at the lowest share of a busy processor. */
const ROUND_LIMIT_MS = 240_000;
/** Rows that the API must have answered before a kill: most of the history of one symbol. */
const MIN_ANSWERED = 1000;
const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const hasPython = existsSync(PYTHON);
/** Decides the random moments. */
const SEED = '5eed'.repeat(8);
const PAGE = { limit: 10_000, offset: 0 };

/** Limits on losses and positions would end the trading that kills are to interrupt. */
const NO_LIMITS = {
  MAX_OPEN_POSITIONS: '0',
  STOP_COOLDOWN_BARS: '0',
  STOP_GUARD: 'off',
  LOSING_SYMBOL: 'off',
  DAILY_LOSS_PCT: '0',
  MAX_DRAWDOWN_PCT: '0',
};

/** Fast bars, and every signal may trade, so that a kill interrupts as much as possible. */
const BUSY = {
  ...NO_LIMITS,
  ...QUICK_FIT,
  API_PORT: '0',
  SYMBOLS: SYMBOLS.join(),
  DEMO_SPEED: '3600',
  TRAIN_MONTHS_BACK: '1',
  ALLOW_FALLBACK_EXECUTION: 'true',
  MIN_FALLBACK_CONFIDENCE: '0',
  MIN_EDGE_COSTS: '0',
  MIN_MODEL_CONFIDENCE: '0',
  MAX_HOLD_BARS: '2',
  TRAIN_RETRY_COOLDOWN_SEC: '1',
  PROMOTION_GATE: 'parity',
};

const engines = [
  { name: 'SQLite', skip: undefined, isMysql: false },
  { name: 'MySQL', skip: mysqlSkipReason, isMysql: true },
] as const;

describe.each(engines)('a daemon on $name', ({ skip, isMysql }) => {
  test.skipIf(skip !== undefined)(
    `loses nothing that its API answered when it is killed at ${POINTS.length} named points${skip === undefined ? '' : ` (${skip})`}`,
    async () => {
      const DATA_DIR = folder();
      const mysql = mysqlLocation();
      const file = path.join(DATA_DIR, 'evenkeel.sqlite');
      const location: DatabaseLocation = isMysql ? mysql : { engine: 'sqlite', file };
      const database = { MYSQL_ENABLED: String(isMysql), ...mysqlSettings(mysql) };
      const environment = { ...BUSY, ...database, DATA_DIR };
      const seen = new AcknowledgedRows();
      try {
        for (const point of hasPython ? POINTS : POINTS.slice(2)) {
          const child = { environment: { ...environment, KILL_AT: point } };
          await runUntilKilled(start({ ...child, preload: KILL_POINT_CHILD }), seen, killAtPoint);
        }
        const random = seededRandom(SEED);
        for (let kill = 0; kill < RANDOM_KILLS; kill++) {
          const lifeMs = random() * LONGEST_LIFE_MS;
          await runUntilKilled(start({ environment }), seen, (daemon) => killAfter(daemon, lifeMs));
        }
        await stopGracefully(start({ environment }), seen);
        await expectSoundStores(location, seen);
        expect(halfModels(path.join(DATA_DIR, 'models'))).toEqual([]);
      } finally {
        if (isMysql) await dropDatabase(mysql);
      }
    },
    (POINTS.length + RANDOM_KILLS + 1) * ROUND_LIMIT_MS,
  );
});

type KillMethod = (daemon: DaemonChild, seen: AcknowledgedRows) => Promise<void> | void;

/** Checks what the killed daemon left, reads what this one answers, and waits until it is killed. */
async function runUntilKilled(
  daemon: DaemonChild,
  seen: AcknowledgedRows,
  kill: KillMethod,
): Promise<void> {
  // It takes over the lease of the killed daemon at once.
  await daemon.line(/Holding the trading lease/);
  expect(await seen.findLosses(daemon)).toEqual([]);
  const killing = kill(daemon, seen);
  let family: readonly ProcessRow[] = [];
  const deadline = performance.now() + ROUND_LIMIT_MS;
  while (!daemon.hasEnded) {
    const alive = descendantsOf(daemon.pid);
    if (alive.length > 0) family = alive;
    // An answer that the kill cut off acknowledged nothing.
    await seen.read(daemon).catch(() => undefined);
    if (performance.now() > deadline)
      throw new Error(`Still alive:\n${daemon.output.slice(-4000)}`);
    await Promise.race([sleep(READ_EVERY_MS), daemon.ended]);
  }
  await killing;
  expect((await daemon.ended).signal).toBe('SIGKILL');
  expect(family.length).toBeGreaterThan(0);
  expect(await waitForEnd(family)).toEqual([]);
  expect(unexpectedErrors(daemon)).toEqual([]);
}

/** Arms the kill point once the API has answered enough rows. */
async function killAtPoint(daemon: DaemonChild, seen: AcknowledgedRows): Promise<void> {
  while (seen.size <= MIN_ANSWERED && !daemon.hasEnded) await sleep(20);
  daemon.process.kill('SIGUSR2');
}

async function killAfter(daemon: DaemonChild, lifeMs: number): Promise<void> {
  await sleep(lifeMs);
  daemon.process.kill('SIGKILL');
}

async function stopGracefully(last: DaemonChild, seen: AcknowledgedRows): Promise<void> {
  await last.line(/Holding the trading lease/);
  expect(await seen.findLosses(last)).toEqual([]);
  await last.line(/ by (fallback|model): /);
  const { code } = await last.stop();
  expect(code, last.output.slice(-4000)).toBe(0);
  expect(seen.size).toBeGreaterThan(MIN_ANSWERED);
}

/** All errors but one: a job that two kills interrupted is given up. */
function unexpectedErrors({ output }: DaemonChild): readonly string[] {
  const isGivenUp = / the daemon died while the job was running \(.*\), for the second time /;
  return output.split('\n').filter((line) => line.includes(' ERROR ') && !isGivenUp.test(line));
}

async function expectSoundStores(
  location: DatabaseLocation,
  seen: AcknowledgedRows,
): Promise<void> {
  const clock = new SystemClock();
  const database = await openDatabase(location, { clock, logger: new LogKeeper() });
  try {
    const stores = openStores(database, clock);
    const decisions = (await stores.decisions.list({}, PAGE)).rows;
    const signals = decisions.map(({ signalUid }) => signalUid);
    expect(new Set(signals).size).toBe(signals.length);
    const { rows: positions } = await stores.positions.list({}, PAGE);
    const open = positions.filter(({ status }) => status !== 'closed').map(({ symbol }) => symbol);
    expect(new Set(open).size).toBe(open.length);
    for (const uid of seen.models) expect(await stores.models.find(uid)).toBeDefined();
    await expectBooksEqualFills(stores);
  } finally {
    await database.close();
  }
}

async function expectBooksEqualFills(stores: Stores): Promise<void> {
  const { rows: fills } = await stores.fills.list({}, PAGE);
  const { rows: points } = await stores.equity.list({}, { limit: 1, offset: 0 });
  expect(fills.length).toBeGreaterThan(0);
  expect(new Set(fills.map(({ orderUid }) => orderUid)).size).toBe(fills.length);
  const cash = fills.reduce((sum, { side, price, sizeBase, feeQuote }) => {
    const value = price.times(sizeBase);
    return (side === 'buy' ? sum.minus(value) : sum.plus(value)).minus(feeQuote);
  }, new Money(10_000));
  expect(points[0]?.cash.toString()).toBe(cash.toString());
}

function halfModels(modelsDir: string): string[] {
  if (!existsSync(modelsDir)) return [];
  return readdirSync(modelsDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tmp-/.test(name),
  );
}

test.skipIf(!hasPython)(
  'a cooldown of a failing trainer survives a kill (needs the trainer: npm run setup)',
  async () => {
    const DATA_DIR = folder();
    const failing = path.join(DATA_DIR, 'python');
    writeFileSync(
      failing,
      `#!/bin/sh\ncase "$*" in *--check*) exec ${PYTHON} "$@";; esac\nexit 3\n`,
    );
    chmodSync(failing, 0o755);
    const environment = { ...BUSY, PYTHON: failing, TRAIN_RETRY_COOLDOWN_SEC: '600', DATA_DIR };
    const first = start({ environment });
    const before = await waitForCooldown(first);
    expect(before.last_training_error).toBeTruthy();
    await first.stop('SIGKILL');
    const after = await waitForCooldown(start({ environment }));
    expect(after.next_retry_at).toBe(before.next_retry_at);
    expect(after.fallback_reason).toMatch(/^cooldown/);
  },
);

async function waitForCooldown(daemon: DaemonChild) {
  return daemon.until(
    async () => {
      const answer = await daemon.fetch('/api/model/status');
      if (answer.status !== 200) return undefined;
      const model = modelStatus.parse(await answer.json());
      return model.next_retry_at === null ? undefined : model;
    },
    { what: 'a cooldown', limitMs: ROUND_LIMIT_MS },
  );
}
