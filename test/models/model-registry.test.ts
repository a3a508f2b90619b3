import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import { removeArchived } from '../../src/models/artifact-cleanup.js';
import { ModelRegistry, type ModelRegistryOptions } from '../../src/models/model-registry.js';
import type { Stores } from '../../src/storage/stores.js';
import { fixedClock, forEachEngine } from '../database.js';
import { KeptLogger } from './kept-logger.js';
import { buildModelRecord, writeModelFolder } from './model-folder.js';

const KEY: ModelKey = {
  ...{ venue: 'demo:test:1', symbol: 'BTC/USDT' },
  ...{ timeframe: '1h', bot: 'catboost' },
};

forEachEngine((engine) => {
  let modelsDir: string;
  let stores: Stores;
  const logger = new KeptLogger();

  beforeEach(async () => {
    modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-registry-'));
    stores = (await engine.open()).stores;
  });
  afterEach(() => rm(modelsDir, { recursive: true, force: true }));

  const has = (uid: string): boolean => existsSync(path.join(modelsDir, uid));

  function registry(changes: Partial<ModelRegistryOptions> = {}): ModelRegistry {
    return new ModelRegistry({
      ...{ stores, modelsDir, logger, maxFileBytes: 1_000_000, clock: fixedClock() },
      prepare: async () => ({ status: 'ready' }),
      onCleared: async () => undefined,
      onServing: async () => undefined,
      ...changes,
    });
  }

  async function serve(uid: string, trainedAt = 0): Promise<void> {
    const { modelPath, manifestSha256 } = await writeModelFolder({ modelsDir, modelPath: uid });
    const record = { uid, trainedAt, modelPath, manifestSha256, stage: 'candidate' } as const;
    await stores.models.insert(buildModelRecord(record));
    await stores.models.promote(uid);
  }

  describe('a clearing', () => {
    it('that dies before its files are gone leaves nothing that serves, and the next start ends it', async () => {
      await serve('one', 1);
      await serve('two', 2);
      const died = registry({ onCleared: () => Promise.reject(new Error('killed here')) });
      await expect(died.clear(KEY)).rejects.toThrow('killed here');
      expect([has('one'), has('two')]).toEqual([true, true]);
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      expect(await registry().rollback(KEY)).toMatchObject({ status: 'missing' });
      const options = { modelsDir, models: stores.models, logger };
      expect(await removeArchived(options, 'another venue')).toEqual([]);
      expect([...(await removeArchived(options, KEY.venue))].sort()).toEqual(['one', 'two']);
      expect([has('one'), has('two')]).toEqual([false, false]);
      expect(await removeArchived(options, KEY.venue)).toEqual([]);
    });

    it('stops predictions before a file is deleted', async () => {
      await serve('one');
      const filesThen: boolean[] = [];
      await registry({
        onCleared: async () => {
          filesThen.push(has('one'));
        },
      }).clear(KEY);
      expect([...filesThen, has('one')]).toEqual([true, false]);
    });
  });

  describe('a rollback', () => {
    it('is announced to serving after it is stored', async () => {
      await serve('one', 1);
      await serve('two', 2);
      const announced: string[] = [];
      const answer = await registry({
        onServing: async ({ uid }) => {
          announced.push(uid, (await stores.models.findServing(KEY))?.uid ?? 'none');
        },
      }).rollback(KEY);
      expect(answer).toMatchObject({
        status: 'done',
        record: { uid: 'one' },
        before: { uid: 'two' },
      });
      expect(announced).toEqual(['one', 'one']);
    });

    it('to a model that cannot be loaded is refused with the reason', async () => {
      await serve('one', 1);
      await serve('two', 2);
      const picky = registry({ prepare: async () => ({ detail: 'it reads 8 features' }) });
      expect(await picky.rollback(KEY)).toEqual({
        status: 'refused',
        reason: 'it reads 8 features',
      });
      expect(await stores.models.findServing(KEY)).toMatchObject({ uid: 'two' });
    });

    it('to a model that is cleared while it is loaded leaves nothing that serves', async () => {
      await serve('one', 1);
      await serve('two', 2);
      const announced: string[] = [];
      const slow = registry({
        prepare: async () => {
          await registry().clear(KEY);
          return { status: 'ready' };
        },
        onServing: async ({ uid }) => {
          announced.push(uid);
        },
      });
      expect(await slow.rollback(KEY)).toMatchObject({ status: 'missing' });
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      expect(announced).toEqual([]);
    });

    it('is refused where the model that serves is pinned while the other one is loaded', async () => {
      await serve('one', 1);
      await serve('two', 2);
      const slow = registry({
        prepare: async () => {
          await registry().pin(KEY, { isPinned: true });
          return { status: 'ready' };
        },
      });
      expect(await slow.rollback(KEY)).toMatchObject({ status: 'refused' });
      expect(await stores.models.findServing(KEY)).toMatchObject({ uid: 'two' });
    });

    it('to a model of older formulas is refused', async () => {
      await serve('one', 1);
      await serve('two', 2);
      await stores.models.update('one', { featureHash: 'of an older formula' });
      const answer = await registry().rollback(KEY);
      expect(answer).toMatchObject({ status: 'refused' });
      expect(answer.status === 'refused' && answer.reason).toContain('formula');
    });
  });

  it('a hundred racing pins and clearings leave no pin without a serving model', async () => {
    for (let round = 0; round < 10; round++) {
      await serve(`model-${round}`, round);
      const one = registry();
      await Promise.all([
        ...Array.from({ length: 5 }, () => one.pin(KEY, { isPinned: true })),
        ...Array.from({ length: 2 }, () => one.clear(KEY)),
        ...Array.from({ length: 3 }, () => one.pin(KEY, { isPinned: true })),
      ]);
      const pin = await stores.pins.find(KEY);
      const serving = await stores.models.findServing(KEY);
      expect([pin?.modelUid, serving?.uid]).toEqual([undefined, undefined]);
    }
  });
});
