import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertDefined } from '../../src/lib/invariant.js';
import { InferenceSession, Tensor } from '../../src/models/onnx-runtime.js';
import type { FeatureTable } from '../../src/training/dataset/feature-file.js';
import type { TrainerProgress } from '../../src/training/trainer-process/job-attempt.js';
import type { TrainerJob } from '../../src/training/trainer-process/trainer-job.js';
import type { TrainerDone } from '../../src/training/trainer-process/trainer-outcome.js';
import {
  createJob,
  createScratch,
  createTable,
  createTrainer,
  HAS_PYTHON,
  TRAINER_DIR,
  writeTable,
} from './real-trainer.js';

const ROWS = 1_500;
const COLUMNS = 30;
const CLASSES = 3;
const PARAMS = createJob({ uid: '', folder: '', rows: ROWS, featuresFile: '' }).params;

describe.skipIf(!HAS_PYTHON)('training with CatBoost (needs npm run setup)', () => {
  const trainer = createTrainer();
  const table = createTable({ rows: ROWS, columns: COLUMNS });
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let featuresFile: string;
  let done: TrainerDone;
  const progress: TrainerProgress[] = [];

  const train = async (uid: string, overrides: Partial<TrainerJob> = {}): Promise<TrainerDone> => {
    const job = createJob({ uid, folder: scratch.folder, rows: ROWS, featuresFile }, overrides);
    const outcome = await trainer.run(job, { onProgress: (step) => progress.push(step) });
    if (outcome.status === 'failed') throw new Error(outcome.message);
    return outcome;
  };

  beforeAll(async () => {
    scratch = await createScratch();
    featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
    done = await train('first', {
      selection: { method: 'rfe', maxFeatures: 10, steps: 3 },
      describe: { symbol: 'BTC/USDT', thresholds: [-0.01, 0.01] },
    });
  });

  afterAll(async () => {
    await trainer.stop();
    await scratch.remove();
  });

  it('finds the two features that matter and beats the prior on rows it never saw', async () => {
    expect(done.manifest.features).toHaveLength(10);
    expect(done.manifest.features).toEqual(expect.arrayContaining(['f0', 'f1']));
    const probabilities = await readProbabilities(done, 'judged-test.f32');
    const { from, to } = createJob({ uid: '', folder: '', rows: ROWS, featuresFile }).split.test;
    const labels = table.labels.subarray(from, to);
    expect(probabilities).toHaveLength(labels.length * CLASSES);
    const losses = Array.from(labels, (label, row) => {
      return -Math.log(assertDefined(probabilities[row * CLASSES + label], 'probability'));
    });
    const loss = losses.reduce((total, value) => total + value, 0) / losses.length;
    expect(loss).toBeLessThan(Math.log(CLASSES) - 0.1);
  });

  it.each([
    ['judged.onnx', 'judged-test.f32'],
    ['model.onnx', 'refit-test.f32'],
  ])('serves %s in Node with the probabilities that CatBoost gave', async (onnx, expected) => {
    const served = await predictInNode(done, onnx, table);
    const trained = await readProbabilities(done, expected);
    expect(served.length).toBe(trained.length);
    const differences = served.map((value, at) => Math.abs(value - (trained[at] ?? NaN)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1e-5);
    expect(countFlips(served, trained)).toBe(0);
  });

  it('refits on rows that the judged model had not seen', async () => {
    const judged = await readProbabilities(done, 'judged-test.f32');
    expect(await readProbabilities(done, 'refit-test.f32')).not.toEqual(judged);
    const { rows, tree_count: treeCount } = done.manifest;
    expect(rows.complete).toBe(ROWS - 4);
    expect(treeCount).toBeGreaterThanOrEqual(1);
    expect(treeCount).toBeLessThanOrEqual(80);
  });

  it('leaves one directory whose files have the sizes and hashes of the manifest', async () => {
    const names = await readdir(done.outputDir);
    const listed = Object.keys(done.manifest.files);
    expect(names.toSorted()).toEqual([...listed, 'manifest.json'].toSorted());
    expect(listed.toSorted()).toEqual([
      'judged-test.f32',
      'judged.cbm',
      'judged.onnx',
      'model.cbm',
      'model.onnx',
      'refit-test.f32',
    ]);
    for (const [name, file] of Object.entries(done.manifest.files)) {
      const data = await readFile(path.join(done.outputDir, name));
      expect(data.length).toBe(file.bytes);
      expect(createHash('sha256').update(data).digest('hex')).toBe(file.sha256);
    }
    expect((await readdir(scratch.folder)).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  it('writes nothing into the folder that it runs in', async () => {
    const cwd = path.join(scratch.folder, 'program');
    await mkdir(cwd);
    await symlink(path.join(TRAINER_DIR, 'evenkeel_trainer'), path.join(cwd, 'evenkeel_trainer'));
    const elsewhere = createTrainer({ cwd });
    const overrides = { selection: { method: 'rfe', maxFeatures: 10, steps: 3 } } as const;
    const job = createJob(
      { uid: 'elsewhere', folder: scratch.folder, rows: ROWS, featuresFile },
      overrides,
    );
    try {
      expect(await elsewhere.run(job, { onProgress: () => undefined })).toMatchObject({
        status: 'done',
      });
    } finally {
      await elsewhere.stop();
    }
    expect(await readdir(cwd)).toEqual(['evenkeel_trainer']);
  });

  it('records the job, the data and what the features ranged over', () => {
    const { manifest } = done;
    expect(manifest.job).toBe('first');
    expect(manifest.class_order).toEqual(['SELL', 'HOLD', 'BUY']);
    expect(manifest.model).toEqual({ symbol: 'BTC/USDT', thresholds: [-0.01, 0.01] });
    expect(manifest.selection).toMatchObject({ method: 'rfe', candidates: COLUMNS, kept: 10 });
    expect(manifest.library_versions['catboost']).toMatch(/^1\./);
    const labelled = table.values.subarray(0, ROWS - 4);
    expect(manifest.feature_ranges[manifest.features.indexOf('f0')]).toEqual([
      Math.min(...labelled),
      Math.max(...labelled),
    ]);
  });

  it('reports progress that never falls, through every stage', () => {
    const percents = progress.map((step) => step.percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(new Set(progress.map((step) => step.stage))).toEqual(
      new Set(['load', 'select', 'fit', 'refit', 'export']),
    );
  });

  it('makes the same model from the same seed and another one from another', async () => {
    const selection = { method: 'importance', maxFeatures: 8 } as const;
    const one = await train('seed-a', { selection });
    const same = await train('seed-b', { selection });
    const other = await train('seed-c', { selection, seed: 8 });
    const hashOf = (outcome: TrainerDone): unknown => outcome.manifest.files['model.onnx'];
    expect(same.manifest.features).toEqual(one.manifest.features);
    expect(hashOf(same)).toEqual(hashOf(one));
    expect(hashOf(other)).not.toEqual(hashOf(one));
  });

  it('reuses features in the order in which they are named', async () => {
    const features = ['f5', 'f1', 'f0'];
    const reused = await train('reuse', { selection: { method: 'reuse', features } });
    expect(reused.manifest.features).toEqual(features);
    const served = await predictInNode(reused, 'model.onnx', table);
    expect(countFlips(served, await readProbabilities(reused, 'refit-test.f32'))).toBe(0);
  });

  it('pulls the probabilities of a class up by its weight', async () => {
    const weighted = await train('weighted', { classWeights: [4, 1, 1] });
    const plain = await train('plain');
    const meanSell = async (outcome: TrainerDone): Promise<number> => {
      const all = await readProbabilities(outcome, 'judged-test.f32');
      const sells = all.filter((_, at) => at % CLASSES === 0);
      return sells.reduce((total, value) => total + value, 0) / sells.length;
    };
    expect(await meanSell(weighted)).toBeGreaterThan((await meanSell(plain)) + 0.1);
    expect(weighted.manifest.class_weights).toEqual([4, 1, 1]);
  });

  it('trains on every bootstrap type, also on one that takes no subsample', async () => {
    const params = { ...PARAMS };
    delete params.subsample;
    const bayesian = await train('bayesian', { params: { ...params, bootstrapType: 'Bayesian' } });
    expect(bayesian.manifest.params).not.toHaveProperty('subsample');
  });

  it('keeps at least one tree when nothing can be learnt', async () => {
    const noise = createTable({ rows: ROWS, columns: 3, seed: 5 });
    const shuffled = { ...noise, labels: noise.labels.map((_, row) => (row * 7) % CLASSES) };
    const file = await writeTable(scratch.folder, 'noise.evkf', shuffled);
    const params = { ...PARAMS, subsample: 0.5, earlyStoppingRounds: 1, learningRate: 1 };
    const useless = await train('useless', { featuresFile: file, params });
    expect(useless.manifest.tree_count).toBeGreaterThanOrEqual(1);
    const served = await predictInNode(useless, 'model.onnx', shuffled);
    expect(countFlips(served, await readProbabilities(useless, 'refit-test.f32'))).toBe(0);
  });
});

async function readProbabilities(done: TrainerDone, name: string): Promise<Float32Array> {
  const data = await readFile(path.join(done.outputDir, name));
  return new Float32Array(new Uint8Array(data).buffer);
}

/** The test rows through onnxruntime-node, features picked and ordered by the manifest. */
async function predictInNode(
  done: TrainerDone,
  name: string,
  table: FeatureTable,
): Promise<Float32Array> {
  const { features, split } = done.manifest;
  const columns = features.map((feature) => table.names.indexOf(feature));
  const [from, to] = split.test;
  const input = new Float32Array((to - from) * columns.length);
  for (let row = from; row < to; row++) {
    columns.forEach((column, at) => {
      const value = table.values[column * table.rows + row];
      input[(row - from) * columns.length + at] = assertDefined(value, 'value');
    });
  }
  const session = await InferenceSession.create(path.join(done.outputDir, name));
  try {
    const tensor = new Tensor('float32', input, [to - from, columns.length]);
    const output = await session.run({ features: tensor });
    return assertDefined(output['probability_tensor'], 'output').data as Float32Array;
  } finally {
    await session.release();
  }
}

function countFlips(one: Float32Array, other: Float32Array): number {
  const argmax = (all: Float32Array, row: number): number => {
    const of = all.subarray(row * CLASSES, (row + 1) * CLASSES);
    return of.indexOf(Math.max(...of));
  };
  const rows = Array.from({ length: one.length / CLASSES }, (_, row) => row);
  return rows.filter((row) => argmax(one, row) !== argmax(other, row)).length;
}
