import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOTS, type Bot } from '../../src/domain/bots.js';
import { createOnnxSession } from '../../src/models/onnx-session.js';
import { parseManifest } from '../../src/models/model-manifest.js';
import type { FeatureTable } from '../../src/training/dataset/feature-file.js';
import { measureParity } from '../../src/training/evaluation/judge-model.js';
import { MAX_PARITY_DIFFERENCE } from '../../src/training/evaluation/gate.js';
import { readTestExamples } from '../../src/training/evaluation/test-examples.js';
import type { BotParams, TrainerJob } from '../../src/training/trainer-process/trainer-job.js';
import type {
  TrainerDone,
  TrainerFailed,
} from '../../src/training/trainer-process/trainer-outcome.js';
import {
  createJob,
  createScratch,
  createTable,
  createTrainer,
  HAS_PYTHON,
  hasTorch,
  writeTable,
  SMALL_NETWORK,
} from '../trainer/real-trainer.js';

/** What every bot must do, whatever it is made of. A new one is tested by being in `BOTS`. */

const ROWS = 1_200;
const COLUMNS = 12;
const MEMORY_LIMIT_MB = 400;
const JOB_TIMEOUT_MS = 60_000;

const CATBOOST = createJob({ uid: '', folder: '', rows: ROWS, featuresFile: '' }).params;

/** Small and fast, by the library that fits the bot. */
const PARAMS: Readonly<Record<Bot['library'], BotParams>> = {
  catboost: CATBOOST,
  torch: SMALL_NETWORK,
  sklearn: { trees: 20, maxFeatures: 1 / 3, minSamplesLeaf: 10, maxSamples: 0.5, maxModelMb: 20 },
};

describe.each(BOTS)('bot $name', (bot) => {
  const isDeep = bot.library === 'torch';
  const needs = isDeep ? 'npm run setup -- --with torch' : 'npm run setup';
  const isThere = isDeep ? hasTorch() : HAS_PYTHON;
  describe.skipIf(!isThere)(`needs ${needs}`, () => contract(bot));
});

function contract(bot: Bot): void {
  const trainer = createTrainer({ memoryLimitMb: MEMORY_LIMIT_MB, jobTimeoutMs: JOB_TIMEOUT_MS });
  const table = createTable({ rows: ROWS, columns: COLUMNS });
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let featuresFile: string;
  let done: TrainerDone;
  let count = 0;

  const run = (overrides: Partial<TrainerJob> = {}) => {
    const uid = `${bot.name}-${count++}`;
    const own = { bot: bot.name, params: PARAMS[bot.library], ...overrides };
    return trainer.run(createJob({ uid, folder: scratch.folder, rows: ROWS, featuresFile }, own));
  };
  const train = async (overrides?: Partial<TrainerJob>): Promise<TrainerDone> => {
    const outcome = await run(overrides);
    if (outcome.status === 'failed') throw new Error(outcome.message);
    return outcome;
  };
  const refuse = async (overrides: Partial<TrainerJob>): Promise<TrainerFailed> => {
    const outcome = await run(overrides);
    if (outcome.status === 'done') throw new Error('the job was not refused');
    return outcome;
  };
  const refuseTable = async (changes: Partial<FeatureTable>): Promise<TrainerFailed> => {
    const name = `${bot.name}-${count++}.evkf`;
    return refuse({
      featuresFile: await writeTable(scratch.folder, name, { ...table, ...changes }),
    });
  };

  beforeAll(async () => {
    scratch = await createScratch();
    featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
    done = await train({ describe: { symbol: 'BTC/USDT' } });
  });

  afterAll(async () => {
    await trainer.stop();
    await scratch.remove();
  });

  it.each([
    ['judged.onnx', 'judged-test.f32'],
    ['model.onnx', 'refit-test.f32'],
  ])('answers from %s in Node what its trainer answered', async (onnx, answers) => {
    const { features, split } = done.manifest;
    const [from, to] = split.test;
    const windowRows = done.manifest.window_rows;
    const test = { from, to };
    const rows = await readTestExamples({ featuresFile, features, test, windowRows });
    const bytes = await readFile(path.join(done.outputDir, onnx));
    const session = await createOnnxSession(bytes, features.length, { ...bot, windowRows });
    try {
      const served = await rows.answer(session);
      const parity = measureParity(served, await readFloats(done, answers), session.width);
      expect(parity.rows).toBe(to - from);
      expect(parity.maxDifference).toBeLessThanOrEqual(MAX_PARITY_DIFFERENCE);
      expect(parity.classFlips).toBe(0);
    } finally {
      await session.release();
    }
  });

  it('learns the planted pattern: its predictions follow the returns of rows it never saw', async () => {
    const [from, to] = done.manifest.split.test;
    const returns = [...table.forwardReturns.slice(from, to)];
    const answers = await readFloats(done, 'judged-test.f32');
    const width = answers.length / (to - from);
    const column = (at: number): readonly number[] =>
      returns.map((_, row) => answers[row * width + at] ?? NaN);
    if (bot.task === 'classifier') {
      const [sell, buy] = [column(0), column(2)];
      const scores = buy.map((value, row) => value - (sell[row] ?? NaN));
      expect(correlation(scores, returns)).toBeGreaterThan(0.3);
    }
    // A regressor's answer, and a deep bot's second one, is the return itself.
    if (width !== 3) expect(correlation(column(width - 1), returns)).toBeGreaterThan(0.3);
  });

  it('writes a complete manifest and the files that it names', async () => {
    const { manifest } = done;
    expect(manifest).toMatchObject({ bot: bot.name, task: bot.task, seed: 7 });
    expect(manifest.model).toEqual({ symbol: 'BTC/USDT' });
    expect(manifest.library_versions[bot.library]).toMatch(/^\d+\.\d+/);
    // The first rows have no window before them.
    expect(manifest.rows.complete).toBe(ROWS - 4 - (manifest.window_rows - 1));
    expect(manifest.importance.length).toBeGreaterThan(0);
    const names = await readdir(done.outputDir);
    expect(names.toSorted()).toEqual([...Object.keys(manifest.files), 'manifest.json'].toSorted());
    const text = await readFile(path.join(done.outputDir, 'manifest.json'), 'utf8');
    expect(parseManifest(text).feature_ranges).toHaveLength(manifest.features.length);
  });

  it('stays within the limits of memory and time', () => {
    expect(done.peakRssMb).toBeLessThan(MEMORY_LIMIT_MB);
    expect(done.durationMs).toBeLessThan(JOB_TIMEOUT_MS);
  });

  it('makes the same bytes from the same seed and other ones from another', async () => {
    const hashOf = ({ manifest }: TrainerDone): unknown => manifest.files['model.onnx'];
    expect(hashOf(await train())).toEqual(hashOf(done));
    expect(hashOf(await train({ seed: 8 }))).not.toEqual(hashOf(done));
  });

  it('refuses damaged data and says by which name', async () => {
    const values = table.values.slice();
    values[3 * ROWS + 100] = NaN;
    const nan = await refuseTable({ values });
    expect(nan).toMatchObject({ code: 'bad_file' });
    expect(nan.message).toContain('f3 is not a number in row 100');
    const times = table.openTimes.slice();
    times[50] = 0;
    expect((await refuseTable({ openTimes: times })).message).toContain('open_time does not rise');
    const unlabelled = { labels: table.labels.slice().fill(-1) };
    expect(await refuseTable(unlabelled)).toMatchObject({ code: 'too_few_rows' });
    const changed = path.join(scratch.folder, `${bot.name}-changed.evkf`);
    const bytes = await readFile(featuresFile);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
    await writeFile(changed, bytes);
    expect((await refuse({ featuresFile: changed })).message).toContain('sha256');
  });

  it('refuses a parameter that it does not know, and one that is missing', async () => {
    const extra = { ...PARAMS[bot.library], luck: 1 } as unknown as BotParams;
    expect((await refuse({ params: extra })).message).toContain('params.luck: unknown field');
    const none = {} as unknown as BotParams;
    expect((await refuse({ params: none })).message).toMatch(/^params\.\w+: expected/);
  });
}

async function readFloats(done: TrainerDone, name: string): Promise<Float32Array> {
  const data = await readFile(path.join(done.outputDir, name));
  return new Float32Array(new Uint8Array(data).buffer);
}

function correlation(one: readonly number[], other: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [m1, m2] = [mean(one), mean(other)];
  const product = mean(one.map((value, at) => (value - m1) * ((other[at] ?? NaN) - m2)));
  const deviation = (values: readonly number[], about: number): number =>
    Math.sqrt(mean(values.map((value) => (value - about) ** 2)));
  return product / (deviation(one, m1) * deviation(other, m2));
}
