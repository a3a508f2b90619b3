import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toColumns, type CandleColumns } from '../../src/domain/candle-columns.js';
import { barOpenTime } from '../../src/domain/timeframe.js';
import { computeFeatureRow, createFeatureWorkspace } from '../../src/features/feature-matrix.js';
import { predictRow, predictRows } from '../../src/models/predict-rows.js';
import { openServingModel, type ModelSpecification } from '../../src/models/serving-model.js';
import { SessionCache } from '../../src/models/session-cache.js';
import { WALK_START, walkCandles, walkColumns } from './candle-walk.js';
import {
  buildModelRecord,
  fixturePath,
  TINY_FEATURES,
  writeModelFolder,
  type ModelFolderOptions,
} from './model-folder.js';

const BARS = 1200;
const series = walkColumns({ bars: BARS });
/** From bars whose history is not complete yet. */
const FROM = WALK_START + 400;
const TO = WALK_START + BARS;

let modelsDir: string;

beforeEach(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-rows-'));
});

afterEach(() => rm(modelsDir, { recursive: true, force: true }));

async function openModel(options: Partial<ModelFolderOptions> = {}): Promise<ModelSpecification> {
  const { manifestSha256, modelPath } = await writeModelFolder({ modelsDir, ...options });
  const features = TINY_FEATURES;
  const record = buildModelRecord({ uid: 'm', modelPath, manifestSha256, features });
  return (await openServingModel({ record, modelsDir, maxFileBytes: 20_000_000 })).specification;
}

it('many bars at once are answered as each of them alone, bit for bit', async () => {
  // Some bars of the walk lie outside these ranges in most of their features: they are novel.
  const featureRanges = TINY_FEATURES.map((): [number, number] => [-0.02, 0.02]);
  const model = await openModel({ featureRanges });
  const sessions = new SessionCache();
  const session = await sessions.get(model);
  const workspace = createFeatureWorkspace();
  const request = { model, series, reference: undefined, workspace };
  const together = await predictRows({ ...request, fromIndex: FROM, toIndex: TO }, session);
  const seen = new Set<string>();
  expect(together.length).toBe(TO - FROM);
  for (const [at, outcome] of together.entries()) {
    const alone = await predictRow({ ...request, index: FROM + at }, session);
    expect({ ...outcome, latencyUs: 0 }).toEqual({ ...alone, latencyUs: 0 });
    seen.add(outcome.status === 'predicted' ? 'predicted' : outcome.reason);
  }
  await sessions.release(model.modelUid);
  expect([...seen].sort()).toEqual(['features_missing', 'novel', 'predicted']);
});

describe('a model that reads a window of four rows', () => {
  const LAST = WALK_START + BARS - 1;
  const openWindowModel = async (): Promise<ModelSpecification> =>
    openModel({
      onnxBytes: await readFile(fixturePath('tiny-window.onnx')),
      alter: (manifest) => ({ ...manifest, window_rows: 4 }),
    });

  /** Its return is Σ k/100 · value k of the window (make_fixtures.py), the rows of these bars. */
  const returnOf = (bars: readonly number[], from: CandleColumns): number =>
    bars
      .flatMap((index) => [...rowOf(from, index)])
      .reduce((sum, value, at) => sum + (value * (at + 1)) / 100, 0);

  const rowOf = (from: CandleColumns, index: number): Float32Array =>
    computeFeatureRow({ series: from, reference: undefined, index, features: TINY_FEATURES })
      .values;

  /** The walk with some bars in which nothing traded, which readers fill up. */
  const withFillers = (...fillers: readonly number[]): CandleColumns => {
    const open = new Set(fillers.map((index) => barOpenTime(index, '1h')));
    const candles = walkCandles({ bars: BARS }).filter(({ openTime }) => !open.has(openTime));
    return toColumns(candles, {
      timeframe: '1h',
      firstBarIndex: undefined,
      isKnownGap: (index) => fillers.includes(index),
    });
  };

  const predict = async (model: ModelSpecification, from: CandleColumns, index: number) => {
    const sessions = new SessionCache();
    const workspace = createFeatureWorkspace();
    const request = { model, series: from, reference: undefined, workspace };
    const outcome = await predictRow({ ...request, index }, await sessions.get(model));
    await sessions.release(model.modelUid);
    return outcome;
  };

  it('answers from the rows of the newest bars, oldest first, and says the return itself', async () => {
    const outcome = await predict(await openWindowModel(), series, LAST);
    if (outcome.status !== 'predicted') throw new Error(outcome.detail);
    const expected = returnOf([LAST - 3, LAST - 2, LAST - 1, LAST], series);
    expect(outcome.expectedReturn).toBeCloseTo(expected, 6);
    expect(outcome.probabilities[2] > outcome.probabilities[0]).toBe(expected > 0);
  });

  it('answers many bars as each of them alone, bit for bit', async () => {
    const model = await openWindowModel();
    const sessions = new SessionCache();
    const session = await sessions.get(model);
    const workspace = createFeatureWorkspace();
    const request = { model, series, reference: undefined, workspace };
    const together = await predictRows({ ...request, fromIndex: FROM, toIndex: TO }, session);
    expect(together.length).toBe(TO - FROM);
    for (const [at, outcome] of together.entries()) {
      const alone = await predictRow({ ...request, index: FROM + at }, session);
      expect({ ...outcome, latencyUs: 0 }).toEqual({ ...alone, latencyUs: 0 });
    }
    expect(together.filter(({ status }) => status === 'predicted').length).toBeGreaterThan(500);
    await sessions.release(model.modelUid);
  });

  it('skips a bar in which nothing traded, as training does', async () => {
    const gappy = withFillers(LAST - 2);
    const outcome = await predict(await openWindowModel(), gappy, LAST);
    if (outcome.status !== 'predicted') throw new Error(outcome.detail);
    const expected = returnOf([LAST - 4, LAST - 3, LAST - 1, LAST], gappy);
    expect(outcome.expectedReturn).toBeCloseTo(expected, 6);
  });

  it('does not answer where it would have to reach further back', async () => {
    const outcome = await predict(await openWindowModel(), withFillers(LAST - 2, LAST - 3), LAST);
    expect(outcome).toMatchObject({ status: 'unavailable', reason: 'features_missing' });
    expect(outcome.status === 'unavailable' && outcome.detail).toBe(
      '3 of the last 5 bars have their features, 4 are needed',
    );
  });

  it('does not depend on bars after the candle', async () => {
    const model = await openWindowModel();
    const whole = await predict(model, series, LAST - 50);
    const cut = await predict(model, walkColumns({ bars: BARS - 50 }), LAST - 50);
    expect(whole.status).toBe('predicted');
    expect({ ...cut, latencyUs: 0 }).toEqual({ ...whole, latencyUs: 0 });
  });

  it('is refused where its manifest states another window', async () => {
    const onnxBytes = await readFile(fixturePath('tiny-window.onnx'));
    const alter = (manifest: Record<string, unknown>) => ({ ...manifest, window_rows: 6 });
    const model = await openModel({ onnxBytes, alter });
    await expect(new SessionCache().get(model)).rejects.toThrow('reads 4 rows at once, expected 6');
    const tooLong = { onnxBytes, alter: () => ({ window_rows: 49 }) };
    await expect(openModel(tooLong)).rejects.toThrow('manifest.json');
  });
});
