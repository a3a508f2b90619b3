import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.js';
import type { PythonCheck } from './check-python.js';
import { TrainerReadiness } from './trainer-readiness.js';

const FIX = 'run "npm run setup"';
const MISSING: PythonCheck = {
  status: 'missing',
  message: 'no Python',
  fix: 'run "npm run setup"',
};
const GOOD: PythonCheck = { status: 'ok', versions: {} };

describe('TrainerReadiness', () => {
  let folder: string;
  let checks: number;
  let told: string[];
  let answer: PythonCheck;
  let clock: ManualClock;
  let readiness: TrainerReadiness;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-readiness-'));
    mkdirSync(path.join(folder, 'bin'));
    checks = 0;
    told = [];
    answer = GOOD;
    clock = new ManualClock(0);
    readiness = new TrainerReadiness({
      python: path.join(folder, 'bin', 'python'),
      clock,
      recheckSec: 600,
      onUnusable: ({ message }) => told.push(message),
      check: () => {
        checks++;
        return Promise.resolve(answer);
      },
    });
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('asks once while all is well, also when several ask at the same time', async () => {
    await Promise.all([readiness.find(), readiness.find()]);
    expect(await readiness.find()).toEqual({ status: 'ready' });
    expect(checks).toBe(1);
  });

  it('keeps a bad result until the next check is due, with the command that fixes it', async () => {
    answer = MISSING;
    const expected = { status: 'not_ready', message: 'no Python', fix: 'run "npm run setup"' };
    expect(await readiness.find()).toEqual({ ...expected, nextCheckAt: 600_000 });
    await clock.advance(599_000);
    await readiness.find();
    expect(checks).toBe(1);
    await clock.advance(1_000);
    await readiness.find();
    expect(checks).toBe(2);
  });

  it('looks again at once when the interpreter appears', async () => {
    answer = MISSING;
    await readiness.find();
    answer = GOOD;
    writeFileSync(path.join(folder, 'bin', 'python'), '');
    expect(await readiness.find()).toEqual({ status: 'ready' });
  });

  it('looks again at once when packages are installed beside it', async () => {
    answer = { status: 'broken', message: 'No module named catboost', fix: FIX };
    mkdirSync(path.join(folder, 'lib', 'python3.11', 'site-packages'), { recursive: true });
    await readiness.find();
    answer = GOOD;
    expect((await readiness.find()).status).toBe('not_ready');
    mkdirSync(path.join(folder, 'lib', 'python3.11', 'site-packages', 'catboost'));
    expect((await readiness.find()).status).toBe('ready');
  });

  it('looks at the files of a Python that can train once a second at most', async () => {
    await readiness.find();
    writeFileSync(path.join(folder, 'bin', 'python'), '');
    await clock.advance(999);
    await readiness.find();
    expect(checks).toBe(1);
    await clock.advance(1);
    await readiness.find();
    expect(checks).toBe(2);
  });

  it('looks again after a job could not start its interpreter', async () => {
    await readiness.find();
    answer = MISSING;
    readiness.recheck();
    expect(readiness.last).toEqual({ status: 'ready' });
    expect((await readiness.find()).status).toBe('not_ready');
    expect(readiness.last).toMatchObject({ message: 'no Python' });
  });

  it('tells once that Python cannot train, until it could meanwhile', async () => {
    for (const next of [MISSING, MISSING, GOOD, MISSING]) {
      answer = next;
      readiness.recheck();
      await readiness.find();
    }
    expect(told).toEqual(['no Python', 'no Python']);
  });
});
