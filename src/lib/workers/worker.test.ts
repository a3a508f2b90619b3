import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isAlive } from '../../../test/daemon/process-table.js';
import type { EchoDescription } from '../../../test/workers/echo-worker.js';
import { compiledUrl } from './worker.js';

async function startDoomed(env: Readonly<Record<string, string>> = {}) {
  const url = compiledUrl(import.meta.url, '../../../test/workers/doomed-parent.js');
  const parent = fork(fileURLToPath(url), [], { env });
  const [said] = (await once(parent, 'message')) as [string];
  return { parent, worker: JSON.parse(said) as EchoDescription };
}

describe('a worker process', () => {
  it('ends when the process that started it is killed', async () => {
    const { parent, worker } = await startDoomed();
    expect(isAlive(worker.pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(worker.pid), { timeout: 5_000 }).toBe(false);
  });

  it('is handed what the C library is told, and no secret', async () => {
    const { parent, worker } = await startDoomed({ DB_PASSWORD: 'x', MALLOC_ARENA_MAX: '1' });
    parent.kill('SIGKILL');
    expect(worker.variables).toContain('MALLOC_ARENA_MAX');
    expect(worker.variables).not.toContain('DB_PASSWORD');
  });
});
