import {
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mulberry32 } from '../../test/models/candle-walk.js';
import {
  TINY_FEATURES,
  writeModelFolder,
  type WrittenModel,
} from '../../test/models/model-folder.js';
import { RejectedError } from '../lib/errors.js';
import { openModelArtifact, verifyModelArtifact, type ArtifactRequest } from './model-artifact.js';

let root: string;
let modelsDir: string;
let written: WrittenModel;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-artifact-'));
  modelsDir = path.join(root, 'models');
  written = await writeModelFolder({ modelsDir, modelPath: 'binance/BTC_USDT/1h/catboost/1' });
});

afterEach(() => rm(root, { recursive: true, force: true }));

function request(changes: Partial<ArtifactRequest> = {}): ArtifactRequest {
  const { manifestSha256, modelPath } = written;
  return { modelsDir, modelPath, manifestSha256, maxFileBytes: 20_000_000, ...changes };
}

async function refusal(changes: Partial<ArtifactRequest> = {}): Promise<string> {
  const error: unknown = await verifyModelArtifact(request(changes)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RejectedError);
  return (error as RejectedError).message;
}

const inModel = (name: string): string => path.join(written.folder, name);

describe('a model folder as the trainer wrote it', () => {
  it('opens with its features in order', async () => {
    const artifact = await verifyModelArtifact(request());
    expect(artifact.manifest.features).toEqual(TINY_FEATURES);
    expect(artifact.onnx.path).toBe(inModel('model.onnx'));
    expect(artifact.onnx.bytes).toBe((await readFile(inModel('model.onnx'))).length);
  });
});

describe('a damaged folder is refused by name', () => {
  it('when a file is cut short', async () => {
    await truncate(inModel('model.onnx'), 100);
    expect(await refusal()).toMatch(/model\.onnx has 100 bytes, expected \d+/);
  });

  it('when one bit of a file differs', async () => {
    const bytes = await readFile(inModel('model.cbm'));
    bytes[7] = (bytes[7] ?? 0) ^ 1;
    await writeFile(inModel('model.cbm'), bytes);
    expect(await refusal()).toMatch(/model\.cbm has sha256 [0-9a-f]{64}, expected [0-9a-f]{64}/);
  });

  it('when a file grew', async () => {
    await writeFile(inModel('model.cbm'), Buffer.alloc(5_000));
    expect(await refusal()).toMatch(/model\.cbm has 5000 bytes, at most/);
  });

  it('when two files were swapped', async () => {
    await rename(inModel('model.onnx'), inModel('other'));
    await rename(inModel('model.cbm'), inModel('model.onnx'));
    await rename(inModel('other'), inModel('model.cbm'));
    expect(await refusal()).toMatch(/model\.onnx has \d+ bytes, expected/);
  });

  it('when a file is missing', async () => {
    await rm(inModel('model.cbm'));
    expect(await refusal()).toMatch(/model\.cbm cannot be read: ENOENT/);
  });

  it('when a file is a link, even to the right bytes', async () => {
    await rename(inModel('model.onnx'), path.join(root, 'elsewhere.onnx'));
    await symlink(path.join(root, 'elsewhere.onnx'), inModel('model.onnx'));
    expect(await refusal()).toMatch(/model\.onnx cannot be read: ELOOP/);
  });

  it('when a file is a folder', async () => {
    await rm(inModel('model.cbm'));
    await mkdir(inModel('model.cbm'));
    expect(await refusal()).toMatch(/model\.cbm is not a regular file/);
  });

  it('when the manifest is not the one that the record names', async () => {
    await writeFile(inModel('manifest.json'), '{"format":1}');
    expect(await refusal()).toMatch(/manifest\.json has sha256/);
  });

  it('when the whole folder is that of another model', async () => {
    const other = await writeModelFolder({ modelsDir, modelPath: 'other', model: 'b' });
    expect(await refusal({ modelPath: other.modelPath })).toMatch(
      /other: manifest\.json has sha256/,
    );
  });

  it('when the served file is larger than models may be', async () => {
    expect(await refusal({ maxFileBytes: 1_000 })).toMatch(
      /model\.onnx has \d+ bytes, at most 1000/,
    );
  });

  it('wherever its bytes are changed, in any of 150 random ways', async () => {
    const random = mulberry32(42);
    const names = ['manifest.json', 'model.onnx', 'model.cbm'];
    for (let round = 0; round < 150; round++) {
      const name = names[Math.floor(random() * names.length)] ?? '';
      const bytes = await readFile(inModel(name));
      const place = Math.floor(random() * bytes.length);
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ (1 + Math.floor(random() * 255));
      await writeFile(inModel(name), random() < 0.3 ? damaged.subarray(0, place) : damaged);
      expect(await refusal()).toContain(name);
      await writeFile(inModel(name), bytes);
    }
    await expect(verifyModelArtifact(request())).resolves.toBeDefined();
  });
});

describe('a path is refused', () => {
  it.each(['..', '../outside', '.', '', 'a/../../outside', '/etc'])('%j', async (modelPath) => {
    await mkdir(path.join(root, 'outside'), { recursive: true });
    expect(await refusal({ modelPath })).toMatch(/does not lie below the models' folder|ENOENT/);
  });

  it('that leads out of the models folder through a link', async () => {
    const outside = await writeModelFolder({ modelsDir: root, modelPath: 'outside' });
    await symlink(path.join(root, 'outside'), path.join(modelsDir, 'inside'));
    const { manifestSha256 } = outside;
    expect(await refusal({ modelPath: 'inside', manifestSha256 })).toMatch(/does not lie below/);
  });

  it('that names nothing', async () => {
    expect(await refusal({ modelPath: 'missing' })).toMatch(/missing cannot be opened: ENOENT/);
  });
});

describe('a manifest that is whole but wrong is refused with the field', () => {
  it.each([
    ['format', { format: 2 }, /format/],
    ['features', { features: [] }, /features/],
    ['ranges', { feature_ranges: [[0, 1]] }, /feature_ranges: as many ranges as features/],
    ['class order', { class_order: ['BUY', 'HOLD', 'SELL'] }, /class_order/],
    ['file name', { files: { '../x': { sha256: 'a'.repeat(64), bytes: 1 } } }, /files/],
    ['file entry', { files: { 'model.onnx': { sha256: 'short', bytes: 1 } } }, /files/],
    ['served file', { files: {} }, /names no file model\.onnx/],
  ])('%s', async (_, changes, message) => {
    written = await writeModelFolder({
      modelsDir,
      modelPath: 'wrong',
      alter: (manifest) => ({ ...manifest, ...changes }),
    });
    await expect(openModelArtifact(request())).rejects.toThrow(message);
    await expect(openModelArtifact(request())).rejects.toBeInstanceOf(RejectedError);
  });

  it('when it is no JSON', async () => {
    await writeFile(inModel('manifest.json'), 'rubbish');
    const { createHash } = await import('node:crypto');
    const manifestSha256 = createHash('sha256').update('rubbish').digest('hex');
    expect(await refusal({ manifestSha256 })).toMatch(/manifest\.json is malformed: .*JSON/);
  });
});
