import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

describe.skipIf(!HAS_PYTHON)('guards before training (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const storeYoung = async (bars: number): Promise<void> => {
      const candles = plantedCandles({
        bars,
        lastOpenTime: LAST_OPEN_TIME,
        seed: 1,
        momentum: 0.8,
      });
      const seriesId = await context.store(candles);
      await context.stores.series.setFirstBarAt(seriesId, candles[0]?.openTime ?? 0);
    };

    const train = async (changes: Partial<TrainingOptions>): Promise<ModelRecord> => {
      context = await createTrainingContext(engine, { promotionGate: 'parity', ...changes });
      await storeYoung(400);
      const service = context.service();
      await service.start();
      await service.planDue();
      const job = await context.untilEnded();
      await service.stop();
      expect(job).toMatchObject({ status: 'completed' });
      return context.stores.models.get(job.modelUid ?? '');
    };

    it('399 stored candles do not train, and no cooldown begins', async () => {
      context = await createTrainingContext(engine);
      await storeYoung(399);
      const service = context.service();
      await service.start();
      expect(await service.planDue()).toMatchObject([
        { obstacle: 'history', reason: 'waiting for history: 399 of 400 usable candles' },
      ]);
      expect(await context.stores.jobs.latest(KEY)).toBeUndefined();
      expect(await context.stores.cooldowns.find(KEY)).toBeUndefined();
      expect(await service.status(KEY)).toMatchObject({ isCooldownActive: false });
    });

    it('400 do, on all features that so short a history has', async () => {
      const record = await train({ candidateFeatures: undefined });
      expect(record.dataPointsUsed).toBeGreaterThan(300);
      expect(record.features.length).toBeLessThanOrEqual(120);
      expect(record.sanitization?.dropped.length).toBeGreaterThan(0);
      expect(record.config['selectedBy']).toBe('rfe');
    });

    it('elimination is skipped where the training split has fewer rows than the guard', async () => {
      const limits = { minRfeSamples: 1000, maxBaselineFeatures: 10 };
      const record = await train(limits);
      expect(record.config['selectedBy']).toBe('importance');
      expect(record.features).toHaveLength(10);
    });

    it('a requested job without enough candles is cancelled with the reason', async () => {
      context = await createTrainingContext(engine);
      await storeYoung(300);
      const service = context.service();
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      await service.start();
      expect(await context.untilEnded()).toMatchObject({
        status: 'cancelled',
        errorCode: 'waiting_for_history',
        errorMessage: '300 of 400 usable candles',
      });
      expect(await context.stores.cooldowns.find(KEY)).toBeUndefined();
    });
  });
});
