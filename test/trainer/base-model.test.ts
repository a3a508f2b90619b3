import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxSession } from '../../src/models/onnx-session.js';
import type { FeatureTable } from '../../src/training/dataset/feature-file.js';
import { measureParity } from '../../src/training/evaluation/judge-model.js';
import { readTestExamples } from '../../src/training/evaluation/test-examples.js';
import { needsTorch } from '../../src/domain/bots.js';
import type {
  BaseModelJob,
  FeatureSelection,
  TrainerJob,
} from '../../src/training/trainer-process/trainer-job.js';
import { lossesOf } from '../../src/training/trainer-process/trainer-manifest.js';
import type { TrainerDone } from '../../src/training/trainer-process/trainer-outcome.js';
import {
  createJob,
  createScratch,
  createTable,
  createTrainer,
  HAS_PYTHON,
  hasTorch,
  writeTable,
  SMALL_NETWORK,
} from './real-trainer.js';

const ROWS = 900;
const COLUMNS = 12;
const HOUR_MS = 3.6e6;
const START_MS = 1.7e12;
const SEEDS = [1, 2, 3];
/** The last rows of a table have no label. */
const UNLABELLED_ROWS = 4;

const { split, params: TREES } = createJob({ uid: '', folder: '', rows: ROWS, featuresFile: '' });

describe.each(['catboost', 'lstm', 'transformer'])(
  '%s: a base model and residuals on it',
  (bot) => {
    const isDeep = needsTorch(bot);
    const needs = isDeep ? 'npm run setup -- --with torch' : 'npm run setup';
    describe.skipIf(!(isDeep ? hasTorch() : HAS_PYTHON))(`needs ${needs}`, () => contract(bot));
  },
);

function contract(bot: string): void {
  const isDeep = needsTorch(bot);
  const params = isDeep ? SMALL_NETWORK : TREES;
  const windowRows = isDeep ? SMALL_NETWORK.windowRows : 1;
  const ending = isDeep ? 'npz' : 'cbm';
  const selection: FeatureSelection = isDeep
    ? { method: 'importance', maxFeatures: 5 }
    : { method: 'rfe', maxFeatures: 5, steps: 3 };
  const trainer = createTrainer();
  const timeOf = (row: number): number => START_MS + row * HOUR_MS;
  const cuts = {
    trainTo: timeOf(split.train.to - 1),
    validationFrom: timeOf(split.validation.from),
    validationTo: timeOf(split.validation.to - 1),
  };
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let files: readonly string[];
  let baseModel: TrainerDone;
  /** The first member's own model on it. */
  let own: TrainerDone;

  const run = async (...asked: Parameters<typeof trainer.run>): Promise<TrainerDone> => {
    const outcome = await trainer.run(...asked);
    if (outcome.status === 'failed') throw new Error(`${outcome.code}: ${outcome.message}`);
    return outcome;
  };

  const baseModelJob = (uid: string, changes: Partial<BaseModelJob> = {}): BaseModelJob => ({
    ...{ kind: 'base_model', uid, bot, members: files, cuts, params, selection, seed: 7 },
    outputDir: path.join(scratch.folder, uid),
    candidates: Array.from({ length: COLUMNS }, (_, column) => `f${column}`),
    selectionRows: 600,
    maxRows: isDeep ? 100_000 : undefined,
    describe: {},
    ...changes,
  });

  /** A residual of the first member on a base model. */
  const residual = (
    uid: string,
    base: TrainerDone,
    changes: Partial<TrainerJob> = {},
  ): Promise<TrainerDone> => {
    const job = createJob(
      { uid, folder: scratch.folder, rows: ROWS, featuresFile: files[0] ?? '' },
      {
        ...{ bot, params },
        selection: { method: 'reuse', features: base.manifest.features },
        baseModel: {
          judged: path.join(base.outputDir, `judged.${ending}`),
          served: path.join(base.outputDir, `served.${ending}`),
        },
        ...changes,
      },
    );
    return run(job);
  };

  beforeAll(async () => {
    scratch = await createScratch();
    files = await writeAll('member', (table) => table);
    baseModel = await run(baseModelJob('base-model'));
    own = await residual('own', baseModel);
  });

  afterAll(async () => {
    await trainer.stop();
    await scratch.remove();
  });

  const writeAll = (name: string, change: (table: FeatureTable, at: number) => FeatureTable) =>
    Promise.all(
      SEEDS.map((seed, at) => {
        const table = createTable({ rows: ROWS, columns: COLUMNS, seed });
        return writeTable(scratch.folder, `${name}-${at}.evkf`, change(table, at));
      }),
    );

  it('chooses features once, on rows of all members before the cut', () => {
    const { features, rows } = baseModel.manifest;
    expect(features).toHaveLength(5);
    expect(features).toEqual(expect.arrayContaining(['f0', 'f1']));
    const { method } = selection;
    expect(baseModel.manifest.selection).toMatchObject({ method, candidates: COLUMNS, kept: 5 });
    // The first rows of each member have no window before them.
    expect(rows.train).toBe(SEEDS.length * (split.train.to - windowRows + 1));
    const complete = isDeep ? ROWS - UNLABELLED_ROWS - windowRows + 1 : ROWS;
    expect(rows.complete).toBe(SEEDS.length * complete);
    expect(baseModel.peakRssMb).toBeLessThan(400);
  });

  it.each([
    ['judged.onnx', 'judged-test.f32'],
    ['model.onnx', 'refit-test.f32'],
  ])('adds up to one ONNX that equals the trainer: %s', async (model, expected) => {
    const { features } = own.manifest;
    const featuresFile = files[0] ?? '';
    const rows = await readTestExamples({ featuresFile, features, test: split.test, windowRows });
    const bytes = await readFile(path.join(own.outputDir, model));
    const shape = { task: 'classifier', windowRows } as const;
    const session = await createOnnxSession(bytes, features.length, shape);
    const onnx = await rows.answer(session);
    await session.release();
    const trainer = await readFloats(path.join(own.outputDir, expected));
    const parity = measureParity(onnx, trainer, session.width);
    expect(parity).toMatchObject({ rows: rows.labels.length, classFlips: 0 });
    expect(parity.maxDifference).toBeLessThan(1e-5);
    // More than a residual has learnt by itself: the base model is in the sum.
    expect(lossesOf(own.manifest).validation).toBeLessThan(Math.log(3) - 0.1);
  });

  it('sees nothing after the cut before it is judged, and everything when it serves', async () => {
    // Other members' rows after the cut; the judged member's own file stays.
    const changed = await writeAll('changed', (table, at) =>
      at === 0 ? table : changeAfter(table, split.validation.to),
    );
    const other = await run(baseModelJob('changed-base-model', { members: changed }));
    const after = await residual('after', other);
    const floats = (done: TrainerDone, name: string) => readFloats(path.join(done.outputDir, name));
    expect(other.manifest.features).toEqual(baseModel.manifest.features);
    expect(await floats(after, 'judged-test.f32')).toEqual(await floats(own, 'judged-test.f32'));
    expect(await floats(after, 'refit-test.f32')).not.toEqual(await floats(own, 'refit-test.f32'));
  });

  it('is the same for the same seed, on one thread and on two', async () => {
    const two = await run(baseModelJob('base-model-again'), { threads: 2 });
    const again = await residual('again', two);
    expect(await readFloats(path.join(again.outputDir, 'refit-test.f32'))).toEqual(
      await readFloats(path.join(own.outputDir, 'refit-test.f32')),
    );
  });

  it('reuses features that were chosen before', async () => {
    const features = ['f1', 'f0', 'f7'];
    const job = baseModelJob('reused', { selection: { method: 'reuse', features } });
    expect((await run(job)).manifest.features).toEqual(features);
  });

  it.each([
    ['a member without the features', { candidates: ['f0', 'f99'] }, 'bad_file', 'f99'],
    ['a member that is not there', { members: ['/nonexistent/x.evkf'] }, 'bad_file', 'nonexistent'],
    ['cuts that do not rise', { cuts: { ...cuts, trainTo: cuts.validationTo } }, 'bad_job', 'cuts'],
    [
      'cuts before all rows',
      { cuts: { trainTo: 1, validationFrom: 2, validationTo: 3 } },
      'too_few_rows',
      'cuts',
    ],
    ['a bot that has none', { bot: 'random_forest' }, 'bad_job', 'bot'],
  ] as const)('refuses %s', async (name, changes, code, words) => {
    const outcome = await trainer.run(
      baseModelJob(`refused-${name.replaceAll(' ', '-')}`, changes),
    );
    expect(outcome).toMatchObject({ status: 'failed', code });
    expect(outcome.status === 'failed' && outcome.message).toContain(words);
  });

  it('is refused as a base where its file is damaged or has other features', async () => {
    const damaged = { ...baseModel, outputDir: scratch.folder };
    await expect(residual('damaged', damaged)).rejects.toThrow('bad_file: base_model');
    const features = [...baseModel.manifest.features].reverse();
    const other = { ...baseModel, manifest: { ...baseModel.manifest, features } };
    await expect(residual('reordered', other)).rejects.toThrow('another order of features');
  });

  it.runIf(isDeep)('is the base model as it is where no epoch makes it better', async () => {
    const wild = { params: { ...SMALL_NETWORK, learningRate: 1 } };
    const done = await residual('wild', baseModel, wild);
    expect(done.manifest.epochs).toBe(0);
    // Not the prior alone: the base model is whole in it.
    expect(lossesOf(done.manifest).validation).toBeLessThan(Math.log(3) - 0.1);
  });

  it.runIf(isDeep)('reads windows from no more rows than it may', async () => {
    const { manifest } = await run(baseModelJob('few', { maxRows: 1_500 }));
    // Less the first rows of each stretch, which have no window before them.
    expect(manifest.rows.complete).toBeLessThan(1_500);
    expect(manifest.rows.complete).toBeGreaterThan(1_100);
  });

  it.runIf(isDeep)('can be continued as a plain model is', async () => {
    const { features, feature_ranges: ranges } = own.manifest;
    const child = await residual('child', baseModel, {
      baseModel: undefined,
      selection: { method: 'reuse', features },
      parent: {
        served: path.join(own.outputDir, 'model.npz'),
        judged: path.join(own.outputDir, 'judged.npz'),
        ...{ iterations: 2, ranges },
      },
    });
    expect(child.manifest.epochs).toBe(2);
    // What its parent said, before and after the increment began from it.
    expect(await readFloats(path.join(child.outputDir, 'parent-test.f32'))).toEqual(
      await readFloats(path.join(own.outputDir, 'judged-test.f32')),
    );
  });
}

/** Other features and returns from a row on. */
function changeAfter(table: FeatureTable, row: number): FeatureTable {
  const values = table.values.slice();
  const forwardReturns = table.forwardReturns.slice();
  for (let at = row; at < table.rows; at++) {
    forwardReturns[at] = -(forwardReturns[at] ?? 0) * 3;
    for (let column = 0; column < table.names.length; column++) {
      values[column * table.rows + at] = 5 * Math.sin(at * (column + 1));
    }
  }
  return { ...table, values, forwardReturns };
}

async function readFloats(file: string): Promise<Float32Array> {
  const bytes = await readFile(file);
  return new Float32Array(new Uint8Array(bytes).buffer);
}
