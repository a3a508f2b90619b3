import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_PYTHON, PYTHON, TRAINER_DIR } from '../../../test/trainer/real-trainer.js';
import { checkPython } from './check-python.js';
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
    expect(Object.keys(versions).toSorted()).toEqual(['catboost', 'numpy', 'onnx', 'python']);
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

  it('shows the last words of one that cannot run the trainer at all', async () => {
    const check = await checkPython(await pretend('Segmentation fault', 139), TRAINER_DIR);
    expect(check).toMatchObject({ status: 'broken' });
    expect(check).toHaveProperty('message', expect.stringContaining('last words'));
  });
});
