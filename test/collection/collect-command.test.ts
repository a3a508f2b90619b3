import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../../src/lib/clock.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { daemonRig, QUICK } from '../daemon/daemon-child.js';
import { descendantsOf, waitForEnd } from '../daemon/process-table.js';
import { CommandChild } from './command-child.js';

const rig = daemonRig();
const children: CommandChild[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    // Its demo exchange ends by itself a moment later, and writes until then.
    const family = descendantsOf(child.pid);
    child.kill('SIGKILL');
    await child.ended;
    await waitForEnd(family);
  }
});

function collect(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
): CommandChild {
  const child = new CommandChild('collect', parameters, environment);
  children.push(child);
  return child;
}

/** A day of history, and the depth of features. */
function small(): Record<string, string> {
  return { DATA_DIR: rig.folder(), HISTORY_DAYS: '1', SYMBOLS: 'BTC/USDT' };
}

/** Enough bars that a back-fill is seen under way. */
function deep(): Record<string, string> {
  return { ...small(), TIMEFRAMES: '1m', HISTORY_DAYS: '60' };
}

/** Candles in the database, which no process uses any more. */
async function countStored({ DATA_DIR = '' }: Record<string, string>): Promise<number> {
  const clock = new SystemClock();
  const file = path.join(DATA_DIR, 'evenkeel.sqlite');
  const database = await openDatabase({ engine: 'sqlite', file }, { clock, logger: SILENT_LOGGER });
  try {
    const [row] = await database.selectObjects('SELECT COUNT(*) AS total FROM market_data', []);
    return Number(row?.['total']);
  } finally {
    await database.close();
  }
}

describe('collection alone', () => {
  test('with --once ends when all is up to date, and has nothing to do the next time', async () => {
    const environment = small();
    const first = collect(['--once', '--json'], environment);
    expect(await first.ended, first.stderr).toBe(0);
    expect(first.json.at(-1)).toEqual({ event: 'end', status: 'up-to-date', not_collected: [] });
    expect(first.progress.at(-1)).toMatchObject({
      by: 'this process',
      state: 'following',
      percentage: 100,
      series_ready: 1,
      series_total: 1,
    });
    const stored = await countStored(environment);
    expect(stored).toBeGreaterThanOrEqual(640);
    const second = collect(['--once', '--json'], environment);
    expect(await second.ended).toBe(0);
    // A few bars have closed meanwhile.
    expect(Number(second.progress.at(-1)?.['bars_wanted'])).toBeLessThan(100);
    expect(await countStored(environment)).toBeGreaterThanOrEqual(stored);
  });

  test('collects what its flags name in place of the settings', async () => {
    const child = collect(
      ['--symbols', 'ETHUSDT', 'SOL-USDT,BTC/USDT', '--timeframes', '1h,4h', '--once', '--json'],
      small(),
    );
    expect(await child.ended, child.stderr).toBe(0);
    expect(child.progress.at(-1)).toMatchObject({ series_total: 6, series_ready: 6 });
  });

  test('names what the venue does not have, collects the rest, and ends with 2', async () => {
    const child = collect(['--symbols', 'BTC/USDT', 'BTC/USTD', '--once'], small());
    expect(await child.ended).toBe(2);
    expect(child.stderr).toContain('Not collected: BTC/USTD');
    expect(child.stdout).toContain('Everything is up to date');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('keeps what it has when it gets %s', async (signal) => {
    const environment = deep();
    const child = collect(['--json'], environment);
    const done = (): number => Number(child.progress.at(-1)?.['bars_done'] ?? 0);
    await child.until(() => done() > 1_000, 'some bars');
    child.kill(signal);
    expect(await child.ended, child.stderr).toBe(0);
    expect(child.json.at(-1)).toMatchObject({ event: 'end', status: 'stopped' });
    const stored = await countStored(environment);
    expect(stored).toBeGreaterThan(1_000);
    const next = collect(['--json'], environment);
    const wanted = (): number => Number(next.progress.at(-1)?.['bars_wanted'] ?? 0);
    await next.until(() => wanted() > 0, 'the rest');
    expect(wanted()).toBeLessThan(60 * 1_440 + 640 - stored + 1_000);
  });

  test('waits while the pause file is there, and goes on when it is gone', async () => {
    const environment = small();
    const pauseFile = path.join(environment['DATA_DIR'] ?? '', 'hold');
    writeFileSync(pauseFile, '');
    const child = collect(['--pause-file', 'hold', '--once', '--json'], environment);
    await child.line(/"message":"PAUSE DETECTED: Collection paused"/);
    await child.until(() => child.progress.at(-1)?.['state'] === 'paused', 'the pause');
    rmSync(pauseFile);
    expect(await child.ended, child.stderr).toBe(0);
    const messages = child.json.map(({ message }) => message);
    expect(messages).toContain('RESUMING: Collection resumed');
    expect(await countStored(environment)).toBeGreaterThanOrEqual(640);
  });

  test.each([
    [['--frob'], {}, 2, "unknown option '--frob'"],
    [['--timeframes', '7h'], {}, 2, '7h is no timeframe'],
    [['stray'], {}, 2, 'too many arguments'],
    [[], { API_PORT: 'x' }, 78, 'API_PORT is "x"'],
    [['--once'], { EXCHANGE: 'nosuchvenue' }, 78, 'nosuchvenue'],
    [
      ['--once'],
      {
        MYSQL_ENABLED: 'true',
        MYSQL_HOST: '127.0.0.1',
        MYSQL_PORT: '9',
        MYSQL_USER: 'nobody',
        MYSQL_PASSWORD: 'canary-secret',
        MYSQL_DB: 'none',
        AUTO_FALLBACK_DB: 'false',
      },
      2,
      '127.0.0.1',
    ],
  ])('ends with a code and a reason: %j %j', async (parameters, extra, code, reason) => {
    const child = collect(parameters, { ...small(), ...extra });
    expect(await child.ended).toBe(code);
    expect(child.stderr).toContain(reason);
    expect(child.stderr).not.toContain('canary-secret');
    expect(child.stderr).not.toContain('    at ');
  });

  test('prints its flags and exit codes', async () => {
    const child = collect(['--help'], small());
    expect(await child.ended).toBe(0);
    for (const text of ['--symbols', '--timeframes', '--pause-file', '--once', 'Exit codes']) {
      expect(child.stdout).toContain(text);
    }
  });
});

describe('beside a daemon', () => {
  test('joins it, shows its progress, and names what it does not collect', async () => {
    const environment = { ...QUICK, DATA_DIR: rig.folder(), PYTHON: '/nonexistent' };
    const daemon = rig.start({ environment });
    await daemon.address();
    const joining = collect(['--json'], environment);
    expect(await joining.ended, joining.stderr).toBe(0);
    expect(joining.progress.at(-1)).toMatchObject({
      by: 'the daemon',
      state: 'following',
      percentage: 100,
      series_ready: 1,
    });
    const messages = joining.json.map(({ message }) => String(message));
    expect(messages.some((text) => text.includes('collects already: joining it'))).toBe(true);

    const asking = collect(
      ['--symbols', 'BTCUSDT', 'DOGE/USDT', '--timeframes', '1h', '4h'],
      environment,
    );
    expect(await asking.ended).toBe(2);
    expect(asking.stderr).toContain('The daemon does not collect DOGE/USDT, 4h');
    expect(asking.stderr).toContain("Not collected: DOGE/USDT: not in the daemon's SYMBOLS");
    expect(daemon.hasEnded).toBe(false);
  });

  test('a daemon that starts later is refused with the name of what holds its folder', async () => {
    const environment = deep();
    const child = collect([], environment);
    // A quick machine is done before the first rate is shown.
    await child.line(/bars\/s|following/);
    const daemon = rig.start({ environment: { ...environment, API_PORT: '0' } });
    expect(await daemon.ended).toMatchObject({ code: 75 });
    expect(daemon.output).toContain('(npm run collect)');
    const another = collect([], environment);
    expect(await another.ended).toBe(2);
    expect(another.stderr).toContain('npm run collect runs already');
    child.kill('SIGINT');
    expect(await child.ended).toBe(0);
  });
});
