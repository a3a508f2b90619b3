import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { session, trainingStatus } from '../../src/api/contract/training.js';
import { SystemClock } from '../../src/lib/clock.js';
import { CommandChild } from '../collection/command-child.js';
import { daemonRig, QUICK, type DaemonChild } from '../daemon/daemon-child.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';

const LIMIT_MS = 120_000;
const PAUSED = 'PAUSE DETECTED: Training paused';
const RESUMED = 'RESUMING: Training resumed';

const rig = daemonRig();
const children: CommandChild[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await child.ended;
  }
});

/** Little to learn, and nothing that trains by itself once a model serves. */
function environmentOf(folder: string): Readonly<Record<string, string>> {
  return {
    ...{ ...QUICK, DATA_DIR: folder, HISTORY_DAYS: '40', PROMOTION_GATE: 'parity' },
    ...{ CATBOOST_ITERATIONS: '20', MAX_BASELINE_FEATURES: '20', INCREMENTAL_MIN_NEW_BARS: '1' },
    ...{ FULL_RETRAIN_ENABLED: 'false', INCREMENTAL_ENABLED: 'false', MODEL_STALE_HOURS: '160' },
  };
}

type Environment = ReturnType<typeof environmentOf>;

function train(flags: readonly string[], environment: Environment): CommandChild {
  const child = new CommandChild('train', ['--json', ...flags], environment);
  children.push(child);
  return child;
}

const last = (child: CommandChild) => child.json.at(-1);

const pauseLines = ({ json }: CommandChild): readonly unknown[] =>
  json.map(({ message }) => message).filter((text) => [PAUSED, RESUMED].includes(String(text)));

async function untilPaused(child: CommandChild): Promise<void> {
  await child.until(() => child.progress.some(({ state }) => state === 'paused'), 'a pause');
}

/** Until exactly these pause it, as its newest progress tells. */
async function untilPausedBy(child: CommandChild, names: readonly string[]): Promise<void> {
  const wanted = JSON.stringify(names);
  await child.until(
    () => JSON.stringify(child.progress.at(-1)?.['paused_by']) === wanted,
    `paused by ${names.join(' and ')}`,
  );
}

describe('npm run train', () => {
  test('refuses what it does not know, and says what there is', async () => {
    const environment = environmentOf(rig.folder());
    const ended = async (...flags: string[]) => {
      const child = train(flags, environment);
      return { status: await child.ended, text: child.stdout + child.stderr };
    };
    expect(await ended()).toMatchObject({ status: 2 });
    const wrong = await ended('--mode', 'some');
    expect(wrong.status).toBe(2);
    expect(wrong.text).toContain('incremental, full, sample');
    expect(await ended('--mode', 'full', '--batch-size', '0')).toMatchObject({ status: 2 });
    const help = await ended('--help');
    expect(help.status).toBe(0);
    expect(help.text).toContain('A second Ctrl+C leaves at once');
  });
});

describe.skipIf(!HAS_PYTHON)('npm run train without a daemon (needs npm run setup)', () => {
  test(
    'waits while its file exists, is stopped by Ctrl+C, goes on with the next start, says how it ended',
    async () => {
      const folder = rig.folder();
      const environment = environmentOf(folder);
      const collected = new CommandChild('collect', ['--once', '--json'], environment);
      children.push(collected);
      expect(await collected.ended, collected.stderr).toBe(0);
      // Its demo exchange lets go of the folder a moment later.
      await new SystemClock().sleep(500);

      const file = path.join(folder, 'wait.txt');
      writeFileSync(file, '');
      const stopped = train(['--mode', 'full', '--pause-file', file], environment);
      await untilPaused(stopped);
      stopped.kill('SIGINT');
      expect(await stopped.ended, stopped.stderr).toBe(130);
      expect(last(stopped)).toMatchObject({
        ...{ event: 'end', status: 'stopped', failed: 0 },
        line: 'Stopped; what is trained stays, and the session goes on with the next start',
      });
      expect(stopped.progress.at(-1)).toMatchObject({
        paused_by: [`the file ${file}`],
        current: 0,
      });

      const full = train(['--mode', 'full', '--pause-file', file], environment);
      await untilPaused(full);
      rmSync(file);
      expect(await full.ended, full.stderr).toBe(0);
      expect(pauseLines(full)).toEqual([PAUSED, RESUMED]);
      const line = /^Successful: 1\/1 instruments, 1 batches, .+, cache not updated$/;
      expect(last(full)).toMatchObject({
        ...{ event: 'end', status: 'done', failed: 0, not_trained: [] },
        line: expect.stringMatching(line) as string,
      });
      expect(full.stdout.match(/Successful: /g)).toHaveLength(1);
    },
    LIMIT_MS,
  );
});

describe.skipIf(!HAS_PYTHON)('npm run train beside a daemon (needs npm run setup)', () => {
  /** A daemon whose own first model serves, with its settings and a pause file of a command's own. */
  const startDaemon = async () => {
    const folder = rig.folder();
    const environment = environmentOf(folder);
    const daemon = rig.start({ environment });
    await daemon.line(/\[TRAIN\] Promoted/, LIMIT_MS);
    return { environment, daemon, file: path.join(folder, 'wait.txt') };
  };

  const sessionOf = (daemon: DaemonChild, child: CommandChild) =>
    daemon.get(`/api/training/sessions/${String(last(child)?.['session_id'])}`, session);

  const said = (daemon: DaemonChild): number => daemon.output.match(/Successful: /g)?.length ?? 0;

  test(
    'joins it in every mode, begins nothing while its own file exists, and each end is said once',
    async () => {
      const { environment, daemon, file } = await startDaemon();
      const ended = { event: 'end', status: 'done', failed: 0, not_trained: [] };
      const line = (pattern: string): string =>
        expect.stringMatching(`^Successful: ${pattern}, 1 batches, .+, cache updated$`) as string;

      writeFileSync(file, '');
      const sample = train(['--mode', 'sample', '--pause-file', file], environment);
      await untilPaused(sample);
      expect(sample.progress.at(-1)).toMatchObject({
        ...{ by: 'the daemon', paused_by: [`the file ${file}`], current: 0 },
      });
      rmSync(file);
      expect(await sample.ended, sample.stderr).toBe(0);
      expect(pauseLines(sample)).toEqual([PAUSED, RESUMED]);
      expect(last(sample)).toMatchObject({ ...ended, line: line('1/1 instruments') });
      expect(await sessionOf(daemon, sample)).toMatchObject({ kind: 'manual' });

      const full = train(['--mode', 'full'], environment);
      expect(await full.ended, full.stderr).toBe(0);
      expect(last(full)).toMatchObject({ ...ended, line: line('1/1 instruments') });
      await daemon.until(() => said(daemon) === 1 || undefined, { what: 'the end of full' });

      const increment = train(['--mode', 'incremental'], environment);
      expect(await increment.ended, increment.stderr).toBe(0);
      // Whether candles came since the full training is the clock's to say.
      expect(last(increment)).toMatchObject({ ...ended, line: line('[01]/1 instruments') });
      expect(await sessionOf(daemon, increment)).toMatchObject({ kind: 'incremental' });
      await daemon.until(() => said(daemon) === 2 || undefined, { what: 'the end of incremental' });
      expect(daemon.output).not.toMatch(/ERROR/);
    },
    LIMIT_MS,
  );

  test(
    'pauses its own session by its own file, cancels it by Ctrl+C, leaves it to the daemon by SIGTERM',
    async () => {
      const { environment, daemon, file } = await startDaemon();
      // Whatever the commands ask for waits, so that the moments to look at last.
      const headers = { 'content-type': 'application/json' };
      await daemon.fetch('/api/training/pause', { method: 'POST', headers });
      const pausing = async (): Promise<CommandChild> => {
        rmSync(file, { force: true });
        const child = train(['--mode', 'full', '--pause-file', file], environment);
        await untilPausedBy(child, ['the API of the daemon']);
        writeFileSync(file, '');
        await untilPausedBy(child, [`the file ${file}`, 'the API of the daemon']);
        return child;
      };

      const cancelled = await pausing();
      const { paused_by } = await daemon.get('/api/training/status', trainingStatus);
      expect(paused_by).toEqual(['api', expect.stringMatching(/^session /)]);
      cancelled.kill('SIGINT');
      expect(await cancelled.ended, cancelled.stderr).toBe(130);
      expect(last(cancelled)).toMatchObject({
        status: 'stopped',
        line: expect.stringContaining('the daemon has cancelled session') as string,
      });
      expect(await sessionOf(daemon, cancelled)).toMatchObject({ status: 'cancelled' });
      await daemon.line(/Successful: 0\/1 instruments.*cache not updated/);

      const left = await pausing();
      rmSync(file);
      await untilPausedBy(left, ['the API of the daemon']);
      left.kill('SIGTERM');
      expect(await left.ended, left.stderr).toBe(130);
      expect(pauseLines(left)).toEqual([PAUSED, RESUMED]);
      expect(last(left)).toMatchObject({
        status: 'stopped',
        line: expect.stringContaining('to the daemon, which goes on with it') as string,
      });
      expect(await sessionOf(daemon, left)).toMatchObject({ status: 'running' });

      const hasty = await pausing();
      // It answers nothing, so that the first Ctrl+C has to wait for it.
      daemon.process.kill('SIGSTOP');
      hasty.kill('SIGINT');
      await hasty.line(/SIGINT: stopping/);
      hasty.kill('SIGINT');
      expect(await hasty.ended, hasty.stderr).toBe(1);
      expect(last(hasty)).not.toMatchObject({ event: 'end' });
      daemon.process.kill('SIGCONT');
      expect((await daemon.stop()).code).toBe(0);
    },
    LIMIT_MS,
  );
});
