import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { status } from '../../src/api/contract/status.js';
import { daemonRig, QUICK, type DaemonChild } from '../daemon/daemon-child.js';

const rig = daemonRig();

interface Health {
  readonly status: string;
  readonly checks: readonly { name: string; status: string; message: string }[];
}

async function isPaused(daemon: DaemonChild): Promise<boolean> {
  const { collection } = await daemon.get('/api/status', status);
  return collection.paused && collection.state === 'paused';
}

test('a daemon that is paused says so in status and health, and is not failing', async () => {
  const folder = rig.folder();
  const pauseFile = path.join(folder, 'pause_collector.txt');
  writeFileSync(pauseFile, '');
  const environment = { ...QUICK, DATA_DIR: folder, PYTHON: '/nonexistent' };
  // The file's name is the default one, looked for in the working directory.
  const daemon = rig.start({ environment, cwd: folder });
  await daemon.line(/PAUSE DETECTED: Collection paused$/m);
  await daemon.until(async () => (await isPaused(daemon)) || undefined, { what: 'paused' });
  const answer = await daemon.fetch('/api/health');
  expect(answer.status).toBe(200);
  const { checks } = (await answer.json()) as Health;
  const data = checks.find(({ name }) => name === 'data');
  expect(data).toMatchObject({ status: 'degraded' });
  expect(data?.message).toContain(pauseFile);
  expect((await daemon.get('/api/status', status)).warnings.join()).toContain(pauseFile);

  rmSync(pauseFile);
  await daemon.line(/RESUMING: Collection resumed$/m);
  await daemon.until(
    async () => {
      const { collection } = await daemon.get('/api/status', status);
      return collection.state === 'following' && !collection.paused ? true : undefined;
    },
    { what: 'following again' },
  );
});
