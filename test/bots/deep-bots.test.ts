import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { Predictor } from '../../src/models/predictor.js';
import type { Predicted } from '../../src/models/predictor-protocol.js';
import { openServingModel } from '../../src/models/serving-model.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { openReader } from '../../src/storage/reader/open-reader.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { hasTorch } from '../trainer/real-trainer.js';
import { plantedCandles } from '../training/planted-candles.js';
import { recordingLogger } from '../training/recording-logger.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  START_MS,
  type TrainingContext,
} from '../training/training-context.js';

const CANDLES = plantedCandles({
  bars: 3_000,
  lastOpenTime: LAST_OPEN_TIME + 100 * HOUR_MS,
  seed: 4,
  momentum: 0.85,
});
const DEEP = { epochs: 50, incrementalEpochs: 2, device: 'cpu' } as const;
const OPTIONS: Partial<TrainingOptions> = {
  historyDays: 90,
  deep: DEEP,
  promotionGate: 'baseline',
};

describe.skipIf(!hasTorch()).each(['lstm', 'transformer'])(
  '%s from training to predictions (needs npm run setup -- --with torch)',
  (bot) => {
    const key: ModelKey = { ...KEY, bot };
    let context: TrainingContext;
    let service: TrainingService;
    let record: ModelRecord;

    const storeUpTo = (marketMs: number) =>
      context.store(CANDLES.filter(({ openTime }) => openTime + HOUR_MS <= marketMs));

    const train = async (kind: 'full' | 'incremental'): Promise<ModelRecord> => {
      await service.sessions.request({ keys: [key], kind });
      const job = await context.untilEnded(key);
      expect(job).toMatchObject({ status: 'completed', errorMessage: undefined, mode: kind });
      return context.stores.models.get(job.modelUid ?? '');
    };

    beforeAll(async () => {
      context = await createTrainingContext(undefined, { ...OPTIONS, bots: [bot] });
      await storeUpTo(START_MS);
      service = context.service();
      await service.start();
      record = await train('full');
    }, 600_000);

    afterAll(() => context.close());

    it('passes the gate on a market with a pattern, as a classifier does', () => {
      expect(record.stage).toBe('serving');
      expect(record.verdict?.reason).toMatch(/^not worse than the prior: skill \+/);
      const { skill, directionSkill, directionalAuc } = assertDefined(record.testScore, 'score');
      expect(skill.lower).toBeGreaterThan(0);
      expect(directionSkill.lower).toBeGreaterThan(0);
      expect(directionalAuc).toBeGreaterThan(0.6);
    });

    it('keeps epochs, losses, errors of the return and the device', async () => {
      expect(record.epochs).toBeGreaterThanOrEqual(1);
      expect(record.epochs).toBeLessThanOrEqual(DEEP.epochs);
      expect(record.trainingLoss).toBeLessThan(Math.log(3));
      expect(record.validationLoss).toBeLessThan(Math.log(3));
      const { regression } = assertDefined(record.testScore, 'score');
      const { rmse, mae, persistenceRmse } = assertDefined(regression, 'errors of the return');
      expect(mae).toBeLessThan(rmse);
      expect(rmse).toBeLessThan(persistenceRmse);
      expect(record.config).toMatchObject({ windowRows: 48, device: 'cpu' });
      const [evidence] = await context.stores.evidence.listByJob(record.jobUid);
      expect(evidence).toMatchObject({ modelName: bot, device: 'cpu' });
      expect(evidence?.modelVersion).toMatch(/^2\.13\./);
    });

    it('makes the same file of the same candles', async () => {
      expect(await fitShortly()).toBe(await fitShortly());
    }, 600_000);

    it('answers a candle the same after a restart, bit for bit', async () => {
      const first = await predict();
      const second = await predict();
      expect(second.map(({ probabilities }) => probabilities)).toEqual(
        first.map(({ probabilities }) => probabilities),
      );
      expect(second.map(({ expectedReturn }) => expectedReturn)).toEqual(
        first.map(({ expectedReturn }) => expectedReturn),
      );
      expect(new Set(first.map(({ expectedReturn }) => expectedReturn)).size).toBe(first.length);
    });

    it('is continued from its own weights, judged against itself', async () => {
      await context.clock.jump(60 * HOUR_MS);
      await storeUpTo(context.clock.marketMs());
      const child = await train('incremental');
      const { rows = 0 } = child.testScore ?? {};
      expect(rows).toBeGreaterThan(20);
      expect(child).toMatchObject({
        parentUid: record.uid,
        epochs: DEEP.incrementalEpochs,
        features: record.features,
        thresholds: record.thresholds,
        validationLoss: undefined,
      });
      expect(child.config).toMatchObject({ mode: 'incremental', increments: 1 });
      expect(child.config['parent']).toMatchObject({ modelUid: record.uid });
    }, 600_000);

    /** Hash of the file of a fit of few epochs, by a service of its own. */
    async function fitShortly(): Promise<string> {
      const other = await createTrainingContext(undefined, {
        ...OPTIONS,
        bots: [bot],
        deep: { ...DEEP, epochs: 4 },
        promotionGate: 'parity',
      });
      try {
        await other.store(CANDLES.filter(({ openTime }) => openTime <= LAST_OPEN_TIME));
        const own = other.service();
        await own.start();
        await own.sessions.request({ keys: [key], kind: 'full' });
        const { modelUid = '' } = await other.untilEnded(key);
        return await hashOf(other, await other.stores.models.get(modelUid));
      } finally {
        await other.close();
      }
    }

    /** Of the newest twenty candles, by a worker of its own. */
    async function predict(): Promise<readonly Predicted[]> {
      const logger = recordingLogger([]);
      const reader = await openReader(context.location);
      const predictor = new Predictor({ clock: context.clock, logger });
      try {
        predictor.start();
        const { modelsDir } = context.options;
        const model = await openServingModel({ record, modelsDir, maxFileBytes: 20_000_000 });
        const series = assertDefined(await context.stores.series.find(key), 'series');
        const range = {
          fromOpenTime: LAST_OPEN_TIME - 900 * HOUR_MS,
          toOpenTime: LAST_OPEN_TIME,
        };
        const columns = await loadColumns(reader, series.id, range);
        const answers: Predicted[] = [];
        for (let back = 0; back < 20; back++) {
          const candleOpenTime = LAST_OPEN_TIME - back * HOUR_MS;
          const request = { model, series: columns, reference: undefined, candleOpenTime };
          const answer = await predictor.predict(request);
          if (answer.status === 'predicted') answers.push(answer);
        }
        expect(answers.length).toBeGreaterThan(10);
        return answers;
      } finally {
        await predictor.stop();
        await reader.close();
      }
    }
  },
);

async function hashOf({ options }: TrainingContext, record: ModelRecord): Promise<string> {
  const folder = path.join(options.modelsDir, assertDefined(record.modelPath, 'folder'));
  expect((await readdir(folder)).toSorted()).toEqual([
    'judged.npz',
    'manifest.json',
    'model.npz',
    'model.onnx',
  ]);
  const bytes = await readFile(path.join(folder, 'model.onnx'));
  return createHash('sha256').update(bytes).digest('hex');
}
