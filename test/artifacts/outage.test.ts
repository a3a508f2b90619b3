import { cpSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { featureHash } from '../../src/features/feature-hash.js';
import { messageOf } from '../../src/lib/errors.js';
import { SILENT_LOGGER as logger } from '../../src/lib/silent-logger.js';
import { ServingModels } from '../../src/models/serving-models.js';
import { patiently } from '../../src/training/queue/patient-artifacts.js';
import { PublishedModels } from '../../src/training/remote/published-models.js';
import { forEachEngine } from '../database.js';
import { TINY_FEATURES, writeModelFolder } from '../models/model-folder.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';
import { modelRecord } from '../training/training-builders.js';
import {
  createTrainingContext,
  KEY,
  START_MS,
  type TrainingContext,
} from '../training/training-context.js';
import { FaultProxy } from './fault-proxy.js';
import { hostOf, type Host } from './stored.js';

const MINUTE_MS = 60_000;
const PATIENT = { timeout: 30_000 };
const LIMITS = { modelStaleHours: 24, modelMaxAgeHours: 168 };

forEachEngine((engine) => {
  describe.skipIf(s3SkipReason !== undefined)(`an outage of ${s3SkipReason ?? 'S3'}`, () => {
    let server: OwnS3;
    let proxy: FaultProxy;
    let context: TrainingContext;
    let daemon: Host;
    let worker: Host;
    let workerDir: string;
    beforeAll(async () => {
      server = await OwnS3.start();
      proxy = new FaultProxy(server.place);
      await proxy.start();
    });
    afterAll(async () => {
      await proxy.stop();
      await server.stop();
    });
    beforeEach(async () => {
      proxy.fault = undefined;
      context = await createTrainingContext(engine);
      const { stores, options } = context;
      workerDir = path.join(context.folder, 'worker');
      mkdirSync(workerDir);
      daemon = hostOf(proxy.place, { stores, modelsDir: options.modelsDir, clock: context.clock });
      worker = hostOf(proxy.place, { stores, modelsDir: workerDir, clock: context.clock });
    });
    afterEach(async () => {
      daemon.store.close();
      worker.store.close();
      await context.close();
    });

    const serving = (): ServingModels =>
      new ServingModels({
        ...{ models: context.stores.models, cooldowns: context.stores.cooldowns },
        ...{ artifacts: daemon.stored, modelsDir: context.options.modelsDir },
        ...{ ageLimits: LIMITS, maxFileBytes: 20_000_000, clock: context.clock, logger },
      });
    const published = (): PublishedModels => {
      const { stores, clock, options } = context;
      return new PublishedModels({ stores, artifacts: daemon.stored, clock, logger, options });
    };
    /** A model as a worker leaves it: in its own folder, and in the store. */
    const bring = async (uid: string, model: 'a' | 'b'): Promise<ModelRecord> => {
      const modelPath = path.join('tiny', uid);
      const { manifestSha256 } = await writeModelFolder({ modelsDir: workerDir, modelPath, model });
      await worker.stored.publish({ modelPath, manifestSha256 });
      return context.stores.models.insert(
        modelRecord({
          ...{ ...KEY, uid, modelPath, manifestSha256, trainedAt: START_MS },
          ...{ stage: 'candidate', status: 'active' },
          ...{ features: TINY_FEATURES, featureHash: featureHash(TINY_FEATURES, undefined) },
        }),
      );
    };
    const findServed = async (models: ServingModels): Promise<string | undefined> => {
      const choice = await models.find(KEY);
      return choice.status === 'trusted' ? choice.model.record.uid : choice.reason;
    };

    it('of ten minutes leaves the model before in place, and the new one serves after it', async () => {
      expect(await published().take(await bring('first', 'a'))).toMatchObject({ stage: 'serving' });
      const models = serving();
      expect(await findServed(models)).toBe('first');
      const second = await bring('second', 'b');
      proxy.fault = 'down';
      for (let minute = 0; minute < 10; minute++) {
        await context.clock.advance(MINUTE_MS);
        expect(await published().take(second)).toBeUndefined();
        expect(await findServed(models)).toBe('first');
        // A daemon that begins meanwhile serves what lies here.
        expect(await findServed(serving())).toBe('first');
      }
      expect(daemon.store.trouble?.reason).toContain('ECONN');
      proxy.fault = undefined;
      await context.clock.advance(MINUTE_MS);
      expect(await published().take(second)).toMatchObject({ uid: 'second', stage: 'serving' });
      expect(daemon.store.trouble).toBeUndefined();
      expect(await findServed(serving())).toBe('second');
    });

    it('makes a trained model wait, and it is put as soon as the store answers', async () => {
      const { clock } = context;
      const modelPath = path.join('tiny', 'late');
      const { manifestSha256 } = await writeModelFolder({ modelsDir: workerDir, modelPath });
      const { signal } = new AbortController();
      const patient = patiently(worker.stored, { clock, logger, signal });
      proxy.fault = 'down';
      let isPut = false;
      const putting = patient.publish({ modelPath, manifestSha256 }).then(() => (isPut = true));
      await expect.poll(() => worker.store.trouble?.reason, PATIENT).toContain('ECONN');
      await clock.advance(10 * MINUTE_MS);
      expect(isPut).toBe(false);
      proxy.fault = undefined;
      await expect
        .poll(async () => {
          await clock.advance(5_000);
          return isPut;
        }, PATIENT)
        .toBe(true);
      await putting;
      await daemon.stored.fetch({ modelPath, manifestSha256 });
    });

    it('that does not end fails the job with its reason after half an hour', async () => {
      const { clock } = context;
      const modelPath = path.join('tiny', 'never');
      const { manifestSha256 } = await writeModelFolder({ modelsDir: workerDir, modelPath });
      const { signal } = new AbortController();
      proxy.fault = 'down';
      const putting = patiently(worker.stored, { clock, logger, signal })
        .publish({ modelPath, manifestSha256 })
        .then(
          () => 'put',
          (error: unknown) => messageOf(error),
        );
      let end: string | undefined;
      void putting.then((message) => (end = message));
      await expect
        .poll(async () => {
          await clock.advance(6 * MINUTE_MS);
          return end;
        }, PATIENT)
        .toMatch(/ECONN.*; waited for 30 minutes/);
    });

    it('ends the wait of a job that is cancelled', async () => {
      const modelPath = path.join('tiny', 'cancelled');
      const { manifestSha256 } = await writeModelFolder({ modelsDir: workerDir, modelPath });
      const cancelling = new AbortController();
      proxy.fault = 'down';
      const { signal } = cancelling;
      const putting = patiently(worker.stored, { clock: context.clock, logger, signal }).publish({
        modelPath,
        manifestSha256,
      });
      await expect.poll(() => worker.store.trouble, PATIENT).toBeDefined();
      cancelling.abort();
      await expect(putting).rejects.toThrow();
    });

    it('that lies is refused by hash: the model before serves on, and the reason is stored', async () => {
      await published().take(await bring('first', 'a'));
      const second = await bring('second', 'b');
      proxy.fault = 'lying';
      const refused = await published().take(second);
      expect(refused).toMatchObject({ uid: 'second', stage: 'rejected', modelPath: undefined });
      expect(refused?.verdict?.reason).toMatch(/its files are refused: .* other bytes under/);
      expect(await findServed(serving())).toBe('first');
      expect((await context.stores.cooldowns.find(KEY))?.reason).toContain('other bytes');
    });

    it('does not matter to a model whose copy is here, and a damaged copy is fetched again', async () => {
      const first = await bring('first', 'a');
      await published().take(first);
      const place = path.join(context.options.modelsDir, first.modelPath ?? '?');
      await rm(path.join(place, 'model.onnx'));
      expect(await findServed(serving())).toBe('first');
      await rm(place, { recursive: true });
      proxy.fault = 'down';
      const models = serving();
      expect(await findServed(models)).toBe('inference_error');
      expect(models.findDamage(first)).toBeUndefined();
      proxy.fault = undefined;
      await context.clock.advance(MINUTE_MS);
      expect(await findServed(models)).toBe('first');
    });

    it('between two hosts: a foreign folder under the name is replaced by the model', async () => {
      const first = await bring('first', 'a');
      const other = await bring('other', 'b');
      const { modelsDir } = context.options;
      const place = path.join(modelsDir, first.modelPath ?? '?');
      cpSync(path.join(workerDir, other.modelPath ?? '?'), place, { recursive: true });
      expect(await published().take(first)).toMatchObject({ stage: 'serving' });
      expect(await findServed(serving())).toBe('first');
    });
  });
});
