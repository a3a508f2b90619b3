import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { backtest, backtestDetail, type BacktestDetail } from '../../src/api/contract/backtests.js';
import { DataDirLock, findLockHolder } from '../../src/coordination/data-dir-lock.js';
import { SystemClock } from '../../src/lib/clock.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import { randomHistory } from '../backtest/backtest-runs.js';
import { writeHistory } from '../backtest/history-files.js';
import { dropDatabase, mysqlLocation, mysqlSettings, mysqlSkipReason } from '../database.js';
import { daemonRig, type DaemonChild } from './daemon-child.js';
import { isAlive, waitForEnd, listProcesses } from './process-table.js';

const COMMAND = fileURLToPath(new URL('../../dist/scripts/backtest.js', import.meta.url));
const LIMIT_MS = 120_000;
const POLL_MS = 5;
const SETTLED_MS = 2_000;
/** Most of an hour in which no candle closes: the daemon decides once, at its start. */
const QUIET = {
  ...{ API_PORT: '0', DEMO_SPEED: '1', DEMO_START: '2026-03-02T10:05:00Z' },
  ...{ TRAIN_MONTHS_BACK: '1', HISTORY_DAYS: '30' },
  // The rules trade as soon as there is a signal, so that the books hold something.
  ...{ ALLOW_FALLBACK_EXECUTION: 'true', MIN_FALLBACK_CONFIDENCE: '0' },
};
/** What a daemon writes while nothing closes. */
const OWN_PACE = ['leases', 'equity', 'real_time_prices', 'runs'];

const isSharedBySession =
  existsSync('/proc/sys/kernel/sched_autogroup_enabled') &&
  readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').trim() === '1';

const { start, folder } = daemonRig();

const engines = [
  { name: 'SQLite', skip: undefined, isMysql: false },
  { name: 'MySQL', skip: mysqlSkipReason, isMysql: true },
] as const;

describe.each(engines)('a backtest beside a daemon on $name', ({ skip, isMysql }) => {
  test.skipIf(skip !== undefined)(
    `yields the processor and writes nothing but its row${skip === undefined ? '' : ` (${skip})`}`,
    async () => {
      const DATA_DIR = folder();
      const mysql = mysqlLocation();
      const file = path.join(DATA_DIR, 'evenkeel.sqlite');
      const location: DatabaseLocation = isMysql ? mysql : { engine: 'sqlite', file };
      const pauseFile = path.join(DATA_DIR, 'pause.txt');
      writeFileSync(pauseFile, '');
      const on = { MYSQL_ENABLED: String(isMysql), ...mysqlSettings(mysql) };
      const daemon = start({
        environment: { ...QUIET, ...on, DATA_DIR, PAUSE_FILE: pauseFile },
      });
      try {
        await daemon.until(() => hasDecided(daemon), { what: 'decisions', limitMs: LIMIT_MS });
        const database = await openAt(location);
        try {
          await expectOwnRowOnly(daemon, database, DATA_DIR);
        } finally {
          await database.close();
        }
        expect((await daemon.stop()).code).toBe(0);
      } finally {
        if (isMysql) await dropDatabase(mysql);
      }
    },
    2 * LIMIT_MS,
  );
});

async function expectOwnRowOnly(
  daemon: DaemonChild,
  database: Database,
  dataDir: string,
): Promise<void> {
  const before = await readSettled(database);
  const answer = await daemon.fetch('/api/backtests', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ signals: 'fallback' }),
  });
  const { id } = backtest.parse(await answer.json());
  const pid = await daemon.until(() => findRunning(dataDir), { what: 'its process' });
  expect(priorityOf(pid)).toEqual(LOWEST_OF_ALL);
  const run = await daemon.until(() => findEnded(daemon, id), { what: 'its end' });
  expect(run).toMatchObject({ state: 'done', error: null });
  expect(run.trades).toBeGreaterThan(3);
  const after = await readTables(database);
  expect(before.get('decisions')?.length).toBeGreaterThan(0);
  expect(before.get('positions')?.length).toBeGreaterThan(0);
  expect(after.get('backtests')?.length).toBe(1);
  for (const [table, rows] of before) {
    if (table !== 'backtests') expect([table, after.get(table)]).toEqual([table, rows]);
  }
}

describe('npm run backtest', () => {
  test('yields the processor to other programs of its session, which keeps its value', async () => {
    const dataDir = folder();
    const run = startLongRun(dataDir);
    expect(await untilRunning(run, dataDir)).toBe(run.pid);
    expect(priorityOf(run.pid ?? 0)).toEqual({ ...LOWEST_OF_ALL, session: ownSessionValue() });
    await interrupted(run);
  });

  test.skipIf(!isSharedBySession)(
    'runs in a session of the lowest priority beside a daemon, ends at Ctrl+C and dies with its parent (needs sched_autogroup)',
    async () => {
      const dataDir = folder();
      const lock = new DataDirLock(dataDir);
      lock.acquire({ pid: process.pid, host: hostname(), startedAt: new Date().toISOString() });
      try {
        const run = startLongRun(dataDir);
        const pid = await untilRunning(run, dataDir);
        expect(pid).not.toBe(run.pid);
        expect(priorityOf(pid)).toEqual(LOWEST_OF_ALL);
        expect(await interrupted(run)).toMatch(/stopped after \d+ of 100 runs, which are kept/);
        expect(isAlive(pid)).toBe(false);

        const killed = startLongRun(dataDir);
        const orphan = await untilRunning(killed, dataDir);
        const family = listProcesses().filter((row) => row.pid === orphan);
        killed.kill('SIGKILL');
        expect(family).toHaveLength(1);
        expect(await waitForEnd(family)).toEqual([]);
      } finally {
        lock.stop();
      }
    },
    LIMIT_MS,
  );
});

/** A hundred runs, so that it is there to be looked at. */
function startLongRun(dataDir: string): ChildProcess {
  const candles = path.join(dataDir, 'candles');
  writeHistory(candles, randomHistory({ seed: 3, symbols: 3, bars: 600 }));
  const values = Array.from({ length: 100 }, (_, at) => 1 + at / 10);
  const flags = ['--signals', 'fallback', '--data', candles, '--json'];
  const sweep = ['--sweep', `STOP_LOSS_PCT=${values.join(',')}`];
  const { PATH = '/usr/bin:/bin' } = process.env;
  return spawn(process.execPath, [COMMAND, ...flags, ...sweep], {
    cwd: tmpdir(),
    env: { PATH, DATA_DIR: dataDir },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Sends what Ctrl+C does. @returns what it wrote to standard error */
async function interrupted(run: ChildProcess): Promise<string> {
  let err = '';
  run.stderr?.on('data', (text: Buffer) => (err += text.toString()));
  const closed = once(run, 'close');
  run.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
  return err;
}

async function untilRunning(run: ChildProcess, dataDir: string): Promise<number> {
  const deadline = performance.now() + LIMIT_MS;
  while (performance.now() < deadline) {
    const found = findRunning(dataDir);
    if (found !== undefined) return found;
    if (run.exitCode !== null) throw new Error(`It ended with ${run.exitCode}`);
    await sleep(POLL_MS);
  }
  throw new Error('It never began');
}

/** The process that runs a backtest in a data folder at this moment. */
function findRunning(dataDir: string): number | undefined {
  const pid = findLockHolder(path.join(dataDir, 'backtests', 'running'))?.pid;
  return pid !== undefined && isAlive(pid) ? pid : undefined;
}

interface Priority {
  /** Nice values of its threads, each once. */
  readonly threads: readonly number[];
  /** Nice value of its session, where the kernel shares the processor by session. */
  readonly session: number | undefined;
}

const LOWEST_OF_ALL: Priority = { threads: [19], session: isSharedBySession ? 19 : undefined };

function priorityOf(pid: number): Priority {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    // Nice is field 19, and the third is the first after the command.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
  return { threads: [...new Set(threads)], session: sessionValueOf(pid) };
}

function sessionValueOf(pid: number | 'self'): number | undefined {
  if (!isSharedBySession) return undefined;
  const [, value] = / nice (-?\d+)$/m.exec(readFileSync(`/proc/${pid}/autogroup`, 'utf8')) ?? [];
  return Number(value);
}

const ownSessionValue = (): number | undefined => sessionValueOf('self');

async function hasDecided(daemon: DaemonChild): Promise<true | undefined> {
  const answer = await daemon.fetch('/api/positions');
  const { total } = (await answer.json()) as { readonly total: number };
  return total > 0 ? true : undefined;
}

async function findEnded(daemon: DaemonChild, id: string): Promise<BacktestDetail | undefined> {
  const run = await daemon.get(`/api/backtests/${id}`, backtestDetail);
  return run.state === 'running' ? undefined : run;
}

function openAt(location: DatabaseLocation): Promise<Database> {
  const tools = { clock: new SystemClock(), logger: SILENT_LOGGER, mayCreate: false };
  return openDatabase(location, tools);
}

/** The tables once the daemon has done what it does at its start, of which to ask for training is the last. */
async function readSettled(database: Database): Promise<Map<string, readonly unknown[]>> {
  const deadline = performance.now() + LIMIT_MS;
  for (let last = await readTables(database); performance.now() < deadline;) {
    await sleep(SETTLED_MS);
    const now = await readTables(database);
    const hasAsked = (now.get('training_sessions') ?? []).length > 0;
    if (hasAsked && isDeepStrictEqual(now, last)) return now;
    last = now;
  }
  throw new Error('The daemon goes on writing');
}

/** Rows of every table but those that the daemon writes at its own pace. */
async function readTables(database: Database): Promise<Map<string, readonly unknown[]>> {
  const names = await database.ask(
    database.engine === 'sqlite'
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
  );
  const tables = new Map<string, readonly unknown[]>();
  for (const { name } of names as readonly { readonly name: string }[]) {
    if (OWN_PACE.includes(name)) continue;
    const quote = database.engine === 'sqlite' ? '"' : '`';
    tables.set(name, await database.ask(`SELECT * FROM ${quote}${name}${quote}`));
  }
  return tables;
}
