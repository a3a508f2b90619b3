import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeatureTable } from '../../src/training/dataset/feature-file.js';
import type { TrainerJob } from '../../src/training/trainer-process/trainer-job.js';
import type { TrainerFailed } from '../../src/training/trainer-process/trainer-outcome.js';
import {
  createJob,
  createScratch,
  createTable,
  createTrainer,
  HAS_PYTHON,
  writeTable,
} from './real-trainer.js';

const ROWS = 300;
const BASE = createJob({ uid: 'x', folder: '/tmp', rows: ROWS, featuresFile: '/tmp/none' });

/** A job with parameters that the types would not let through. */
function withParams(params: Record<string, unknown>): Partial<TrainerJob> {
  return { params: { ...BASE.params, ...params } };
}

describe.skipIf(!HAS_PYTHON)('refusing a job (needs npm run setup)', () => {
  const trainer = createTrainer();
  const table = createTable({ rows: ROWS, columns: 4 });
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let featuresFile: string;
  let count = 0;

  const refuse = async (overrides: Partial<TrainerJob>): Promise<TrainerFailed> => {
    const uid = `job-${count++}`;
    const base = createJob({ uid, folder: scratch.folder, rows: ROWS, featuresFile });
    const outcome = await trainer.run({ ...base, ...overrides });
    if (outcome.status === 'done') throw new Error('the job was not refused');
    expect((await readdir(scratch.folder)).filter((name) => name.startsWith(uid))).toEqual([]);
    return outcome;
  };
  const refuseTable = async (changed: Partial<FeatureTable>): Promise<TrainerFailed> => {
    const file = await writeTable(scratch.folder, `${count}.evkf`, { ...table, ...changed });
    return refuse({ featuresFile: file });
  };
  const refuseBytes = async (change: (bytes: Buffer) => Buffer): Promise<TrainerFailed> => {
    const file = path.join(scratch.folder, `${count}.evkf`);
    await writeFile(file, change(await readFile(featuresFile)));
    return refuse({ featuresFile: file });
  };

  beforeAll(async () => {
    scratch = await createScratch();
    featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
  });

  afterAll(async () => {
    await trainer.stop();
    await scratch.remove();
  });

  it.each<[string, Partial<TrainerJob>]>([
    ['bot: unknown bot', { bot: 'oracle' }],
    ['seed: expected a whole number', { seed: -1 }],
    ['features_file: expected an absolute, normal path', { featuresFile: 'x.evkf' }],
    ['output_dir: expected an absolute, normal path', { outputDir: 'tmp/../x' }],
    ['params.depth: expected a whole number from 1 to 10, read 11', withParams({ depth: 11 })],
    ['params.depth', withParams({ depth: 2.5 })],
    ['params.iterations', withParams({ iterations: 0 })],
    ['params.learning_rate', withParams({ learningRate: 0 })],
    ['params.rsm', withParams({ rsm: 1.5 })],
    ['params.border_count', withParams({ borderCount: 256 })],
    ['params.bootstrap_type', withParams({ bootstrapType: 'Poisson' })],
    ['params.subsample: must be left out', withParams({ bootstrapType: 'Bayesian' })],
    ['params.subsample: expected a number', withParams({ subsample: undefined })],
    ['params.early_stopping_rounds', withParams({ earlyStoppingRounds: 0 })],
    ['selection.steps', { selection: { method: 'rfe', maxFeatures: 2, steps: 2 } }],
    ['selection.max_features', { selection: { method: 'importance', maxFeatures: 0 } }],
    ['selection.features', { selection: { method: 'reuse', features: [] } }],
    ['selection.features', { selection: { method: 'reuse', features: ['f1', 'f1'] } }],
    [
      'selection.features: not in the file: g9',
      { selection: { method: 'reuse', features: ['g9'] } },
    ],
    ['class_weights', { classWeights: [1, 0, 1] }],
    [
      'split.validation: expected rows after row 200',
      { split: { ...BASE.split, train: { from: 0, to: 200 }, validation: { from: 190, to: 240 } } },
    ],
    ['split.test: ends at row 301', { split: { ...BASE.split, test: { from: 250, to: 301 } } }],
    ['split.train', { split: { ...BASE.split, train: { from: 5, to: 5 } } }],
  ])('names the field: %s', async (message, overrides) => {
    const outcome = await refuse(overrides);
    expect(outcome).toMatchObject({ code: 'bad_job', isRetryable: false });
    expect(outcome.message).toContain(message);
  });

  it('refuses a directory that exists, and leaves it alone', async () => {
    const outputDir = path.join(scratch.folder, 'taken');
    await mkdir(outputDir);
    await writeFile(path.join(outputDir, 'model.onnx'), 'precious');
    const outcome = await refuse({ outputDir });
    expect(outcome).toMatchObject({ code: 'bad_job' });
    expect(outcome.message).toContain('output_dir: exists already');
    expect(await readFile(path.join(outputDir, 'model.onnx'), 'utf8')).toBe('precious');
  });

  it('refuses a parent of the output that is a file', async () => {
    const outcome = await refuse({ outputDir: path.join(featuresFile, 'model') });
    expect(outcome).toMatchObject({ code: 'bad_job' });
    expect(outcome.message).toContain('output_dir');
  });

  it('refuses a missing, a foreign, a cut and a changed file', async () => {
    const missing = await refuse({ featuresFile: path.join(scratch.folder, 'none') });
    expect(missing).toMatchObject({ code: 'bad_file' });
    expect(missing.message).toContain('No such file');
    expect((await refuseBytes(() => Buffer.from('a,b,c\n1,2,3'))).message).toContain(
      'not a feature file',
    );
    expect((await refuseBytes(() => Buffer.alloc(0))).message).toContain('not a feature file');
    expect((await refuseBytes((bytes) => bytes.subarray(0, 1_500))).message).toContain(
      'ends before it does',
    );
    expect((await refuseBytes((bytes) => bytes.fill(0, 20, 30))).message).toContain('header');
    const flipped = await refuseBytes((bytes) => bytes.fill(9, bytes.length - 100));
    expect(flipped).toMatchObject({ code: 'bad_file' });
    expect(flipped.message).toContain('sha256');
  });

  it('refuses a newer version of the file', async () => {
    const outcome = await refuseBytes((bytes) => {
      bytes.writeUInt32LE(2, 4);
      return bytes;
    });
    expect(outcome.message).toContain('version 2 instead of 1');
  });

  it('names feature and row of a value that is not a number', async () => {
    const values = table.values.slice();
    values[2 * ROWS + 17] = NaN;
    const outcome = await refuseTable({ values });
    expect(outcome).toMatchObject({ code: 'bad_file' });
    expect(outcome.message).toContain('f2 is not a number in row 17');
  });

  it('refuses features that never change, times that do not rise, labels that are none', async () => {
    const flat = await refuseTable({ values: new Float32Array(4 * ROWS).fill(3) });
    expect(flat.message).toContain('every feature is constant');
    const openTimes = table.openTimes.slice();
    openTimes[9] = openTimes[8] ?? 0;
    expect((await refuseTable({ openTimes })).message).toContain('open_time');
    const labels = table.labels.slice();
    labels[3] = 5;
    expect((await refuseTable({ labels })).message).toContain('label');
  });

  it('refuses a training part with too few rows or without one of the classes', async () => {
    const split = { ...BASE.split, train: { from: 0, to: 29 } };
    const few = await refuse({ split });
    expect(few).toMatchObject({ code: 'too_few_rows' });
    expect(few.message).toContain('split.train: 29 labelled rows');
    const labels = table.labels.map((label) => (label === 2 ? 1 : label));
    const absent = await refuseTable({ labels });
    expect(absent).toMatchObject({ code: 'too_few_rows' });
    expect(absent.message).toContain('no row of class BUY');
  });

  it('stays warm after refusals: the next good job is done by the same process', async () => {
    await refuse({ bot: 'oracle' });
    const before = trainer.processId;
    const uid = 'good';
    const outcome = await trainer.run(
      createJob({ uid, folder: scratch.folder, rows: ROWS, featuresFile }),
    );
    expect(outcome.status).toBe('done');
    expect(trainer.processId).toBe(before);
  });
});
