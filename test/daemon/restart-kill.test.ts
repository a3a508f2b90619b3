import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { modelStatus } from '../../src/api/contract.js';
import { Money } from '../../src/domain/money.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { SystemClock } from '../../src/lib/system-clock.js';
import { seededRandom } from '../../src/lib/seeded-random.js';
import { dropDatabase, mysqlLocation, mysqlSettings, mysqlSkipReason } from '../database.js';
import { LogKeeper } from '../demo/demo-fixture.js';
import { daemonRig, type DaemonChild } from './daemon-child.js';
import { Acknowledged, SYMBOLS } from './kill-campaign.js';
import { descendantsOf, waitForEnd } from './process-table.js';

const { start, folder } = daemonRig();
const KILLS = process.env['EVENKEEL_TEST_LONG'] === 'true' ? 50 : 4;
const ROUND_LIMIT_MS = 60_000;
const LONGEST_LIFE_MS = 9000;
const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const hasPython = existsSync(PYTHON);
/** Another one picks other moments. */
const SEED = '5eed'.repeat(8);
const PAGE = { limit: 10_000, offset: 0 };

/** Quick bars, and everything that trades allowed to, so that a kill meets as much as possible. */
const BUSY = {
  ...{ API_PORT: '0', SYMBOLS: SYMBOLS.join(), DEMO_SPEED: '3600', TRAIN_MONTHS_BACK: '1' },
  ...{ ALLOW_FALLBACK_EXECUTION: 'true', MIN_FALLBACK_CONFIDENCE: '0', MIN_EDGE_COSTS: '0' },
  ...{ MIN_MODEL_CONFIDENCE: '0', MAX_HOLD_BARS: '2', TRAIN_RETRY_COOLDOWN_SEC: '1' },
};

const engines = [
  { name: 'SQLite', skip: undefined, isMysql: false },
  { name: 'MySQL', skip: mysqlSkipReason, isMysql: true },
] as const;

describe.each(engines)('killed at random moments on $name', ({ name, skip, isMysql }) => {
  test.skipIf(skip !== undefined)(
    `loses nothing that the API answered (${KILLS} kills, ${skip ?? name})`,
    async () => {
      const DATA_DIR = folder();
      const mysql = mysqlLocation();
      const file = path.join(DATA_DIR, 'evenkeel.sqlite');
      const location: DatabaseLocation = isMysql ? mysql : { engine: 'sqlite', file };
      const database = { MYSQL_ENABLED: String(isMysql), ...mysqlSettings(mysql) };
      const environment = { ...BUSY, ...database, DATA_DIR };
      const seen = new Acknowledged();
      try {
        await campaign(() => start({ environment }), seen);
        await expectSoundStores(location, seen);
        expect(halfModels(path.join(DATA_DIR, 'models'))).toEqual([]);
      } finally {
        if (isMysql) await dropDatabase(mysql);
      }
    },
    (KILLS + 1) * ROUND_LIMIT_MS,
  );
});

async function campaign(restart: () => DaemonChild, seen: Acknowledged): Promise<void> {
  const random = seededRandom(SEED);
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = restart();
    // Ready again: not waiting for a lease that was its own.
    await daemon.line(/Holding the trading lease/);
    expect(await seen.findLosses(daemon)).toEqual([]);
    const family = await liveFor(daemon, seen, random() * LONGEST_LIFE_MS);
    expect(family.length).toBeGreaterThan(0);
    expect(await waitForEnd(family)).toEqual([]);
    expect(unexpectedErrors(daemon)).toEqual([]);
  }
  const last = restart();
  await last.line(/Holding the trading lease/);
  expect(await seen.findLosses(last)).toEqual([]);
  await last.line(/ by (fallback|model): /);
  expect((await last.stop()).code).toBe(0);
  expect(seen.size).toBeGreaterThan(1000);
}

/** A job that was met by two kills is given up, and that is said as an error. */
function unexpectedErrors({ output }: DaemonChild): readonly string[] {
  const isGivenUp = / the daemon died while the job was running \(.*\), for the second time /;
  return output.split('\n').filter((line) => line.includes(' ERROR ') && !isGivenUp.test(line));
}

/**
 * Reads what the daemon answers until its time has come, also in the middle of an answer.
 * @returns what it had started when it was killed
 */
async function liveFor(daemon: DaemonChild, seen: Acknowledged, lifeMs: number) {
  const ending = sleep(lifeMs).then(() => {
    const family = descendantsOf(daemon.pid);
    daemon.process.kill('SIGKILL');
    return family;
  });
  while (!daemon.hasEnded) {
    // The kill comes while an answer is under way: then nothing was answered.
    await seen.read(daemon).catch(() => undefined);
    await sleep(20);
  }
  return ending;
}

async function expectSoundStores(location: DatabaseLocation, seen: Acknowledged): Promise<void> {
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
  'the cooldown of a failing trainer survives a kill (needs the trainer: npm run setup)',
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
