import { mkdtemp, rm, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import type { ModelStatusAnswer } from '../../src/api/contract/model-status.js';
import type { DaemonPhase } from '../../src/daemon/phases.js';
import { modelStatusView } from '../../src/daemon/views/model-status-view.js';
import { readStandbyStatus } from '../../src/daemon/views/standby-view.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { TrainingCooldown } from '../../src/domain/training-job.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { ServingModels } from '../../src/models/serving-models.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { KeptLogger } from '../models/kept-logger.js';
import { buildModelRecord, writeModelFolder } from '../models/model-folder.js';

/** Two daemons on one database: one works, the other stands by and sees only what is stored. */
const HOUR_MS = 3_600_000;
const NOW = 1_720_000_000_000;
const { settings } = readSettings({ MODEL_STALE_HOURS: '12', MODEL_MAX_AGE_HOURS: '48' });
const KEY = {
  venue: 'demo:test:1',
  symbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
} as const;

let modelsDir: string;
let opened: TestDatabase;
let clock: ManualClock;
let standby: DaemonPhase;
let active: DaemonPhase;

beforeEach(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-alike-'));
  clock = new ManualClock(NOW);
  opened = await openTestDatabase({ clock });
  const { stores } = opened;
  standby = { name: 'starting', settings, stores, wallClock: clock } as unknown as DaemonPhase;
  const servingModels = new ServingModels({
    models: stores.models,
    cooldowns: stores.cooldowns,
    modelsDir,
    ageLimits: settings,
    maxFileBytes: 20_000_000,
    clock,
    logger: new KeptLogger(),
  });
  const parts = {
    servingModels,
    training: { status: async () => (await readStandbyStatus(standby, KEY)).training },
    warnings: { count: () => 0 },
  };
  active = { ...standby, ...parts, name: 'active' } as unknown as DaemonPhase;
});

afterEach(async () => {
  await opened.database.close();
  await rm(modelsDir, { recursive: true, force: true });
});

/** @returns the folder of the model that serves */
async function serve(changes: Partial<ModelRecord> = {}): Promise<string> {
  const { folder, ...files } = await writeModelFolder({ modelsDir, modelPath: 'tiny/model-1' });
  const record = { ...files, stage: 'candidate', trainedAt: NOW - HOUR_MS, ...changes } as const;
  await opened.stores.models.insert(buildModelRecord(record));
  await opened.stores.models.promote('model-1');
  return folder;
}

async function coolDown(): Promise<void> {
  const cooldown: TrainingCooldown = {
    ...KEY,
    kind: 'failure',
    until: NOW + HOUR_MS,
    notBeforeOpenTime: undefined,
    reason: 'memory: too much',
  };
  await opened.stores.cooldowns.set(cooldown);
}

/** The active one first: it is the one that reads the files. */
async function askBoth(): Promise<ModelStatusAnswer> {
  const answer = await modelStatusView(active, KEY, 'BTCUSDT');
  expect(await modelStatusView(standby, KEY, 'BTCUSDT')).toEqual(answer);
  return answer;
}

describe('an active daemon and one that stands by say alike', () => {
  it('that a model serves', async () => {
    await serve();
    expect(await askBoth()).toMatchObject({ fallback_active: false, is_stale: false });
  });

  it('that a model is stale, by MODEL_STALE_HOURS', async () => {
    await serve({ trainedAt: NOW - 12.1 * HOUR_MS });
    expect(await askBoth()).toMatchObject({ fallback_active: false, is_stale: true });
  });

  it('that features have changed', async () => {
    await serve({ featureHash: 'of an older formula' });
    expect((await askBoth()).fallback_reason).toMatch(/^features_changed: the formula/);
  });

  it('that a feature is gone', async () => {
    await serve({ features: ['a_feature_of_yesterday'], featureHash: 'f'.repeat(64) });
    expect((await askBoth()).fallback_reason).toMatch(/^features_changed: .*of_yesterday/);
  });

  it('that a model has expired, by MODEL_MAX_AGE_HOURS', async () => {
    await serve({ trainedAt: NOW - 48.1 * HOUR_MS });
    const { fallback_reason } = await askBoth();
    expect(fallback_reason).toBe('expired: 48.1 hours old, at most 48 are trusted');
  });

  it('that the newest model was rejected, also during a cooldown', async () => {
    const verdict = {
      gate: 'baseline',
      isPromoted: false,
      reason: 'worse than the prior',
    } as const;
    await opened.stores.models.insert(buildModelRecord({ stage: 'rejected', verdict }));
    await coolDown();
    expect((await askBoth()).fallback_reason).toBe('rejected: worse than the prior');
  });

  it('that an attempt failed and a cooldown runs', async () => {
    await coolDown();
    expect((await askBoth()).fallback_reason).toBe('cooldown: memory: too much');
  });

  it('that no model was trained', async () => {
    expect((await askBoth()).fallback_reason).toMatch(/^untrained: /);
  });

  it('that the files of a model are damaged, and that they are whole again', async () => {
    const folder = await serve();
    await truncate(path.join(folder, 'manifest.json'), 10);
    expect((await askBoth()).fallback_reason).toMatch(
      /^inference_error: .*manifest\.json has sha256/,
    );
    await writeModelFolder({ modelsDir, modelPath: 'tiny/model-1' });
    (active as unknown as { servingModels: ServingModels }).servingModels.invalidate(KEY);
    expect((await askBoth()).fallback_reason).toBeNull();
  });
});

describe('the status of a model', () => {
  it('keeps the figures of the serving model apart from a newer attempt that was rejected', async () => {
    const promoted = { gate: 'baseline', isPromoted: true, reason: 'better' } as const;
    await serve({ dataPointsUsed: 1000, classDistribution: [1, 2, 3], verdict: promoted });
    const rejected = buildModelRecord({
      uid: 'model-2',
      stage: 'rejected',
      trainedAt: NOW,
      dataPointsUsed: 1111,
      classDistribution: [4, 5, 6],
      verdict: { gate: 'baseline', isPromoted: false, reason: 'worse than the prior' },
    });
    await opened.stores.models.insert(rejected);
    expect(await askBoth()).toMatchObject({
      model_uid: 'model-1',
      last_training_time: new Date(NOW - HOUR_MS).toISOString(),
      samples_in_last_train: 1000,
      class_distribution: { SELL: 1, HOLD: 2, BUY: 3 },
      verdict: { is_promoted: true, reason: 'better' },
      last_training_error: null,
      last_attempt: {
        model_uid: 'model-2',
        attempted_at: new Date(NOW).toISOString(),
        outcome: 'rejected',
        reason: 'worse than the prior',
        samples: 1111,
        class_distribution: { SELL: 4, HOLD: 5, BUY: 6 },
      },
    });
  });

  it('gives the error of a failed attempt beside the figures of the serving model', async () => {
    await serve({ dataPointsUsed: 1000 });
    const failed = {
      uid: 'model-2',
      trainedAt: NOW,
      stage: 'candidate',
      status: 'failed',
    } as const;
    await opened.stores.models.insert(
      buildModelRecord({ ...failed, dataPointsUsed: 0, errorMessage: 'memory: too much' }),
    );
    expect(await askBoth()).toMatchObject({
      samples_in_last_train: 1000,
      last_training_error: 'memory: too much',
      last_attempt: { outcome: 'failed', reason: 'memory: too much', samples: 0 },
    });
  });

  it('has no figures of a serving model where only a rejected one was trained', async () => {
    const verdict = { gate: 'baseline', isPromoted: false, reason: 'worse' } as const;
    await opened.stores.models.insert(buildModelRecord({ stage: 'rejected', verdict }));
    expect(await askBoth()).toMatchObject({
      is_trained: false,
      last_training_time: null,
      samples_in_last_train: null,
      class_distribution: null,
      sanitization: null,
      verdict: null,
      last_attempt: { outcome: 'rejected', reason: 'worse', samples: 1000 },
    });
  });
});
