import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decision } from '../../src/api/contract/signals.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { trade } from '../../src/api/contract/trading.js';
import type { ParityAnswer } from '../../src/daemon/backtests/parity-request.js';
import { daemonRig, QUICK_FIT, type DaemonChild } from '../daemon/daemon-child.js';

const { start, folder } = daemonRig();
const ENTRY = fileURLToPath(new URL('../../dist/scripts/parity.js', import.meta.url));
/** A month, by `npm run test:long`, takes a quarter of an hour. */
const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
const LIMIT_MS = IS_LONG ? 1_800_000 : 150_000;
/** Decisions of some simulated days of the three symbols, or of thirty. */
const DECISIONS = IS_LONG ? 3 * 24 * 30 : 240;

const PAPER = {
  ...QUICK_FIT,
  API_PORT: '0',
  DEMO_SPEED: '3600',
  TRAIN_MONTHS_BACK: '1',
  ALLOW_FALLBACK_EXECUTION: 'true',
  MIN_FALLBACK_CONFIDENCE: '0',
  // What quotes are deleted of is taken over instead of replayed.
  RETENTION_PRICES_DAYS: '40',
};

function parity(
  dataDir: string,
  ...parameters: string[]
): { code: number | null; answer: ParityAnswer } {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const child = spawnSync(process.execPath, [ENTRY, '--json', ...parameters], {
    cwd: dataDir,
    // Not the settings of then: those are stored with the run.
    env: { PATH, DATA_DIR: dataDir, DEMO_SPEED: PAPER.DEMO_SPEED },
    encoding: 'utf8',
  });
  expect(child.stderr).toBe('');
  return { code: child.status, answer: JSON.parse(child.stdout) as ParityAnswer };
}

async function hasTraded(daemon: DaemonChild): Promise<true | undefined> {
  const decisions = await daemon.get('/api/decisions?limit=1', listAnswer('decisions', decision));
  const sales = await daemon.get('/api/trades?side=sell', listAnswer('trades', trade));
  return decisions.total >= DECISIONS && sales.total > 0 ? true : undefined;
}

test(
  'what paper decided on the demo exchange is what the tick of a backtest decides',
  async () => {
    const dataDir = folder();
    const daemon = start({ environment: { ...PAPER, DATA_DIR: dataDir } });
    await daemon.line(/ by fallback: /, LIMIT_MS);
    await daemon.until(() => hasTraded(daemon), { what: 'days of trades', limitMs: LIMIT_MS });
    expect((await daemon.stop()).code).toBe(0);

    const same = parity(dataDir);
    expect(same.answer.unexplained).toEqual([]);
    expect(same.answer.decisions).toBeGreaterThanOrEqual(DECISIONS);
    expect(same.answer.trades).toBeGreaterThan(1);
    expect([same.code, same.answer.runs_without_settings]).toEqual([0, 0]);

    const { code, answer } = parity(dataDir, '--set', 'MIN_FALLBACK_CONFIDENCE=100');
    const [first] = answer.changed;
    expect(first).toMatchObject({ what: 'decision', recorded: { action: 'open', reason: 'BUY' } });
    expect(first?.replayed.action).toBe('skip');
    expect(first?.replayed.reason).toMatch(/^confidence [\d.]+ below 100$/);
    expect([code, answer.unexplained]).toEqual([0, []]);

    const { answer: part } = parity(dataDir, '--to', first?.candle_open_time.slice(0, 16) ?? '');
    expect(part.decisions).toBeLessThan(same.answer.decisions);
  },
  2 * LIMIT_MS,
);
