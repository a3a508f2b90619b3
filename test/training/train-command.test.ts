import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SystemClock } from '../../src/lib/system-clock.js';
import { daemonRig, QUICK } from '../daemon/daemon-child.js';
import { CollectChild } from '../collection/collect-child.js';
import { HAS_PYTHON, PROJECT_DIR } from '../trainer/real-trainer.js';

const SCRIPT = path.join(PROJECT_DIR, 'dist/scripts/train.js');
const rig = daemonRig();

function train(flags: readonly string[], environment: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [SCRIPT, ...flags], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...QUICK, ...environment },
  });
}

describe('npm run train', () => {
  test('refuses what it does not know, and says what there is', () => {
    expect(train([], {})).toMatchObject({ status: 2 });
    const wrong = train(['--mode', 'some'], {});
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('incremental, full, sample');
    expect(train(['--help'], {})).toMatchObject({ status: 0 });
    expect(train(['--mode', 'full', '--batch-size', '0'], {})).toMatchObject({ status: 2 });
  });

  test.skipIf(!HAS_PYTHON)('trains here where no daemon runs, and ends with the line', async () => {
    const environment = { DATA_DIR: rig.folder(), SYMBOLS: 'BTC/USDT', HISTORY_DAYS: '40' };
    const collected = new CollectChild(['--once', '--json'], environment);
    expect(await collected.ended, collected.stderr).toBe(0);
    // Its demo exchange lets go of the folder a moment later.
    await new SystemClock().sleep(500);
    const full = train(['--mode', 'full', '--json'], environment);
    expect(full.status, full.stderr).toBe(0);
    const last = JSON.parse(full.stdout.trim().split('\n').at(-1) ?? '') as { line: string };
    expect(last).toMatchObject({ event: 'end', status: 'done', failed: 0, not_trained: [] });
    expect(last.line).toMatch(/^Successful: 1\/1 instruments, 1 batches, .+, cache not updated$/);
  });
});
