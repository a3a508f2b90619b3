#!/usr/bin/env node
// `npm test`: installs what is missing and runs every suite. A database server that answers is used, else
// one that is installed is started for the run (test/own-server.ts); what this machine cannot offer is
// skipped by name. `--long` runs the long campaigns in full.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setup } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [isLong, rest] = [
  process.argv.includes('--long'),
  process.argv.slice(2).filter((argument) => argument !== '--long'),
];

try {
  await setup();
} catch (error) {
  process.stderr.write(`setup: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
const { status } = spawnSync(`${ROOT}node_modules/.bin/vitest`, ['run', ...rest], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, ...(isLong ? { EVENKEEL_TEST_LONG: 'true' } : {}) },
});
process.exitCode = status ?? 1;
