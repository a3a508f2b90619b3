import { spawnSync } from 'node:child_process';

/** Worker threads and child processes run compiled code, so it must be current before any test. */
export function setup(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The code could not be compiled');
}
