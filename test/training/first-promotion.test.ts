import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

describe.skipIf(!HAS_PYTHON)('from candles to a promoted model (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    it('trains, judges and promotes on a series with momentum', async () => {
      context = await createTrainingContext(engine);
      const { stores, options, log } = context;
      await context.store(
        plantedCandles({ bars: 1700, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 }),
      );
      const promoted: ModelRecord[] = [];
      const service = context.service({
        events: { onPromoted: (record) => promoted.push(record) },
      });
      await service.start();
      const [verdict] = await service.planDue();
      expect(verdict).toMatchObject({ status: 'due', cause: 'untrained' });

      const job = await context.untilEnded();
      await service.stop();
      expect(job).toMatchObject({ status: 'completed', progressPct: 100, errorCode: undefined });
      const record = await stores.models.findServing(KEY);
      expect(record).toMatchObject({ uid: job.modelUid, stage: 'serving', status: 'active' });
      expect(log.map(({ message }) => message)).toContain(
        '[TRAIN] Preparing features and labels...',
      );
      expect(promoted.map(({ uid }) => uid)).toEqual([record?.uid]);
      expect(record?.testScore?.skill.lower).toBeGreaterThan(0);
      const folder = path.join(options.modelsDir, record?.modelPath ?? 'none');
      expect(readdirSync(folder).sort()).toEqual([
        ...['judged.cbm', 'manifest.json', 'model.cbm', 'model.onnx'],
      ]);
      expect(readdirSync(options.workDir)).toEqual([]);
      expect(existsSync(folder)).toBe(true);
    });
  });
});
