import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { ServingModels, type ServingModelsOptions } from '../../src/models/serving-models.js';
import type { Stores } from '../../src/storage/stores.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { KeptLogger } from './kept-logger.js';
import { buildModelRecord, writeModelFolder, type WrittenModel } from './model-folder.js';

const KEY: ModelKey = {
  venue: 'demo:test:1',
  symbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
};
const HOUR_MS = 3_600_000;
const NOW = 1_720_000_000_000;

let modelsDir: string;
let opened: TestDatabase;
let stores: Stores;
let clock: ManualClock;
let logger: KeptLogger;
let servingModels: ServingModels;

beforeEach(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-serving-'));
  clock = new ManualClock(NOW);
  logger = new KeptLogger();
  opened = await openTestDatabase({ clock });
  stores = opened.stores;
  servingModels = createServingModels(stores.models);
});

afterEach(async () => {
  await opened.database.close();
  await rm(modelsDir, { recursive: true, force: true });
});

function createServingModels(models: ServingModelsOptions['models']): ServingModels {
  const { cooldowns } = stores;
  const limits = {
    ageLimits: { modelStaleHours: 24, modelMaxAgeHours: 168 },
    maxFileBytes: 20_000_000,
  };
  return new ServingModels({ models, cooldowns, modelsDir, clock, logger, ...limits });
}

async function serve(uid: string, changes: Partial<ModelRecord> = {}): Promise<WrittenModel> {
  const written = await writeModelFolder({ modelsDir, modelPath: `tiny/${uid}` });
  const { manifestSha256, modelPath } = written;
  await record(uid, { modelPath, manifestSha256, stage: 'candidate', ...changes });
  await stores.models.promote(uid);
  servingModels.invalidate(KEY);
  return written;
}

async function record(uid: string, changes: Partial<ModelRecord>): Promise<void> {
  await stores.models.insert(buildModelRecord({ uid, trainedAt: NOW - HOUR_MS, ...changes }));
}

async function coolDown(until: number): Promise<void> {
  const cooldown = { kind: 'failure', notBeforeOpenTime: undefined, reason: 'it failed' } as const;
  await stores.cooldowns.set({ ...KEY, ...cooldown, until });
}

describe('a serving model', () => {
  it('is trusted when its record, its folder and the catalogue agree', async () => {
    await serve('model-1');
    const choice = await servingModels.find(KEY);
    expect(choice).toMatchObject({ status: 'trusted', isStale: false });
    expect(choice.status === 'trusted' && choice.model.record.uid).toBe('model-1');
  });

  it('is remembered until it is invalidated', async () => {
    await serve('model-1');
    await servingModels.find(KEY);
    await record('model-2', {
      ...(await writeModelFolder({ modelsDir, modelPath: 'tiny/model-2', model: 'b' })),
      stage: 'candidate',
    });
    await stores.models.promote('model-2');
    expect(await servingModels.find(KEY)).toMatchObject({ model: { record: { uid: 'model-1' } } });
    servingModels.invalidate(KEY);
    expect(await servingModels.find(KEY)).toMatchObject({ model: { record: { uid: 'model-2' } } });
  });

  it('that was being read while another was promoted is not remembered', async () => {
    await serve('model-1');
    let goOn = (): void => undefined;
    const promoted = new Promise<void>((resolve) => (goOn = resolve));
    const slow = createServingModels({
      findServing: async (key) => {
        const read = await stores.models.findServing(key);
        await promoted;
        return read;
      },
      latest: (key) => stores.models.latest(key),
      update: (uid, changes) => stores.models.update(uid, changes),
    });
    const reading = slow.find(KEY);
    await serve('model-2');
    slow.invalidate(KEY);
    goOn();
    expect(await reading).toMatchObject({ model: { record: { uid: 'model-1' } } });
    expect(await slow.find(KEY)).toMatchObject({ model: { record: { uid: 'model-2' } } });
  });

  it('is stale after a day of market time and still serves', async () => {
    await serve('model-1', { trainedAt: NOW });
    await clock.advance(24 * HOUR_MS);
    expect(await servingModels.find(KEY)).toMatchObject({ status: 'trusted', isStale: false });
    await clock.advance(1);
    expect(await servingModels.find(KEY)).toMatchObject({ status: 'trusted', isStale: true });
  });

  it('expires after its greatest age of market time', async () => {
    await serve('model-1', { trainedAt: NOW });
    await clock.advance(168 * HOUR_MS);
    expect(await servingModels.find(KEY)).toMatchObject({ status: 'trusted' });
    await clock.advance(HOUR_MS);
    expect(await servingModels.find(KEY)).toMatchObject({
      status: 'untrusted',
      reason: 'expired',
      detail: '169.0 hours old, at most 168 are trusted',
    });
  });
});

describe('the reason why no model is trusted is the first that holds', () => {
  it('features_changed, before expired', async () => {
    await serve('model-1', { featureHash: 'of an older formula', trainedAt: 0 });
    expect(await servingModels.find(KEY)).toMatchObject({ reason: 'features_changed' });
  });

  it('features_changed for another reference symbol than in training', async () => {
    const { featureHash } = buildModelRecord();
    await serve('model-1', { referenceSymbol: 'ETH/USDT', ...(featureHash && { featureHash }) });
    expect(await servingModels.find(KEY)).toMatchObject({ reason: 'features_changed' });
  });

  it('expired, also where the newest attempt was rejected', async () => {
    await serve('model-1', { trainedAt: NOW - 200 * HOUR_MS });
    await record('model-2', { stage: 'rejected' });
    expect(await servingModels.find(KEY)).toMatchObject({ reason: 'expired' });
  });

  it('rejected, before a cooldown', async () => {
    await record('model-1', {
      stage: 'rejected',
      verdict: { gate: 'baseline', isPromoted: false, reason: 'worse than the prior' },
    });
    await coolDown(NOW + 60_000);
    expect(await servingModels.find(KEY)).toMatchObject({
      reason: 'rejected',
      detail: 'worse than the prior',
    });
  });

  it('cooldown while it lasts by wall time, then untrained', async () => {
    await coolDown(NOW + 60_000);
    expect(await servingModels.find(KEY)).toMatchObject({
      reason: 'cooldown',
      detail: 'it failed',
    });
    await clock.advance(60_000);
    expect(await servingModels.find(KEY)).toMatchObject({ reason: 'untrained' });
  });

  it('untrained, until a promotion, without an invalidation', async () => {
    expect(await servingModels.find(KEY)).toMatchObject({ reason: 'untrained', record: undefined });
    await serve('model-1');
    expect(await servingModels.find(KEY)).toMatchObject({ status: 'trusted' });
  });
});

describe('a damaged serving model', () => {
  it('gives the reason, one line in the log, and its damage to training', async () => {
    const { folder } = await serve('model-1');
    await truncate(path.join(folder, 'manifest.json'), 10);
    for (let time = 0; time < 3; time++) {
      const choice = await servingModels.find(KEY);
      expect(choice).toMatchObject({ reason: 'inference_error', record: { uid: 'model-1' } });
      expect(choice.status === 'untrusted' && choice.detail).toContain('manifest.json has sha256');
    }
    expect(logger.messages('error')).toHaveLength(1);
    expect(servingModels.findDamage(await stores.models.get('model-1'))).toContain('manifest.json');
  });

  it('is not trusted again once the predictor has found it out, until another is promoted', async () => {
    await serve('model-1');
    const choice = await servingModels.find(KEY);
    if (choice.status !== 'trusted') throw new Error(choice.detail);
    await servingModels.reportDamaged(choice.model, 'model.onnx is cut');
    await servingModels.reportDamaged(choice.model, 'model.onnx is cut');
    expect(await servingModels.find(KEY)).toMatchObject({
      reason: 'inference_error',
      detail: 'model.onnx is cut',
    });
    expect(logger.messages('error')).toHaveLength(1);
    await serve('model-2');
    // What was found out about the earlier model says nothing of this one.
    await servingModels.reportDamaged(choice.model, 'model.onnx is cut');
    expect(await servingModels.find(KEY)).toMatchObject({ status: 'trusted' });
  });

  it('is noted in its record, until its files are whole again', async () => {
    const { folder } = await serve('model-1');
    const manifest = path.join(folder, 'manifest.json');
    const whole = await readFile(manifest);
    await truncate(manifest, 10);
    await servingModels.find(KEY);
    expect((await stores.models.get('model-1')).errorMessage).toContain('manifest.json has sha256');
    await writeFile(manifest, whole);
    servingModels.invalidate(KEY);
    expect(await servingModels.find(KEY)).toMatchObject({ status: 'trusted' });
    expect((await stores.models.get('model-1')).errorMessage).toBeUndefined();
  });

  it('is not trusted either where its record cannot be written', async () => {
    const { folder } = await serve('model-1');
    await truncate(path.join(folder, 'manifest.json'), 10);
    const serving = createServingModels({
      findServing: (key) => stores.models.findServing(key),
      latest: (key) => stores.models.latest(key),
      update: () => Promise.reject(new Error('the database is lost')),
    });
    expect(await serving.find(KEY)).toMatchObject({ reason: 'inference_error' });
    expect(logger.messages('warn')).toEqual(['The state of a model could not be stored']);
  });

  it('has other features than its record', async () => {
    const written = await writeModelFolder({
      modelsDir,
      modelPath: 'foreign',
      features: ['log_return_1'],
    });
    const { manifestSha256, modelPath } = written;
    await serve('model-1', { manifestSha256, modelPath });
    expect(await servingModels.find(KEY)).toMatchObject({
      reason: 'inference_error',
      detail: 'Model model-1: manifest.json has other features than the record',
    });
  });
});
