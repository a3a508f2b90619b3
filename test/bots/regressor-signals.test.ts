import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { Predictor } from '../../src/models/predictor.js';
import { ServingModels } from '../../src/models/serving-models.js';
import { RecentBars } from '../../src/signals/recent-bars.js';
import { SignalMaker } from '../../src/signals/signal-maker.js';
import { PredictionWarnings } from '../../src/signals/prediction-warnings.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { openReader } from '../../src/storage/reader/open-reader.js';
import type { Reader } from '../../src/storage/connection/connections.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from '../training/planted-candles.js';
import { recordingLogger } from '../training/recording-logger.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from '../training/training-context.js';

const REGRESSOR: ModelKey = { ...KEY, bot: 'catboost_regressor' };
const COST = Math.log1p(0.002);

describe.skipIf(!HAS_PYTHON)(
  'a model of returns from training to signals (needs npm run setup)',
  () => {
    let context: TrainingContext;
    let record: ModelRecord;
    let reader: Reader;
    let predictor: Predictor;

    beforeAll(async () => {
      context = await createTrainingContext(undefined, {
        bots: ['catboost_regressor'],
        historyDays: 60,
      });
      const candles = { bars: 2_200, lastOpenTime: LAST_OPEN_TIME, seed: 4, momentum: 0.7 };
      await context.store(plantedCandles(candles));
      const service = context.service();
      await service.start();
      await service.planDue();
      await context.untilEnded(REGRESSOR);
      await service.stop();
      const newest = assertDefined(await context.stores.models.latest(REGRESSOR), 'record');
      expect(newest.verdict?.reason).toMatch(/^not worse/);
      record = newest;
      reader = await openReader(context.location);
      predictor = new Predictor({ clock: context.clock, logger: recordingLogger([]) });
      predictor.start();
    }, 240_000);

    afterAll(async () => {
      await predictor.stop();
      await reader.close();
      await context.close();
    });

    it('is judged against persistence, and its errors are kept with the record', () => {
      const score = assertDefined(record.testScore, 'score');
      const { rmse, mae, r2, persistenceRmse } = assertDefined(score.regression, 'regression');
      expect(mae).toBeLessThan(rmse);
      expect(rmse).toBeLessThan(persistenceRmse);
      expect(r2).toBeGreaterThan(0);
      // The skill is the share by which the squared error is smaller.
      expect(score.skill.estimate).toBeCloseTo(1 - (rmse / persistenceRmse) ** 2, 10);
      expect(record.verdict?.reason).toMatch(/^not worse than persistence: RMSE/);
      expect(record.trainingLoss).toBeGreaterThan(0);
      expect(record.classWeights).toBeUndefined();
    });

    it('has classes by the cost of a round trip, not by terciles', () => {
      expect(record.thresholds).toEqual({ sell: -COST, buy: COST });
    });

    it('signals where the expected return pays for the round trip, with a confidence that follows from its errors', async () => {
      const { stores, clock } = context;
      const logger = recordingLogger([]);
      const maker = new SignalMaker({
        stores,
        bars: new RecentBars({
          series: stores.series,
          loadColumns: (seriesId, range) => loadColumns(reader, seriesId, range),
        }),
        servingModels: new ServingModels({
          ...{ models: stores.models, cooldowns: stores.cooldowns, clock, logger },
          ...{
            modelsDir: context.options.modelsDir,
            ageLimits: { modelStaleHours: 24, modelMaxAgeHours: 168 },
            maxFileBytes: 20_000_000,
          },
        }),
        predictor,
        warnings: new PredictionWarnings(logger),
        clock,
      });
      const seen = new Set<string>();
      for (let back = 0; back < 60; back++) {
        const candleOpenTime = LAST_OPEN_TIME - back * 3_600_000;
        const made = await maker.makeSignal({ key: REGRESSOR, candleOpenTime, cause: 'closed' });
        const { signal } = made;
        if (signal.source === 'fallback') continue;
        const { expectedMove, prediction, probabilities, confidence } = signal;
        const due = expectedMove >= COST ? 'BUY' : expectedMove <= -COST ? 'SELL' : 'HOLD';
        expect(prediction).toBe(due);
        expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
        expect(confidence).toBe(100 * probabilities[['SELL', 'HOLD', 'BUY'].indexOf(due) as 0]);
        if (due !== 'HOLD') expect(confidence).toBeGreaterThanOrEqual(50);
        seen.add(due);
      }
      expect([...seen]).toEqual(expect.arrayContaining(['BUY', 'SELL']));
    });
  },
);
