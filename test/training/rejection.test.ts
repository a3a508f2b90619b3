import { afterEach, describe, expect, it } from 'vitest';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from './files-below.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

/** The first of the seeds whose random walk is told apart from one with something to learn. */
const HOPELESS = { bars: 1700, seed: 3, momentum: 0 };
const RETRY_MS = 600_000;

describe.skipIf(!HAS_PYTHON)('a model that the gate rejects (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const rejectOnce = async (): Promise<void> => {
      context = await createTrainingContext(engine, { promotionGate: 'strict' });
      await context.store(plantedCandles({ ...HOPELESS, lastOpenTime: LAST_OPEN_TIME }));
      const service = context.service();
      await service.start();
      await service.planDue();
      await context.untilEnded();
      await service.stop();
    };

    it('is recorded with its verdict and never serves; its files are gone', async () => {
      await rejectOnce();
      const { stores, options, log } = context;
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      const record = await stores.models.latest(KEY);
      expect(record).toMatchObject({ stage: 'rejected', status: 'archived', modelPath: undefined });
      expect(record?.verdict).toMatchObject({ gate: 'strict', isPromoted: false });
      expect(record?.verdict?.reason).toMatch(/skill [-+]\d/);
      expect(record?.testScore?.rows).toBeGreaterThan(100);
      expect(filesBelow(options.modelsDir)).toEqual([]);
      const told = log.find(({ message }) => message.includes('rejected: '))?.message;
      expect(told).toContain('next attempt in 600 s at the earliest and after 24 more candles');
      const [evidence] = await stores.evidence.listByJob(record?.jobUid ?? '');
      expect(evidence).toMatchObject({ modelUid: record?.uid, device: 'cpu', seed: 42 });
      expect(evidence?.dataHash).toMatch(/^[0-9a-f]{64}$/);
      expect(evidence?.libraryVersions).toHaveProperty('catboost');
    });

    it('starts a cooldown that a restart keeps, and waits for 24 new candles after it', async () => {
      await rejectOnce();
      const { clock } = context;
      const restarted = context.service({ runUid: 'run-2' });
      const [cooling] = await restarted.planDue();
      // The 24 candles after the newest one take longer than the pause.
      const until = LAST_OPEN_TIME + 25 * HOUR_MS;
      expect(cooling).toMatchObject({ obstacle: 'cooldown', nextRetryAt: until });
      expect(cooling?.reason).toContain('10 min 0 s left and 24 more candles are awaited');
      expect(await restarted.status(KEY)).toMatchObject({
        ...{ isTrained: false, isTraining: false, isCooldownActive: true, nextRetryAt: until },
        newest: { verdict: { isPromoted: false } },
      });

      await clock.advance(RETRY_MS);
      expect(await restarted.planDue()).toMatchObject([{ obstacle: 'cooldown' }]);
      const lastOpenTime = LAST_OPEN_TIME + 23 * HOUR_MS;
      await clock.advance(24 * HOUR_MS);
      await context.store(plantedCandles({ bars: 23, lastOpenTime, seed: 9, momentum: 0 }));
      expect(await restarted.planDue()).toMatchObject([{ obstacle: 'cooldown' }]);
      const newest = { lastOpenTime: LAST_OPEN_TIME + 24 * HOUR_MS, seed: 9, momentum: 0 };
      await context.store(plantedCandles({ bars: 1, ...newest }));
      expect(await restarted.planDue()).toMatchObject([{ status: 'due', cause: 'rejected' }]);
    });
  });
});
