import { afterEach, describe, expect, it } from 'vitest';
import { findChampion } from '../../src/training/evaluation/champion.js';
import type { Probabilities } from '../../src/domain/signal.js';
import { forEachEngine } from '../database.js';
import { aPrediction } from '../storage/rows.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

const NEW_BARS = 120;

describe.skipIf(!HAS_PYTHON)('a champion (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    /** Trains a model, lets it say the same of every candle of five days, and trains another. */
    async function challenge(said: Probabilities, championMinRows: number) {
      const gate = { promotionGate: 'baseline+champion', championMinRows } as const;
      context = await createTrainingContext(engine, { ...gate, modelMaxAgeHours: 168 });
      const { stores, clock } = context;
      const all = plantedCandles({
        ...{ bars: 1700 + NEW_BARS, lastOpenTime: LAST_OPEN_TIME + NEW_BARS * HOUR_MS },
        ...{ seed: 1, momentum: 0.8 },
      });
      await context.store(all.slice(0, 1700));
      const service = context.service();
      await service.start();
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      await context.untilEnded();
      const champion = await stores.models.findServing(KEY);
      await context.store(all.slice(1700));
      await clock.jump(NEW_BARS * HOUR_MS);
      for (const { openTime: candleOpenTime } of all.slice(1690)) {
        const modelUid = champion?.uid ?? 'none';
        await stores.predictions.insert(
          aPrediction({ ...KEY, modelUid, candleOpenTime, probabilities: said }),
        );
      }
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      const job = await context.untilEnded();
      await service.stop();
      const challenger = await stores.models.get(job.modelUid ?? 'none');
      return { champion, challenger, stores, clock };
    }

    it('that knew nothing is replaced, and the record gives the deciding comparison', async () => {
      const { champion, challenger } = await challenge([0.05, 0.9, 0.05], 100);
      expect(challenger.stage).toBe('serving');
      expect(challenger.verdict?.reason).toContain(`not worse than champion ${champion?.uid}`);
      expect(challenger.config).toMatchObject({ champion: { modelUid: champion?.uid } });
    });

    it('does not decide with too few common candles, nor once it has expired', async () => {
      const { champion, challenger, stores, clock } = await challenge(
        [1 / 3, 1 / 3, 1 / 3],
        10_000,
      );
      expect(challenger.stage).toBe('serving');
      expect(challenger.verdict?.reason).toMatch(
        new RegExp(
          `champion ${champion?.uid}: \\d+ common candles, 10000 are needed, baseline alone`,
        ),
      );
      const limits = { labelHorizonBars: 4, modelMaxAgeHours: 168, marketMs: clock.marketMs() };
      expect(await findChampion(stores, KEY, limits)).toMatchObject({ modelUid: challenger.uid });
      const later = { ...limits, marketMs: clock.marketMs() + 169 * HOUR_MS };
      expect(await findChampion(stores, KEY, later)).toBeUndefined();
      expect(await findChampion(stores, KEY, { ...limits, labelHorizonBars: 6 })).toBeUndefined();
    });
  });
});
