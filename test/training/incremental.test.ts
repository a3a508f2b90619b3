import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { DEFAULT_INCREMENT } from '../../src/training/options/training-options.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
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
  bars: 2200,
  lastOpenTime: LAST_OPEN_TIME + 400 * HOUR_MS,
  seed: 1,
  momentum: 0.8,
});
const INCREMENT = { ...DEFAULT_INCREMENT, windowBars: 600, iterations: 8 };
const HORIZON_BARS = 4;
const OPTIONS: Partial<TrainingOptions> = { increment: INCREMENT, promotionGate: 'parity' };

it('is continued with the defaults of the settings where no options are given', () => {
  const { settings } = readSettings({});
  expect(DEFAULT_INCREMENT).toEqual({
    windowBars: settings.incrementalWindowBars,
    iterations: settings.incrementalIterations,
    minNewBars: settings.incrementalMinNewBars,
    maxIncrements: settings.incrementalMaxIncrements,
    maxTrees: settings.incrementalMaxTrees,
  });
});

describe.skipIf(!HAS_PYTHON)('a serving model that is continued (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const open = async (changes: Partial<TrainingOptions> = {}): Promise<TrainingService> => {
      context = await createTrainingContext(engine, { ...OPTIONS, ...changes });
      await storeUpTo(START_MS);
      const service = context.service();
      await service.start();
      return service;
    };

    const storeUpTo = (marketMs: number) =>
      context.store(ALL.filter(({ openTime }) => openTime + HOUR_MS <= marketMs));

    const trainFully = async (service: TrainingService): Promise<ModelRecord> => {
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      const job = await context.untilEnded();
      expect(job).toMatchObject({ status: 'completed', mode: 'full' });
      return context.stores.models.get(job.modelUid ?? '');
    };

    const moveOn = async (hours: number): Promise<void> => {
      await context.clock.jump(hours * HOUR_MS);
      await storeUpTo(context.clock.marketMs());
    };

    const increment = async (service: TrainingService) => {
      await service.sessions.request({ keys: [KEY], kind: 'incremental' });
      return context.untilEnded();
    };

    it('has more trees, and its parent’s features, thresholds and classes, on the newest candles', async () => {
      const service = await open();
      const parent = await trainFully(service);
      await moveOn(6);
      const job = await increment(service);
      expect(job).toMatchObject({ status: 'completed', mode: 'incremental' });
      const child = await context.stores.models.get(job.modelUid ?? '');

      expect(child).toMatchObject({
        stage: 'serving',
        parentUid: parent.uid,
        features: parent.features,
        featureHash: parent.featureHash,
        thresholds: parent.thresholds,
        classMeanReturns: parent.classMeanReturns,
        selectedAt: parent.selectedAt,
        dataEnd: START_MS + 6 * HOUR_MS,
      });
      const treesOf = ({ config }: ModelRecord) => config['treeCount'];
      expect(treesOf(child)).toBe(Number(treesOf(parent)) + INCREMENT.iterations);
      expect(child.config).toMatchObject({ mode: 'incremental', increments: 1 });
      expect((await context.stores.models.get(parent.uid)).stage).toBe('superseded');
    });

    it('is refitted when a full fit is requested while its increment waits', async () => {
      context = await createTrainingContext(engine, OPTIONS);
      await storeUpTo(START_MS);
      const service = context.service();
      await service.sessions.request({ keys: [KEY], kind: 'incremental' });
      const { jobs } = await service.sessions.request({ keys: [KEY], kind: 'full' });
      expect(jobs).toMatchObject([{ mode: 'full' }]);
      await service.sessions.request({ keys: [KEY], kind: 'incremental' });
      expect(await context.stores.jobs.findOpen(KEY)).toMatchObject({ mode: 'full' });
    });

    // What the engines store differently is shown by now; fits take their time.
    if (engine.name !== 'sqlite') return;

    it('is judged on candles that neither its judged model nor its parent’s has seen', async () => {
      const service = await open();
      const parent = await trainFully(service);
      let last = parent;
      for (const hours of [6, 6, 50]) {
        await moveOn(hours);
        const job = await increment(service);
        const child = await context.stores.models.get(job.modelUid ?? '');
        const { judgedEnd, parent: compared } = child.config as {
          judgedEnd: number;
          parent: { modelUid: string; rows: number };
        };
        const rows = child.testScore?.rows ?? 0;
        const testFrom = (child.dataEnd ?? 0) - (rows + HORIZON_BARS) * HOUR_MS;
        // Purge and embargo: no label of what was fitted reaches into the first test row.
        expect(testFrom).toBeGreaterThanOrEqual(judgedEnd);
        expect(testFrom).toBeGreaterThanOrEqual(Number(last.config['judgedEnd']));
        expect(compared).toEqual(
          expect.objectContaining({ modelUid: last.uid, rows: child.testScore?.rows }),
        );
        last = child;
      }
      expect(last.config['increments']).toBe(3);
    });

    it('is left alone, with the reason, where there is nothing new or nothing to continue', async () => {
      const service = await open();
      expect(await increment(service)).toMatchObject({
        ...{ status: 'cancelled', errorCode: 'skipped', errorMessage: 'no model serves' },
      });
      await trainFully(service);
      await moveOn(2);
      expect(await increment(service)).toMatchObject({
        status: 'cancelled',
        errorMessage: "2 new candles since its model's data, 4 are needed",
      });
    });

    it('is refitted once it has been continued as often as allowed', async () => {
      const service = await open({ increment: { ...INCREMENT, maxIncrements: 1 } });
      const parent = await trainFully(service);
      await moveOn(6);
      await increment(service);
      await moveOn(6);
      const job = await increment(service);
      const renewed = await context.stores.models.get(job.modelUid ?? '');
      expect(renewed.parentUid).toBeUndefined();
      expect(renewed.config).toMatchObject({ mode: 'full', increments: 0 });
      expect(parent.uid).not.toBe(renewed.uid);
    });

    it('is not continued from a damaged file, and serves on', async () => {
      const service = await open();
      const parent = await trainFully(service);
      const file = path.join(context.options.modelsDir, parent.modelPath ?? '', 'judged.cbm');
      expect(existsSync(file)).toBe(true);
      await appendFile(file, 'x');
      await moveOn(6);
      const job = await increment(service);
      expect(job).toMatchObject({ status: 'cancelled', errorCode: 'skipped' });
      expect(job.errorMessage).toContain('judged.cbm');
      expect((await context.stores.models.findServing(KEY))?.uid).toBe(parent.uid);
    });

    it('is rejected when it is worse than its parent, which serves on without a cooldown', async () => {
      const service = await open({ promotionGate: 'baseline' });
      const parent = await trainFully(service);
      expect(parent.stage).toBe('serving');
      const before = await fingerprint(parent);
      // Six hundred candles of another market: its momentum has turned round.
      const turned = plantedCandles({
        ...{ bars: 900, lastOpenTime: LAST_OPEN_TIME + 600 * HOUR_MS, seed: 9, momentum: -0.8 },
      });
      await context.clock.jump(600 * HOUR_MS);
      await context.store(turned.filter(({ openTime }) => openTime > LAST_OPEN_TIME));
      const job = await increment(service);
      const child = await context.stores.models.get(job.modelUid ?? '');
      const isPromoted = child.verdict?.isPromoted;
      const { skillDifference, directionSkillDifference } = child.config['parent'] as {
        skillDifference: number;
        directionSkillDifference: number;
      };
      const isBetter = skillDifference >= 0 && directionSkillDifference >= 0;
      const score = child.testScore;
      const isKnowing =
        (score?.skill.estimate ?? 0) >= 0 && (score?.directionSkill.estimate ?? 0) >= 0;
      expect(isPromoted).toBe(isBetter && isKnowing);
      expect(isPromoted).toBe(false);
      expect((await context.stores.models.findServing(KEY))?.uid).toBe(parent.uid);
      expect(await fingerprint(parent)).toBe(before);
      expect(await context.stores.cooldowns.find(KEY)).toBeUndefined();
      // The log promises no wait that does not hold.
      const told = context.log.find(({ message }) => message.includes('Model rejected'))?.message;
      expect(told).toMatch(/the model serves on, and the next increment comes on schedule$/);
    });

    async function fingerprint({ modelPath = '' }: ModelRecord): Promise<string> {
      const file = path.join(context.options.modelsDir, modelPath, 'model.onnx');
      return createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
    }
  });
});
