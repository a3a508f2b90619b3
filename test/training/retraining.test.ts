import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  START_MS,
  type TrainingContext,
} from './training-context.js';

const ALL = plantedCandles({
  bars: 1500,
  lastOpenTime: LAST_OPEN_TIME + 200 * HOUR_MS,
  seed: 1,
  momentum: 0.8,
});

describe.skipIf(!HAS_PYTHON)('a model that grows old (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const storeUpTo = (marketMs: number) =>
      context.store(ALL.filter(({ openTime }) => openTime + HOUR_MS <= marketMs));

    const trainOnce = async (service: TrainingService): Promise<ModelRecord> => {
      await service.planDue();
      const job = await context.untilEnded();
      expect(job.status).toBe('completed');
      return context.stores.models.get(job.modelUid ?? '');
    };

    it('is trained again after 24 hours of market time and replaced; the last versions stay', async () => {
      context = await createTrainingContext(engine, {
        modelVersionsKept: 2,
        promotionGate: 'parity',
      });
      const { stores, clock, options } = context;
      await storeUpTo(START_MS);
      const service = context.service();
      await service.start();
      const records = [await trainOnce(service)];
      expect(await service.planDue()).toMatchObject([{ obstacle: 'fresh' }]);

      while (records.length < 3) {
        await clock.advance(25 * HOUR_MS);
        await storeUpTo(clock.marketMs());
        expect((await service.status(KEY)).due).toMatchObject({ status: 'due', cause: 'stale' });
        records.push(await trainOnce(service));
      }
      await service.stop();

      const [first, second, third] = await Promise.all(
        records.map(({ uid }) => stores.models.get(uid)),
      );
      expect([first?.stage, second?.stage, third?.stage]).toEqual([
        ...['superseded', 'superseded', 'serving'],
      ]);
      expect(third?.dataEnd).toBe(START_MS + 50 * HOUR_MS);
      const isThere = (record: ModelRecord | undefined) =>
        record?.modelPath !== undefined &&
        existsSync(path.join(options.modelsDir, record.modelPath));
      expect([isThere(first), isThere(second), isThere(third)]).toEqual([false, true, true]);
      expect(
        (await stores.sessions.list({}, { limit: 9, offset: 0 })).rows.map(({ kind }) => kind),
      ).toEqual(['auto', 'auto', 'initial']);
    });

    it('is trained on request whatever its age, and only once at a time', async () => {
      context = await createTrainingContext(engine, { promotionGate: 'parity' });
      await storeUpTo(START_MS);
      const service = context.service();
      const first = await service.sessions.request({ keys: [KEY], kind: 'manual' });
      const second = await service.sessions.request({ keys: [KEY], kind: 'manual' });
      expect(second.jobs.map(({ uid }) => uid)).toEqual(first.jobs.map(({ uid }) => uid));
      await service.start();
      expect(await context.untilEnded()).toMatchObject({ status: 'completed', cause: 'requested' });
    });

    it('is trained at once when its file is damaged', async () => {
      context = await createTrainingContext(engine, { promotionGate: 'parity' });
      await storeUpTo(START_MS);
      const healthy = context.service();
      await healthy.start();
      await trainOnce(healthy);
      await healthy.stop();
      const service = context.service({ findArtefactFault: () => 'model.onnx has another sha256' });
      expect(await service.planDue()).toMatchObject([{ status: 'due', cause: 'damaged' }]);
    });
  });
});
