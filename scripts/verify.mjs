#!/usr/bin/env node
// `npm run verify`: everything that can be checked without running the suites that need servers, then
// the unit tests. `--static` leaves the tests out, for the gate that runs all suites anyway.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setup } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const CHECKS = [
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['types', 'tsc', '-p', '.'],
  ['lint', 'eslint', '--cache', '--cache-location', '.cache/eslint', '.'],
  ['layers', 'depcruise', '--output-type', 'err', 'src', 'config', 'migrations', 'scripts'],
  ['dashboard types', 'vue-tsc', '--noEmit', '-p', 'dashboard'],
  [
    'dashboard lint',
    'eslint',
    '--max-warnings',
    '0',
    '--cache',
    '--cache-location',
    '.cache/eslint-dashboard',
    'dashboard',
  ],
  ['dead code', 'knip'],
  ['documents', 'node', 'dist/scripts/document.js', '--check'],
];
const UNIT_TESTS = ['unit tests', 'vitest', 'run', '--project=unit', '--reporter=dot'];

await setup();
const failed = [];
const checks = process.argv.includes('--static') ? CHECKS : [...CHECKS, UNIT_TESTS];
for (const [name = '', command = '', ...args] of checks) {
  const started = Date.now();
  const isNode = command === 'node';
  const file = isNode ? process.execPath : `${ROOT}node_modules/.bin/${command}`;
  const { status } = spawnSync(file, args, { cwd: ROOT, stdio: 'inherit' });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`verify: ${name}: ${status === 0 ? 'fine' : 'FAILED'} (${seconds} s)\n`);
  if (status !== 0) failed.push(name);
}
// The set-up goes on without the dashboard, because a daemon that trades must not depend on it.
if (!existsSync(`${ROOT}dashboard/dist/index.html`)) failed.push('dashboard build (npm run setup)');
process.stdout.write(
  failed.length === 0 ? 'verify: all fine\n' : `verify: failed: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
