import { chmod, mkdtemp, rm, writeFile, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_PYTHON, PYTHON, TRAINER_DIR } from '../../../test/trainer/real-trainer.js';
import { until } from '../../../test/training/holding-trainer.js';
import { checkPython } from './check-python.js';
import { readGroup } from './process-group.js';
import { findPython, trainerCommand } from './python-command.js';

describe('findPython', () => {
  it('takes the one that is set, else the one of the project', () => {
    expect(findPython({ python: '/opt/python', projectDir: '/srv/evenkeel' })).toBe('/opt/python');
    const own = findPython({ python: undefined, projectDir: '/srv/evenkeel' });
    expect(own).toBe('/srv/evenkeel/.venv/bin/python');
    expect(trainerCommand(own)).toEqual([own, '-u', '-m', 'evenkeel_trainer']);
  });
});

describe('checkPython', () => {
  let folder: string;

  /** An interpreter that prints one line and ends with a code. */
  const pretend = async (line: string, code: number): Promise<string> => {
    const file = path.join(folder, `python-${code}-${line.length}`);
    await writeFile(file, `#!/bin/sh\necho '${line}'\necho 'last words' >&2\nexit ${code}\n`);
    await chmod(file, 0o755);
    return file;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-python-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.skipIf(!HAS_PYTHON)('names the versions of the real one (needs npm run setup)', async () => {
    const check = await checkPython(PYTHON, TRAINER_DIR);
    expect(check).toMatchObject({ status: 'ok' });
    const versions = check.status === 'ok' ? check.versions : {};
    // PyTorch is there where the extra is installed.
    const plain = Object.keys(versions).filter((name) => name !== 'torch');
    expect(plain.toSorted()).toEqual(['catboost', 'numpy', 'onnx', 'python']);
    expect(versions['python']).toMatch(/^3\.1[1-3]\./);
  });

  it('says that there is none, and how to get it', async () => {
    const check = await checkPython(path.join(folder, 'none'), TRAINER_DIR);
    expect(check).toMatchObject({ status: 'missing', fix: 'npm run setup' });
  });

  it.each(['2.7.18', '3.10.14', '3.14.0'])('refuses Python %s', async (version) => {
    const old = await pretend(`{"python": "${version}", "error": "no module"}`, 1);
    const check = await checkPython(old, TRAINER_DIR);
    expect(check).toMatchObject({ status: 'wrong version' });
    expect(check).toHaveProperty('message', expect.stringContaining(version));
    expect(check).toHaveProperty('fix', expect.stringContaining('3.11 to 3.13'));
  });

  it('names the package that cannot be imported', async () => {
    const answer = '{"python": "3.12.1", "error": "No module named catboost"}';
    const check = await checkPython(await pretend(answer, 1), TRAINER_DIR);
    expect(check).toMatchObject({ status: 'broken', fix: 'npm run setup' });
    expect(check).toHaveProperty('message', expect.stringContaining('No module named catboost'));
  });

  it('shows the last line of an interpreter that cannot run the trainer', async () => {
    const check = await checkPython(await pretend('Segmentation fault', 139), TRAINER_DIR);
    expect(check).toMatchObject({ status: 'broken' });
    expect(check).toHaveProperty('message', expect.stringContaining('last words'));
  });

  it('says how an interpreter ended that says nothing itself', async () => {
    const check = await checkPython('/bin/false', TRAINER_DIR);
    expect(check).toMatchObject({
      status: 'broken',
      message: '/bin/false cannot run the trainer: it ended with exit code 1 and said nothing',
    });
  });

  it('ends at once when it is aborted, with everything that the interpreter has started', async () => {
    const file = path.join(folder, 'slow-python');
    const pidFile = path.join(folder, 'pid');
    await writeFile(file, `#!/bin/sh\nsleep 120 &\necho $$ > ${pidFile}\nwait\n`);
    await chmod(file, 0o755);
    const abort = new AbortController();
    const check = checkPython(file, TRAINER_DIR, abort.signal);
    const started = await until(async () => {
      const text = await readFile(pidFile, 'utf8').catch(() => '');
      return text.endsWith('\n') ? Number(text) : undefined;
    });
    expect((await readGroup(started)).members).toHaveLength(2);
    abort.abort(new Error('stopped'));
    await expect(check).rejects.toThrow('stopped');
    await until(async () => (await readGroup(started)).members.length === 0 || undefined);
  });
});
