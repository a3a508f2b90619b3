import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DaemonChild } from './daemon-child.js';
import { daemonRig, QUICK } from './daemon-child.js';
import {
  descendantsOf,
  isAlive,
  listProcesses,
  waitForEnd,
  type ProcessRow,
} from './process-table.js';

const { start, folder } = daemonRig();
const TRAINS_LIMIT_MS = 60_000;

/** The trainer while it works on a job; the look whether Python can train is another process. */
function findTrainer(daemon: DaemonChild): ProcessRow | undefined {
  return descendantsOf(daemon.pid).find(
    ({ command }) => command.includes('evenkeel_trainer') && !command.includes('--check'),
  );
}

async function startTraining(environment: Record<string, string> = {}) {
  const daemon = start({ environment: { ...QUICK, DATA_DIR: folder(), ...environment } });
  await daemon.line(/\[TRAIN\] Final dataset/, TRAINS_LIMIT_MS);
  await daemon.until(() => findTrainer(daemon), { what: 'a trainer' });
  const family = descendantsOf(daemon.pid);
  expect(family.map(({ command }) => command).join('\n')).toMatch(/demo\/main\.js/);
  return { daemon, family };
}

/** An interpreter that takes a minute to answer, in a child of its own that ignores a polite request to end. */
function slowPython(): string {
  const file = path.join(folder(), 'slow-python');
  const script = "#!/bin/sh\ntrap '' TERM INT HUP\nsleep 60 &\nwait\n";
  writeFileSync(file, script, { mode: 0o755 });
  return file;
}

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s ends the daemon with 0, nothing left running, and the log to its last line',
    async (signal) => {
      const daemon = start({ environment: { ...QUICK, DATA_DIR: folder() } });
      await daemon.line(/BTC\/USDT 1h is up to date/);
      const family = descendantsOf(daemon.pid);
      expect(await daemon.stop(signal)).toEqual({ code: 0, signal: null });
      expect(daemon.output.trimEnd()).toMatch(/ Stopped$/);
      expect(daemon.output).not.toMatch(/WARN|ERROR/);
      expect(await waitForEnd(family)).toEqual([]);
    },
  );

  test('in the middle of a training the trainer goes too, within the limit of ten seconds', async () => {
    const { daemon, family } = await startTraining();
    // Past its limit the daemon ends itself with another code.
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    expect(family.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(daemon.output).not.toMatch(/ERROR/);
  });

  test('in the middle of the check of Python it ends with 0, and the interpreter with it', async () => {
    const PYTHON = slowPython();
    const daemon = start({ environment: { ...QUICK, DATA_DIR: folder(), PYTHON } });
    await daemon.until(
      () => descendantsOf(daemon.pid).find(({ command }) => command.startsWith('sleep ')),
      { what: 'the child of the interpreter', limitMs: TRAINS_LIMIT_MS },
    );
    const family = descendantsOf(daemon.pid);
    expect(family.some(({ command }) => command.includes(PYTHON))).toBe(true);
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
    expect(daemon.output).not.toMatch(/Cannot train|ERROR/);
    expect(await waitForEnd(family)).toEqual([]);
  });

  test('Ctrl+C, which reaches the whole process group, makes nobody complain', async () => {
    const { daemon, family } = await startTraining();
    const own = listProcesses().find(({ pid }) => pid === daemon.pid);
    for (const { pid } of family.filter(({ group }) => group === own?.group)) {
      process.kill(pid, 'SIGINT');
    }
    expect(await daemon.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(daemon.output).not.toMatch(/Demo exchange ended|ERROR/);
    expect(await waitForEnd(family)).toEqual([]);
  });

  test('a second signal ends it at once, and what it started ends by itself', async () => {
    const { daemon, family } = await startTraining();
    // A graceful stop may be over in milliseconds: both signals must be there when it goes on.
    for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGINT', 'SIGCONT'] as const) {
      daemon.process.kill(signal);
    }
    expect(await daemon.ended).toEqual({ code: 1, signal: null });
    expect(daemon.output).not.toMatch(/ Stopped$/m);
    expect(await waitForEnd(family)).toEqual([]);
  });

  test('a signal while it waits for an exchange that is down ends it with 0', async () => {
    const environment = { EXCHANGE: 'binance', EXCHANGE_BASE_URL: 'http://127.0.0.1:9' };
    const daemon = start({ environment: { ...QUICK, ...environment, DATA_DIR: folder() } });
    await daemon.address();
    expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });
});
