#!/usr/bin/env node
// `npm run doctor`: looks at everything a set-up needs and names the fix for what is missing. Begins with
// what Node alone can see, so that it works on an empty clone too.
import { execFileSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MIN_FREE_MB = 500;

if (process.argv.includes('--help')) {
  process.stdout.write(
    'Checks the set-up. Usage: npm run doctor [-- --json]. Exit code 1 when something fails.\n',
  );
  process.exit(0);
}

/** @typedef {{ name: string, status: 'ok' | 'warning' | 'failed', message: string, fix?: string }} Finding */

/** @type {Finding[]} */
const findings = [nodeVersion(), freeDisk(), packages(), build(), dashboard(), trainer()];
const checks = path.join(ROOT, 'dist', 'scripts', 'doctor-checks.js');
if (existsSync(checks) && existsSync(path.join(ROOT, 'node_modules'))) {
  const { checkSetup } = await import(checks);
  findings.push(...(await checkSetup()));
}
report();

/** @returns {Finding} */
function nodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > 20 || (major === 20 && minor >= 19);
  return isNew
    ? { name: 'node', status: 'ok', message: process.versions.node }
    : {
        name: 'node',
        status: 'failed',
        message: process.versions.node,
        fix: 'install Node 20.19 or newer',
      };
}

/** @returns {Finding} */
function freeDisk() {
  const { bavail, bsize } = statfsSync(ROOT);
  const freeMb = Math.round((bavail * bsize) / 1024 / 1024);
  return freeMb >= MIN_FREE_MB
    ? { name: 'disk', status: 'ok', message: `${freeMb} MB free` }
    : {
        name: 'disk',
        status: 'failed',
        message: `${freeMb} MB free`,
        fix: `free ${MIN_FREE_MB} MB`,
      };
}

/** @returns {Finding} */
function packages() {
  const addon = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
  if (existsSync(path.join(ROOT, addon)))
    return { name: 'packages', status: 'ok', message: 'installed' };
  return { name: 'packages', status: 'failed', message: 'not installed', fix: 'npm run setup' };
}

/** @returns {Finding} */
function build() {
  if (existsSync(path.join(ROOT, 'dist/src/main.js')))
    return { name: 'build', status: 'ok', message: 'there' };
  return { name: 'build', status: 'failed', message: 'not built', fix: 'npm run setup' };
}

/** Optional: a daemon trades without it. @returns {Finding} */
function dashboard() {
  const name = 'dashboard';
  if (existsSync(path.join(ROOT, 'dashboard/dist/index.html')))
    return { name, status: 'ok', message: 'built' };
  return { name, status: 'warning', message: 'not built: the API alone', fix: 'npm run setup' };
}

/** @returns {Finding} */
function trainer() {
  const python = process.env['PYTHON'] ?? path.join(ROOT, '.venv', 'bin', 'python');
  try {
    const answer = execFileSync(python, ['-m', 'evenkeel_trainer', '--check'], {
      cwd: path.join(ROOT, 'trainer'),
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    return { name: 'trainer', status: 'ok', message: `${answer.trim()}${deepBots(answer)}` };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    const fix =
      'install Python 3.11 to 3.13 with venv (Debian: apt-get install python3 python3-venv), then npm run setup';
    return { name: 'trainer', status: 'warning', message: `cannot train: ${message}`, fix };
  }
}

/** PyTorch is an extra: that it is missing is no fault. @param {string} answer */
function deepBots(answer) {
  if (JSON.parse(answer).torch !== undefined)
    return '; PyTorch is there: lstm and transformer can train';
  return '; without PyTorch: lstm and transformer need npm run setup -- --with torch';
}

function report() {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ findings })}\n`);
  } else {
    const marks = { ok: '  ok  ', warning: ' warn ', failed: 'FAILED' };
    for (const { name, status, message, fix } of findings) {
      process.stdout.write(`${marks[status]} ${name.padEnd(10)} ${message}\n`);
      if (fix !== undefined) process.stdout.write(`       ${''.padEnd(10)} fix: ${fix}\n`);
    }
  }
  process.exitCode = findings.some(({ status }) => status === 'failed') ? 1 : 0;
}
