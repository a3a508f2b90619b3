import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trainingJob } from '../../../test/training/training-builders.js';
import {
  candidatePath,
  featureFileName,
  keepServedFiles,
  removeLeftovers,
} from './candidate-folder.js';

const JOB = trainingJob({ venue: 'demo:ab12:1' });

describe('folder of a candidate', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'evenkeel-candidate-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (...names: string[]): string => {
    const file = path.join(root, ...names);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `content of ${names.join('/')}`);
    return file;
  };

  it("lies below the models' folder, whatever the names are", () => {
    expect(candidatePath(JOB)).toBe(`demo_ab12_1/BTC_USDT/1h/catboost/${JOB.uid}-1`);
    const hostile = trainingJob({ symbol: '../../etc' });
    expect(path.resolve('/models', candidatePath(hostile)).startsWith('/models/test/')).toBe(true);
  });

  it('removes what attempts at one job left, and nothing of another', async () => {
    const folders = { modelsDir: path.join(root, 'models'), workDir: path.join(root, 'work') };
    const whole = write('models', candidatePath(JOB), 'model.onnx');
    const half = write('models', `${candidatePath(JOB)}.tmp-77`, 'model.onnx');
    const retry = write('models', candidatePath({ ...JOB, attempt: 2 }), 'model.onnx');
    const data = write('work', featureFileName(JOB));
    const other = { ...JOB, uid: '01HZJOB000000000000000000B' };
    const kept = [
      write('models', candidatePath(other), 'x'),
      write('work', featureFileName(other)),
    ];
    await removeLeftovers(JOB, folders);
    expect([whole, half, retry, data].filter((file) => existsSync(file))).toEqual([]);
    expect(kept.every((file) => existsSync(file))).toBe(true);
  });

  it('finds nothing to remove where nothing was ever written', async () => {
    const folders = { modelsDir: path.join(root, 'none'), workDir: path.join(root, 'none') };
    await expect(removeLeftovers(JOB, folders)).resolves.toBeUndefined();
  });

  it('keeps what serves, in the folder and in the manifest', async () => {
    const names = ['model.onnx', 'model.cbm', 'judged.onnx', 'judged-test.f32', 'refit-test.f32'];
    for (const name of names) write(name);
    const files = Object.fromEntries(names.map((name) => [name, { sha256: 'x', bytes: 1 }]));
    writeFileSync(path.join(root, 'manifest.json'), JSON.stringify({ format: 1, seed: 7, files }));
    const kept = await keepServedFiles(root);
    expect(readdirSync(root).sort()).toEqual(['manifest.json', 'model.cbm', 'model.onnx']);
    const text = readFileSync(path.join(root, 'manifest.json'));
    expect(kept.manifestSha256).toBe(createHash('sha256').update(text).digest('hex'));
    const manifest = JSON.parse(text.toString()) as { seed: number; files: object };
    expect(manifest.seed).toBe(7);
    expect(Object.keys(manifest.files)).toEqual(['model.onnx', 'model.cbm']);
  });
});
