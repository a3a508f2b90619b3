import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

describe.skipIf(!HAS_PYTHON)('a pinned model (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    it('is not replaced by one that passes the gate, and the verdict says so', async () => {
      context = await createTrainingContext(engine, { promotionGate: 'parity' });
      const { stores, options, clock } = context;
      await context.store(
        plantedCandles({ bars: 1100, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 }),
      );
      const service = context.service();
      await service.start();
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      await context.untilEnded();
      const first = await stores.models.findServing(KEY);
      await stores.pins.set(KEY, first?.uid, clock.marketMs());

      // A day later it is stale, and would be trained again each time that nothing can come of it.
      await clock.jump(25 * HOUR_MS);
      const [verdict] = await service.planDue();
      expect(verdict).toMatchObject({ cause: 'stale', obstacle: 'pinned' });
      const { jobs } = await service.sessions.request({ keys: [KEY], kind: 'manual' });
      const ended = await context.untilEnded();
      await service.stop();
      expect(ended).toMatchObject({ uid: jobs[0]?.uid, status: 'completed' });
      expect(await stores.models.findServing(KEY)).toMatchObject({ uid: first?.uid });
      const refused = await stores.models.get(ended.modelUid ?? 'none');
      expect(refused).toMatchObject({ stage: 'rejected', modelPath: undefined });
      expect(refused.verdict?.reason).toMatch(
        /^pinned: model \w+ stays .* technical checks passed/,
      );
      // Only the folder of the one that serves is left, and training waits as after a rejection.
      expect(
        readdirSync(path.join(options.modelsDir, 'test', 'BTC_USDT', '1h', 'catboost')),
      ).toHaveLength(1);
      expect(await stores.cooldowns.find(KEY)).toMatchObject({ kind: 'rejection' });
    });
  });
});
