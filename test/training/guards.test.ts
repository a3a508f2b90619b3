import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import { createBench, KEY, LAST_OPEN_TIME, type Bench } from './training-bench.js';

describe.skipIf(!HAS_PYTHON)('guards before training (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let bench: Bench;
    afterEach(() => bench.close());

    const storeYoung = async (bars: number): Promise<void> => {
      const candles = plantedCandles({
        bars,
        lastOpenTime: LAST_OPEN_TIME,
        seed: 1,
        momentum: 0.8,
      });
      const seriesId = await bench.store(candles);
      await bench.stores.series.setBirth(seriesId, candles[0]?.openTime ?? 0);
    };

    const train = async (changes: Partial<TrainingOptions>): Promise<ModelRecord> => {
      bench = await createBench(engine, { promotionGate: 'parity', ...changes });
      await storeYoung(400);
      const service = bench.service();
      await service.start();
      await service.planDue();
      const job = await bench.untilEnded();
      await service.stop();
      expect(job).toMatchObject({ status: 'completed' });
      return bench.stores.models.get(job.modelUid ?? '');
    };

    it('399 stored candles do not train, and no cooldown begins', async () => {
      bench = await createBench(engine);
      await storeYoung(399);
      const service = bench.service();
      await service.start();
      expect(await service.planDue()).toMatchObject([
        { obstacle: 'history', reason: 'waiting for history: 399 of 400 usable candles' },
      ]);
      expect(await bench.stores.jobs.latest(KEY)).toBeUndefined();
      expect(await bench.stores.cooldowns.find(KEY)).toBeUndefined();
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

    it('a job that was asked for without enough candles is cancelled with the reason', async () => {
      bench = await createBench(engine);
      await storeYoung(300);
      const service = bench.service();
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      await service.start();
      expect(await bench.untilEnded()).toMatchObject({
        status: 'cancelled',
        errorCode: 'waiting_for_history',
        errorMessage: '300 of 400 usable candles',
      });
      expect(await bench.stores.cooldowns.find(KEY)).toBeUndefined();
    });
  });
});
