import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compiledUrl } from '../../src/lib/workers/worker.js';

const run = promisify(execFile);

it('reports to nobody: the runtime keeps no database of events in the home folder', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-silent-'));
  const home = path.join(folder, 'home');
  await mkdir(home);
  try {
    const program = fileURLToPath(compiledUrl(import.meta.url, './predict-child.js'));
    // No other variable: under `CI` the library is silent by itself.
    const { stdout } = await run(process.execPath, [program, path.join(folder, 'models')], {
      env: { PATH: process.env['PATH'], HOME: home },
    });
    expect(stdout).toBe('predicted');
    expect(await readdir(home, { recursive: true })).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
