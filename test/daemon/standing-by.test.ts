import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import { modelStatus } from '../../src/api/contract/model-status.js';
import type { DaemonPhase } from '../../src/daemon/phases.js';
import { modelStatusView } from '../../src/daemon/views/model-status-view.js';
import { readStandbyStatus } from '../../src/daemon/views/standby-view.js';
import { predictionView } from '../../src/daemon/views/prediction-view.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { featureHash } from '../../src/features/feature-hash.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { TINY_FEATURES } from '../models/model-folder.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { aModelRecord, aPrediction, HOUR_MS, KEY, START_MS } from '../storage/rows.js';

/** A daemon behind another one's lease: it has the database, and no rooms that work. */
let opened: TestDatabase;
let clock: ManualClock;
let phase: DaemonPhase;

beforeEach(async () => {
  clock = new ManualClock(START_MS + 2 * HOUR_MS);
  opened = await openTestDatabase({ clock });
  const { settings } = readSettings({});
  const base = { settings, stores: opened.stores, wallClock: clock };
  phase = { ...base, name: 'starting' } as unknown as DaemonPhase;
});

afterEach(() => opened.database.close());

/** Features that the catalogue computes today, so that the model may be trusted. */
const CURRENT = {
  features: TINY_FEATURES,
  referenceSymbol: undefined,
  featureHash: featureHash(TINY_FEATURES, undefined),
};

async function serve(changes: Partial<ModelRecord> = {}): Promise<string> {
  const { models } = opened.stores;
  const record = { ...CURRENT, trainedAt: START_MS, stage: 'candidate', ...changes } as const;
  const { uid } = await models.insert(aModelRecord(record));
  await models.promote(uid);
  return uid;
}

const look = async () => modelStatus.parse(await modelStatusView(phase, KEY, 'BTCUSDT'));

describe('a daemon that stands by', () => {
  it('tells of the model that serves, from the database', async () => {
    const uid = await serve();
    expect(await look()).toMatchObject({
      ...{ is_trained: true, model_uid: uid, fallback_active: false, is_stale: false },
      ...{ training_cooldown_active: false, prediction_warning_count: 0 },
      training_state: expect.stringContaining('another one works') as string,
    });
  });

  it('tells that none serves, and of the cooldown', async () => {
    const until = clock.wallMs() + HOUR_MS;
    const cooldown = {
      kind: 'failure',
      notBeforeOpenTime: undefined,
      reason: 'it failed',
    } as const;
    expect((await look()).fallback_reason).toMatch(/^untrained: /);
    await opened.stores.cooldowns.set({ ...KEY, ...cooldown, until });
    expect(await look()).toMatchObject({
      ...{ is_trained: false, model_uid: null, fallback_reason: 'cooldown: it failed' },
      ...{ training_cooldown_active: true, next_retry_at: new Date(until).toISOString() },
    });
  });

  it('tells that the model has grown too old', async () => {
    await serve();
    await clock.advance(169 * HOUR_MS);
    expect((await look()).fallback_reason).toMatch(/^expired: /);
  });

  it('answers with the prediction that the other daemon has stored, while that is fresh', async () => {
    const predictions = predictionView(() => phase);
    expect(await predictions.find(KEY)).toMatchObject({ status: 'none', reason: 'untrained' });
    const modelUid = await serve();
    expect(await predictions.find(KEY)).toMatchObject({ reason: 'features_missing' });
    const candleOpenTime = START_MS + HOUR_MS;
    const predictedAt = START_MS + 2 * HOUR_MS;
    await opened.stores.predictions.insert(aPrediction({ modelUid, candleOpenTime, predictedAt }));
    expect(await predictions.find(KEY)).toMatchObject({ status: 'served', isStale: false });
    expect((await predictions.top({ venue: KEY.venue }, 20)).total).toBe(1);
    await clock.advance(3 * HOUR_MS);
    expect(await predictions.find(KEY)).toMatchObject({ reason: 'features_missing' });
    expect((await predictions.top({ venue: KEY.venue }, 20)).total).toBe(0);
  });

  it('tells of the global model where the bot has one for all instruments', async () => {
    const { models, predictions } = opened.stores;
    const global = { bot: 'random_forest', symbol: '*' };
    const record = aModelRecord({
      ...{ ...CURRENT, ...global },
      trainedAt: START_MS,
      stage: 'candidate',
    });
    const { uid: modelUid } = await models.insert(record);
    await models.promote(modelUid);
    const key = { ...KEY, bot: 'random_forest' };
    const status = modelStatus.parse(await modelStatusView(phase, key, 'BTCUSDT'));
    expect(status).toMatchObject({
      ...{ symbol: 'BTCUSDT', model_symbol: '*', is_trained: true, model_uid: modelUid },
      ...{ fallback_active: false },
    });
    const said = { ...key, modelUid, predictedAt: START_MS + 2 * HOUR_MS };
    const candleOpenTime = START_MS + HOUR_MS;
    await predictions.insert(aPrediction({ ...said, symbol: 'ETH/USDT', candleOpenTime }));
    const view = predictionView(() => phase);
    expect(await view.find(key)).toMatchObject({ reason: 'features_missing' });
    expect(await view.find({ ...key, symbol: 'ETH/USDT' })).toMatchObject({ status: 'served' });
  });

  it('asks for the global model too where it works itself', async () => {
    const asked: string[] = [];
    const look = await readStandbyStatus(phase, { ...KEY, bot: 'random_forest', symbol: '*' });
    const parts = {
      training: {
        status: (key: ModelKey) =>
          Promise.resolve(void asked.push(key.symbol)).then(() => look.training),
      },
      servingModels: { find: () => Promise.resolve(look.trust) },
      warnings: { count: () => 0 },
    };
    const working = { ...phase, ...parts, name: 'active' } as unknown as DaemonPhase;
    await modelStatusView(working, { ...KEY, bot: 'random_forest' }, 'BTCUSDT');
    expect(asked).toEqual(['*']);
  });

  it('keeps no predictions that could be cleared', () => {
    expect(() => predictionView(() => phase).clear()).toThrow(/stands by/);
  });
});
