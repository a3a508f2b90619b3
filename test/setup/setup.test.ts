import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ended, SetupProject } from './setup-project.js';

let project: SetupProject;

beforeEach(() => {
  project = new SetupProject();
});
afterEach(() => project.remove());

const installs = (): number => project.calls().filter((call) => call.startsWith('npm ci')).length;

/** Id of a process that has ended. */
function deadPid(): number {
  return spawnSync('true').pid;
}

test('installs, builds and prepares the trainer once; a second call does nothing', async () => {
  expect((await project.run()).code).toBe(0);
  expect(readdirSync(project.stamps).sort()).toEqual([
    'build',
    'dashboard',
    'dashboard-packages',
    'last.log',
    'packages',
    'trainer',
  ]);
  const calls = project.calls();
  expect(calls.some((call) => /pip install .*--require-hashes/.test(call))).toBe(true);
  expect(await project.run()).toEqual({ code: 0, stderr: '' });
  expect(project.calls()).toEqual(calls);
});

test('a source that changed is built again, and nothing else', async () => {
  await project.run();
  const before = project.calls().length;
  utimesSync(project.path('src', 'main.ts'), 1, 1);
  await project.run();
  expect(project.calls().slice(before)).toEqual(['build']);
});

test('two at once: one works, the other waits for it and finds all done', async () => {
  const [first, second] = await Promise.all([project.run(), project.run()]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(installs()).toBe(1);
  expect(first.stderr + second.stderr).toMatch(/waiting for process \d+/);
  expect(existsSync(path.join(project.stamps, 'lock'))).toBe(false);
});

test.each([
  ['a process that has died', () => String(deadPid())],
  ['nobody', () => ''],
  ['no process id', () => 'garbage'],
])('a lock left by %s holds nobody up', async (_, holder) => {
  mkdirSync(project.stamps, { recursive: true });
  writeFileSync(path.join(project.stamps, 'lock'), holder());
  expect((await project.run()).code).toBe(0);
  expect(installs()).toBe(1);
});

test('killed in the middle of a step it leaves no stamp, and the next call begins that step again', async () => {
  const child = project.start({ NPM_SLEEP: '3' });
  const end = ended(child);
  while (installs() === 0) await sleep(20);
  child.kill('SIGKILL');
  await end;
  expect(readdirSync(project.stamps)).not.toContain('packages');
  expect((await project.run()).code).toBe(0);
  expect(installs()).toBe(2);
});

test('a step that fails leaves no stamp, says why, and lets the next call in', async () => {
  const failed = await project.run({ NPM_FAILS: 'yes' });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('registry is away');
  expect(readdirSync(project.stamps)).not.toContain('packages');
  expect((await project.run()).code).toBe(0);
});

test('without a usable Python the rest is ready, and the fix is named', async () => {
  const end = await project.run({ PYTHON_FAILS: 'yes' });
  expect(end.code).toBe(0);
  expect(end.stderr).toMatch(/Install Python 3\.11 to 3\.13 .*npm run setup/);
  expect(existsSync(project.path('dist', 'src', 'main.js'))).toBe(true);
  expect(readdirSync(project.stamps)).not.toContain('trainer');
});

test('PyTorch for a Python that its list has no wheel for is refused with the command that adds it', async () => {
  const hash = (at: number) => `    --hash=sha256:${String(at).repeat(64)}`;
  const lock = project.path('trainer', 'torch.lock');
  writeFileSync(lock, `torch==2.13.0 \\\n${hash(1)}\n`);
  expect((await project.run()).code).toBe(0);
  const ask = () => ended(project.start({}, ['--with', 'torch']));
  const refused = await ask();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /for linux x64 python3\.11 alone, and this is \S+ \S+ python3\.13\. Add yours: .*lock\.py --torch/,
  );
  const installs = () => project.calls().filter((call) => call.includes('torch.lock'));
  expect(installs()).toEqual([]);
  writeFileSync(lock, `torch==2.13.0 \\\n${hash(1)} \\\n${hash(2)}\n`);
  await ask();
  expect(installs().length).toBe(1);
});
