import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord, ModelStage } from '../../src/domain/model-record.js';
import {
  deleteVersion,
  pruneVersions,
  removeUnfinished,
  type ArtifactCleanupOptions,
} from '../../src/models/artifact-cleanup.js';
import type { Stores } from '../../src/storage/stores.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { KeptLogger } from './kept-logger.js';
import { buildModelRecord, writeModelFolder } from './model-folder.js';

const KEY: ModelKey = {
  venue: 'demo:test:1',
  symbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
};

let root: string;
let modelsDir: string;
let opened: TestDatabase;
let stores: Stores;
let logger: KeptLogger;
let options: ArtifactCleanupOptions;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-cleanup-'));
  modelsDir = path.join(root, 'models');
  await mkdir(modelsDir);
  opened = await openTestDatabase();
  stores = opened.stores;
  logger = new KeptLogger();
  options = { modelsDir, models: stores.models, logger };
});

afterEach(async () => {
  await opened.database.close();
  await rm(root, { recursive: true, force: true });
});

const has = (folder: string): boolean => existsSync(path.join(modelsDir, folder));

/** A version with its folder, the later the number the newer. */
async function addVersion(number: number, stage: ModelStage): Promise<void> {
  const uid = `model-${number}`;
  const { manifestSha256, modelPath } = await writeModelFolder({
    modelsDir,
    modelPath: `v/BTC_USDT/1h/catboost/${uid}`,
  });
  const changes: Partial<ModelRecord> = { uid, modelPath, manifestSha256, trainedAt: number };
  const isServed = stage === 'serving' || stage === 'superseded';
  await stores.models.insert(
    buildModelRecord({ ...changes, stage: isServed ? 'candidate' : stage }),
  );
  if (isServed) await stores.models.promote(uid);
}

async function keptVersions(): Promise<string[]> {
  const versions = await stores.models.listVersions(KEY);
  return versions.flatMap(({ modelPath, uid }) => {
    expect(has(`v/BTC_USDT/1h/catboost/${uid}`)).toBe(modelPath !== undefined);
    return modelPath === undefined ? [] : [uid];
  });
}

describe('leftovers of a crash', () => {
  it('go where an export was not finished, and whole models stay, named by a record or not', async () => {
    await addVersion(1, 'serving');
    const theirs = 'v/BTC_USDT/1h/catboost/of-another-database';
    await writeModelFolder({ modelsDir, modelPath: theirs });
    const unfinished = 'v/BTC_USDT/1h/catboost/job-2-1.tmp-4711';
    await mkdir(path.join(modelsDir, unfinished));
    expect(await removeUnfinished(options)).toEqual([unfinished]);
    expect(has(unfinished)).toBe(false);
    expect(has(theirs)).toBe(true);
    expect(await keptVersions()).toEqual(['model-1']);
    expect(await removeUnfinished(options)).toEqual([]);
  });

  it('are not looked for behind symbolic links', async () => {
    const outside = path.join(root, 'outside', 'job.tmp-1');
    await mkdir(outside, { recursive: true });
    await symlink(path.join(root, 'outside'), path.join(modelsDir, 'link'));
    expect(await removeUnfinished(options)).toEqual([]);
    expect(existsSync(outside)).toBe(true);
  });

  it('are none where there is no models folder yet', async () => {
    await rm(modelsDir, { recursive: true });
    expect(await removeUnfinished(options)).toEqual([]);
  });
});

describe('versions of a key', () => {
  it('are kept up to the number, the serving one among them', async () => {
    for (const number of [1, 2, 3, 4, 5]) await addVersion(number, 'serving');
    expect(await pruneVersions(options, { key: KEY, versionsKept: 3 })).toEqual([
      'model-2',
      'model-1',
    ]);
    expect(await keptVersions()).toEqual(['model-5', 'model-4', 'model-3']);
    expect(await stores.models.get('model-1')).toMatchObject({
      status: 'archived',
      modelPath: undefined,
    });
  });

  it('keep the serving one however old it is and however few are kept', async () => {
    await addVersion(9, 'superseded');
    await addVersion(1, 'serving');
    await pruneVersions(options, { key: KEY, versionsKept: 0 });
    expect(await keptVersions()).toEqual(['model-1']);
  });

  it('that never served do not push out those that did', async () => {
    await addVersion(1, 'serving');
    await addVersion(2, 'serving');
    for (const number of [3, 4, 5]) await addVersion(number, 'rejected');
    await pruneVersions(options, { key: KEY, versionsKept: 2 });
    expect(await keptVersions()).toEqual(['model-5', 'model-2', 'model-1']);
  });

  it('of other keys are not touched', async () => {
    await addVersion(1, 'serving');
    await pruneVersions(options, { key: { ...KEY, bot: 'other' }, versionsKept: 0 });
    expect(await keptVersions()).toEqual(['model-1']);
  });

  it('are never deleted outside of the models folder', async () => {
    await mkdir(path.join(root, 'precious'));
    const record = buildModelRecord({ modelPath: '../precious' });
    await expect(deleteVersion(options, record)).rejects.toThrow('does not lie below');
    expect(existsSync(path.join(root, 'precious'))).toBe(true);
  });
});
