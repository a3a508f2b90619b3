import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { barOpenTime } from '../../src/domain/timeframe.js';
import { computeFeatureRow } from '../../src/features/feature-matrix.js';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { createOnnxSession } from '../../src/models/onnx-session.js';
import { Predictor, type PredictRequest } from '../../src/models/predictor.js';
import { openServingModel, type ServingModel } from '../../src/models/serving-model.js';
import { WALK_START, walkColumns } from './candle-walk.js';
import { KeptLogger } from './kept-logger.js';
import {
  buildModelRecord,
  fixturePath,
  TINY_FEATURES,
  writeModelFolder,
  type ModelFolderOptions,
} from './model-folder.js';

const BARS = 800;
const LAST = WALK_START + BARS - 1;
const series = walkColumns({ bars: BARS });
const reference = walkColumns({ bars: BARS, seed: 2 });

let modelsDir: string;
let clock: ManualClock;
let logger: KeptLogger;
let predictor: Predictor;

beforeEach(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-predictor-'));
  clock = new ManualClock(1_700_000_000_000);
  logger = new KeptLogger();
  predictor = new Predictor({
    clock,
    logger,
    callTimeoutMs: 5_000,
    workerUrl: compiledUrl(import.meta.url, './faulty-predictor-worker.js'),
  });
  predictor.start();
});

afterEach(async () => {
  await predictor.stop();
  await rm(modelsDir, { recursive: true, force: true });
});

async function openModel(
  uid: string,
  options: Partial<ModelFolderOptions> = {},
  changes: Partial<ModelRecord> = {},
): Promise<ServingModel> {
  const written = await writeModelFolder({ modelsDir, modelPath: `tiny/${uid}`, ...options });
  const { manifestSha256, modelPath } = written;
  const features = options.features ?? TINY_FEATURES;
  const record = buildModelRecord({ uid, modelPath, manifestSha256, features, ...changes });
  return openServingModel({ record, modelsDir, maxFileBytes: 20_000_000 });
}

function requestFor(model: ServingModel, changes: Partial<PredictRequest> = {}): PredictRequest {
  const candleOpenTime = barOpenTime(LAST, '1h');
  return { model, series, reference: undefined, candleOpenTime, ...changes };
}

describe('a prediction', () => {
  it("is the model's answer to the candle's own feature row", async () => {
    const model = await openModel('model-1');
    const predicted = await predictor.predict(requestFor(model));
    const features = [...TINY_FEATURES];
    const row = computeFeatureRow({ series, reference: undefined, index: LAST, features });
    const session = await createOnnxSession(await readFile(fixturePath('tiny-a.onnx')), 8);
    const [sell = NaN, hold = NaN, buy = NaN] = await session.run(row.values, 1);
    await session.release();
    if (predicted.status !== 'predicted') throw new Error(predicted.detail);
    expect(predicted.probabilities[0]).toBeCloseTo(sell, 6);
    expect(predicted.probabilities[1]).toBeCloseTo(hold, 6);
    expect(predicted.probabilities[2]).toBeCloseTo(buy, 6);
    // Mean returns of the classes in the record: −0.01, 0.0005, 0.012.
    expect(predicted.expectedReturn).toBeCloseTo(-0.01 * sell + 0.0005 * hold + 0.012 * buy, 6);
    expect(predicted.featureHash).toBe(model.record.featureHash);
    expect(predicted.latencyUs).toBeGreaterThan(0);
  });

  it('does not depend on bars after the candle or long before it', async () => {
    const model = await openModel('model-1');
    const candleOpenTime = barOpenTime(LAST - 50, '1h');
    const whole = await predictor.predict(requestFor(model, { candleOpenTime }));
    const cut = walkColumns({ bars: BARS - 50 });
    const alone = await predictor.predict(requestFor(model, { series: cut, candleOpenTime }));
    expect(alone).toMatchObject({ status: 'predicted' });
    expect({ ...alone, latencyUs: 0 }).toEqual({ ...whole, latencyUs: 0 });
  });

  it('has the class weights divided out again', async () => {
    const plain = await predictor.predict(requestFor(await openModel('plain')));
    const weighted = await predictor.predict(
      requestFor(await openModel('weighted', {}, { classWeights: [2, 1, 1] })),
    );
    if (plain.status !== 'predicted' || weighted.status !== 'predicted')
      throw new Error('no answer');
    const [sell, hold, buy] = plain.probabilities;
    const sum = sell / 2 + hold + buy;
    expect(weighted.probabilities[0]).toBeCloseTo(sell / 2 / sum, 12);
    expect(weighted.probabilities[2]).toBeCloseTo(buy / sum, 12);
  });

  it('leaves the given bars as they were', async () => {
    const before = series.close.slice();
    await predictor.predict(requestFor(await openModel('model-1')));
    expect(series.close).toEqual(before);
  });
});

describe('no prediction is made, and the reason is the answer', () => {
  it('features_missing: too little history', async () => {
    const short = walkColumns({ bars: 300, firstIndex: LAST - 299 });
    const answer = await predictor.predict(
      requestFor(await openModel('model-1'), { series: short }),
    );
    expect(answer).toMatchObject({ status: 'unavailable', reason: 'features_missing' });
  });

  it('features_missing: the reference has no candle, by name', async () => {
    const features = [...TINY_FEATURES.slice(0, 7), 'reference_return_1'];
    const changes = { referenceSymbol: 'ETH/USDT' };
    const model = await openModel('model-1', { features }, changes);
    const late = walkColumns({ bars: BARS - 1, seed: 2 });
    const answer = await predictor.predict(requestFor(model, { reference: late }));
    expect(answer).toMatchObject({
      reason: 'features_missing',
      detail: 'ETH/USDT has no candle: 1 features missing: reference_return_1',
    });
    expect(await predictor.predict(requestFor(model, { reference }))).toMatchObject({
      status: 'predicted',
    });
  });

  it('novel: more than 5 % of the features lie outside their training range', async () => {
    const featureRanges = TINY_FEATURES.map((_, at) => [at === 3 ? 5 : -1, 9] as const);
    const answer = await predictor.predict(
      requestFor(await openModel('model-1', { featureRanges })),
    );
    expect(answer).toMatchObject({
      reason: 'novel',
      detail: '12.5 % of the features lie outside their training range',
      isModelDamaged: false,
    });
  });

  it('features_changed: a feature is not in the catalogue', async () => {
    const features = [...TINY_FEATURES.slice(0, 7), 'forgotten_feature'];
    const model = await openModel('model-1', { features }, { featureHash: 'older' });
    const answer = await predictor.predict(requestFor(model));
    expect(answer).toMatchObject({ reason: 'features_changed' });
    expect(answer.status === 'unavailable' && answer.detail).toContain('forgotten_feature');
  });

  it.each<[string, (file: string) => Promise<void>, RegExp]>([
    ['cut', (file) => truncate(file, 5_000), /model\.onnx has 5000 bytes/],
    ['replaced', (file) => writeFile(file, Buffer.alloc(16_064)), /model\.onnx has sha256/],
    ['gone', (file) => rm(file), /model\.onnx cannot be read/],
  ])('inference_error: the file is %s', async (_, damage, detail) => {
    const model = await openModel('model-1');
    await damage(model.specification.onnx.path);
    const answer = await predictor.predict(requestFor(model));
    expect(answer).toMatchObject({ reason: 'inference_error', isModelDamaged: true });
    expect(answer.status === 'unavailable' && answer.detail).toMatch(detail);
  });

  it('inference_error: a whole file that is no such model', async () => {
    const noModel = await openModel('no-model', { onnxBytes: Buffer.from('no model at all') });
    expect(await predictor.predict(requestFor(noModel))).toMatchObject({ isModelDamaged: true });
    const features = TINY_FEATURES.slice(0, 5);
    const narrow = await openModel('narrow', { features });
    expect(await predictor.predict(requestFor(narrow))).toMatchObject({
      detail: 'The model reads 8 features, expected 5',
    });
  });
});

describe('models that come and go', () => {
  it('swap under load without a failed prediction', async () => {
    const models = [await openModel('old'), await openModel('new', { model: 'b' })] as const;
    let serving: ServingModel = models[0];
    await predictor.prepare(serving);
    const answers = new Map<string, string[]>([
      ['old', []],
      ['new', []],
    ]);
    for (let round = 0; round < 40; round++) {
      const model = serving;
      const calls = Array.from({ length: 10 }, () => predictor.predict(requestFor(model)));
      if (round % 4 === 3) {
        const next: ServingModel = model === models[0] ? models[1] : models[0];
        expect(await predictor.prepare(next)).toEqual({ status: 'ready' });
        serving = next;
        await predictor.release(model.record.uid);
      }
      for (const answer of await Promise.all(calls)) {
        if (answer.status !== 'predicted') throw new Error(answer.detail);
        answers.get(model.record.uid)?.push(answer.probabilities.join(' '));
      }
    }
    const [old, young] = [...answers.values()].map((all) => new Set(all));
    expect(old?.size).toBe(1);
    expect(young?.size).toBe(1);
    expect(old).not.toEqual(young);
  });

  it('serve in any number, though only some stay loaded', async () => {
    const models = await Promise.all(Array.from({ length: 40 }, (_, n) => openModel(`model-${n}`)));
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(
        models.map((model) => predictor.predict(requestFor(model))),
      );
      expect(answers.filter((answer) => answer.status === 'predicted')).toHaveLength(40);
    }
  });

  it('do not get ready with a damaged file, and the serving one goes on', async () => {
    const serving = await openModel('serving');
    await predictor.prepare(serving);
    const next = await openModel('next', { model: 'b' });
    await truncate(next.specification.onnx.path, 99);
    expect(await predictor.prepare(next)).toMatchObject({ isModelDamaged: true });
    expect(await predictor.predict(requestFor(serving))).toMatchObject({ status: 'predicted' });
  });
});

describe('the worker', () => {
  it('dies: calls under way are answered, the next one is served by another worker', async () => {
    const model = await openModel('model-1');
    const killer = await openModel('model-that-kills');
    await predictor.prepare(model);
    const calls = [requestFor(killer), requestFor(model)].map((one) => predictor.predict(one));
    for (const answer of await Promise.all(calls)) {
      expect(answer).toMatchObject({ reason: 'inference_error', isModelDamaged: false });
    }
    expect(await predictor.predict(requestFor(model))).toMatchObject({ status: 'predicted' });
    expect(logger.messages('error')).toEqual(['predictor lost']);
  });

  it('hangs: the call is answered once its time is over', async () => {
    const model = await openModel('model-1');
    await predictor.prepare(model);
    const hung = predictor.predict(requestFor(await openModel('model-that-hangs')));
    await clock.advance(5_000);
    expect(await hung).toMatchObject({
      reason: 'inference_error',
      detail: 'predictor: no answer within 5000 ms',
    });
    expect(await predictor.predict(requestFor(model))).toMatchObject({ status: 'predicted' });
  });

  it('is gone for good after stop, and says so', async () => {
    const model = await openModel('model-1');
    await predictor.stop();
    await predictor.stop();
    expect(await predictor.predict(requestFor(model))).toMatchObject({
      reason: 'inference_error',
      detail: 'predictor is stopped',
    });
  });
});
