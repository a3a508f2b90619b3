import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SweepSummary } from '../../src/backtest/sweep/sweep-summary.js';
import { HAS_PYTHON, PYTHON } from '../trainer/real-trainer.js';
import { writeHistory } from './history-files.js';
import { BEGIN, HOUR_MS, plantedHistory } from './walk-runs.js';

const ENTRY = fileURLToPath(new URL('../../dist/scripts/backtest.js', import.meta.url));
/** Trainers run at the lowest priority: beside other programs they take many times as long. */
const TIMEOUT_MS = 900_000;
const BEFORE = 1_700;
const POLL_MS = 20;
const QUICK = { HISTORY_DAYS: '40', CATBOOST_ITERATIONS: '20', FEATURE_GROUPS: 'price' };

let folder: string;
let candles: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-model-command-'));
  candles = path.join(folder, 'candles');
  // It pauses the training of a daemon, and not that of a run that somebody asked for.
  writeFileSync(path.join(folder, 'pause.txt'), '');
  writeHistory(candles, plantedHistory({ symbols: 3, bars: BEFORE + 2 * 168, momentum: 0.6 }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  /** What it has written to standard error so far. */
  err(): string;
  ended(): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
}

function start(dataDir: string, ...more: readonly string[]): Run {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const from = new Date(BEGIN + BEFORE * HOUR_MS).toISOString().slice(0, 16);
  const parameters = ['--signals', 'model', '--data', candles, '--from', from, '--json', ...more];
  const child = spawn(process.execPath, [ENTRY, ...parameters], {
    cwd: folder,
    env: { PATH, PYTHON, DATA_DIR: dataDir, ...QUICK },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const closed = once(child, 'close');
  return {
    child,
    err: () => err,
    ended: async () => {
      const [code] = (await closed) as [number | null];
      return { code, out, err };
    },
  };
}

/** Until the second date's features lie ready: from then on a fit is under way. */
async function untilSecondFit(run: Run, dataDir: string): Promise<void> {
  const kept = path.join(dataDir, 'backtests', 'predictions');
  for (;;) {
    if (run.child.exitCode !== null) throw new Error(`ended too early: ${run.err()}`);
    const hasBegun = run.err().includes('trained 1 of 2');
    const [recipe = ''] = hasBegun ? readdirSync(kept) : [];
    const work = path.join(kept, recipe, 'training', 'work');
    if (hasBegun && readdirSync(work).some((name) => name.endsWith('.evkf'))) return;
    await delay(POLL_MS);
  }
}

/** Rows of trades and decisions, and what became of the models. */
function essenceOf(out: string): unknown {
  const answer = JSON.parse(out) as {
    readonly folder: string;
    readonly figures: { readonly models: Readonly<Record<string, unknown>> };
  };
  const { trained, promoted, rejected, calibration } = answer.figures.models;
  const files = ['trades.csv', 'decisions.csv'].map((name) =>
    readFileSync(path.join(answer.folder, name), 'utf8'),
  );
  return { files, models: { trained, promoted, rejected, calibration } };
}

describe.skipIf(!HAS_PYTHON)('a backtest of models', () => {
  it(
    'killed or stopped in a fit goes on to the same trades as one that was not',
    async () => {
      const dataDir = path.join(folder, 'killed');
      const killed = start(dataDir);
      await untilSecondFit(killed, dataDir);
      killed.child.kill('SIGKILL');
      await killed.ended();
      // Twice: a job whose daemon died twice is given up live.
      const again = start(dataDir);
      await delay(2_000);
      again.child.kill('SIGKILL');
      await again.ended();
      const stopped = start(dataDir);
      await delay(2_000);
      stopped.child.kill('SIGINT');
      const { code, err } = await stopped.ended();
      expect([code, err]).toEqual([130, expect.stringContaining('1 of 2 retraining dates')]);

      const resumed = await start(dataDir).ended();
      expect(resumed.err).toContain('1 of 2 trainings are kept from an earlier run');
      const whole = await start(path.join(folder, 'whole')).ended();
      expect([resumed.code, whole.code]).toEqual([0, 0]);
      expect(essenceOf(resumed.out)).toEqual(essenceOf(whole.out));
    },
    TIMEOUT_MS,
  );

  it(
    'trains each model of a sweep once, and one run with other settings of training once more',
    async () => {
      const dataDir = path.join(folder, 'swept');
      const stops = ['0.5', '1', '3'];
      const swept = await start(dataDir, '--sweep', `STOP_LOSS_PCT=${stops.join(',')}`).ended();
      expect([swept.code, swept.err]).toEqual([0, expect.stringContaining('trained 2 of 2')]);
      const { runs } = JSON.parse(swept.out) as SweepSummary;
      expect(runs.map(({ settings }) => settings['STOP_LOSS_PCT'])).toEqual(stops);
      expect(new Set(runs.map(({ total_return: total }) => total)).size).toBe(stops.length);
      // Two dates, each a base model and three on it.
      expect(countJobs(dataDir)).toEqual([6]);

      const alone = await start(dataDir, '--set', 'STOP_LOSS_PCT=1').ended();
      expect(alone.err).toContain('2 of 2 trainings are kept from an earlier run');
      const { figures } = JSON.parse(alone.out) as { figures: { total_return: number } };
      expect(figures.total_return).toBe(runs[1]?.total_return);
      expect(countJobs(dataDir)).toEqual([6]);

      const other = await start(dataDir, '--sweep', 'CATBOOST_ITERATIONS=10,15').ended();
      expect(other.code).toBe(0);
      expect(countJobs(dataDir)).toEqual([6, 6, 6]);
    },
    TIMEOUT_MS,
  );
});

/** Jobs that were trained, of each recipe in turn. */
function countJobs(dataDir: string): readonly number[] {
  const kept = path.join(dataDir, 'backtests', 'predictions');
  return readdirSync(kept).map((recipe) => {
    const database = new Database(path.join(kept, recipe, 'training', 'training.sqlite'));
    try {
      const sql = "SELECT count(*) AS jobs FROM training_jobs WHERE status = 'completed'";
      return database.prepare<[], { jobs: number }>(sql).get()?.jobs ?? NaN;
    } finally {
      database.close();
    }
  });
}
