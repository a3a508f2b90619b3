import { spawnSync } from 'node:child_process';

/**
 * Worker threads and child processes run compiled code, so it must be current before any test. What the
 * compiler has against the types is for `npm run verify` to say: it writes its output all the same.
 */
export function setup(): void {
  spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], { stdio: 'ignore' });
}
