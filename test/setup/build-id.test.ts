import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PROGRAM_VERSION } from '../training/worker-process.js';

const FOLDERS = ['config', 'migrations', 'src', 'trainer/evenkeel_trainer'];
const ROOT = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-build-id-'));
  for (const name of FOLDERS) mkdirSync(path.join(folder, name), { recursive: true });
  for (const name of ['package-lock.json', 'trainer/requirements.lock']) write(name, '');
  write('src/main.ts', 'one');
  write('trainer/evenkeel_trainer/runner.py', 'one');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(path.join(folder, name), text);
}

function buildId(): string {
  const module = JSON.stringify(path.join(ROOT, 'scripts/build-id.mjs'));
  const script = `import { buildId } from ${module}; console.log(buildId(process.argv[1]))`;
  const args = ['--input-type=module', '-e', script, folder];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

test('sources of the daemon and of the trainer change the id of a build, tests do not', () => {
  const first = buildId();
  expect(first).toMatch(/^[0-9a-f]{12}$/);
  write('src/main.test.ts', 'a test');
  expect(buildId()).toBe(first);
  write('trainer/evenkeel_trainer/runner.py', 'two');
  const second = buildId();
  expect(second).not.toBe(first);
  write('src/main.ts', 'two');
  expect(buildId()).not.toBe(second);
});

test('the program says which build it is', () => {
  const main = path.join(ROOT, 'dist/src/main.js');
  const said = execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' }).trim();
  expect(said).toBe(PROGRAM_VERSION);
  expect(said.split('+')[1]).toBe(readFileSync(path.join(ROOT, 'dist/build-id'), 'utf8'));
});
