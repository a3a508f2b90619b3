import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Experiment } from '../../src/domain/experiment.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { CATALOGUE } from '../../src/features/catalogue.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { DEFAULT_CATBOOST_PARAMS } from '../../src/training/options/bot-params.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from './files-below.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  START_MS,
  type TrainingContext,
} from './training-context.js';

const QUICK = { ...DEFAULT_CATBOOST_PARAMS, iterations: 40, learningRate: 0.1 };
const BLIND = CATALOGUE.filter(({ group }) => group === 'calendar').map(({ name }) => name);

describe.skipIf(!HAS_PYTHON)('a shadow model (needs npm run setup)', () => {
  forEachEngine((engine) => {
    const isSqlite = engine.name === 'sqlite';
    let context: TrainingContext;
    let service: TrainingService;
    let promoted: ModelRecord[];
    afterEach(() => context.close());

    const open = async (changes: Partial<TrainingOptions> = {}): Promise<void> => {
      context = await createTrainingContext(engine, {
        pooling: 'off',
        catboost: QUICK,
        ...changes,
      });
      const planted = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
      await context.store(plantedCandles(planted));
      promoted = [];
      service = start();
      await service.start();
    };
    const start = (changes: Parameters<TrainingContext['service']>[0] = {}): TrainingService =>
      context.service({
        events: { onPromoted: (record) => void promoted.push(record) },
        ...changes,
      });
    /** A daemon in place of the one that runs, whose fits wait until they are let. */
    const restartHolding = async (): Promise<HoldingTrainer> => {
      await service.stop();
      const held = new HoldingTrainer();
      service = start({ runUid: 'run-2', createTrainer: () => held });
      await service.start();
      return held;
    };
    const variant = (name: string, changes: Partial<TrainingOptions> = {}) => ({
      ...{ name, settings: {} },
      options: { ...context.options, ...changes },
    });
    /** Its jobs are of no interest. */
    const anExperiment = async (): Promise<Experiment> => {
      await service.queue.pause();
      const made = await service.experiments.create({
        ...{ name: 'test', bot: 'catboost', seeds: 1 },
        series: [{ symbol: KEY.symbol, timeframe: '1h' }],
        variants: [
          variant('as it is'),
          variant('blind', { candidateFeatures: BLIND }),
          variant('far', { labelHorizonBars: 8 }),
        ],
      });
      await service.experiments.cancel(made);
      await service.queue.resume();
      return made;
    };
    const create = async (experiment: Experiment, name: string): Promise<string> => {
      const made = await service.shadows.create({ key: KEY, experiment, variant: name });
      if (made.status !== 'done') throw new Error(made.reason);
      return made.shadow.uid;
    };
    const untilAnswering = async (uid: string) =>
      until(async () => {
        const { shadow } = assertDefined(await service.shadows.find(uid), 'the shadow');
        return shadow.status === 'training' ? undefined : shadow;
      });

    it('is trained, answers without serving, and serves when it is promoted', async () => {
      await open();
      const experiment = await anExperiment();
      const uid = await create(experiment, 'as it is');
      const shadow = await untilAnswering(uid);
      expect(shadow).toMatchObject({ status: 'answering', reason: undefined, variant: 'as it is' });
      const { stores, options } = context;
      expect(await stores.models.latest(KEY)).toBeUndefined();
      expect(await stores.shadows.listAnswering(KEY)).toMatchObject([{ uid }]);
      const folder = path.join(options.modelsDir, shadow.modelPath ?? '');
      expect(existsSync(path.join(folder, 'model.onnx'))).toBe(true);
      expect(await stores.models.listPaths()).toEqual([shadow.modelPath]);
      expect(filesBelow(options.workDir)).toEqual([]);

      // A daemon that starts again leaves its files alone.
      await service.stop();
      service = start({ runUid: 'run-2' });
      await service.start();
      expect(existsSync(path.join(folder, 'model.onnx'))).toBe(true);

      const answer = await service.shadows.promote(uid);
      expect(answer).toMatchObject({ status: 'done', record: { stage: 'serving' } });
      expect(promoted).toMatchObject([{ uid: shadow.record?.uid }]);
      expect(await stores.models.findServing(KEY)).toMatchObject({
        ...{ uid: shadow.record?.uid, modelPath: shadow.modelPath, status: 'active' },
      });
      expect((await service.shadows.find(uid))?.shadow).toMatchObject({ status: 'promoted' });
      expect(await service.shadows.promote(uid)).toMatchObject({ status: 'refused' });
      expect(await service.shadows.remove(uid)).toMatchObject({ status: 'refused' });
      expect(existsSync(path.join(folder, 'model.onnx'))).toBe(true);
    });

    it('that the gate refuses answers all the same, may not serve, and is removed', async () => {
      await open();
      const uid = await create(await anExperiment(), 'blind');
      const shadow = await untilAnswering(uid);
      expect(shadow).toMatchObject({ status: 'answering' });
      // What it was trained on follows no calendar; where the gate is mistaken the next lines say nothing.
      const { stores, options } = context;
      const refused = {
        ...assertDefined(shadow.record, 'its record'),
        verdict: { gate: 'baseline', isPromoted: false, reason: 'worse than the prior' },
      } as const;
      await stores.shadows.change(uid, ['answering'], { record: refused });
      expect(await service.shadows.promote(uid)).toEqual({
        ...{ status: 'refused', reason: 'the gate refused it: worse than the prior' },
      });
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      expect(promoted).toEqual([]);

      expect(await service.shadows.remove(uid)).toMatchObject({ status: 'done' });
      expect(filesBelow(options.modelsDir)).toEqual([]);
      expect(await stores.models.listPaths()).toEqual([]);
      expect(await stores.shadows.listAnswering(KEY)).toEqual([]);
    });

    it.runIf(isSqlite)(
      'is not promoted over a pin, by another gate, or when it is old',
      async () => {
        await open();
        const experiment = await anExperiment();
        await service.sessions.request({ keys: [KEY], kind: 'manual' });
        await context.untilEnded();
        const { stores, clock } = context;
        const serving = assertDefined(await stores.models.findServing(KEY), 'a serving model');
        const uid = await create(experiment, 'as it is');
        await untilAnswering(uid);
        await stores.pins.set(KEY, serving.uid, clock.marketMs());
        const pinned = await service.shadows.promote(uid);
        expect(pinned).toMatchObject({ status: 'refused' });
        expect(pinned.status === 'refused' && pinned.reason).toContain(
          `pinned: model ${serving.uid}`,
        );
        const strict = start({ options: { ...context.options, promotionGate: 'strict' } });
        const judged = await strict.shadows.promote(uid);
        expect(judged.status === 'refused' && judged.reason).toContain(
          'PROMOTION_GATE is "strict" now',
        );
        const { record } = assertDefined(await stores.shadows.find(uid), 'the shadow');
        const aged = {
          ...assertDefined(record, 'its record'),
          trainedAt: START_MS - 169 * HOUR_MS,
        };
        await stores.shadows.change(uid, ['answering'], { record: aged });
        const old = await service.shadows.promote(uid);
        expect(old.status === 'refused' && old.reason).toContain('at most 168 are trusted');
        expect((await stores.models.findServing(KEY))?.uid).toBe(serving.uid);
      },
    );

    it.runIf(isSqlite)(
      'is refused where it could not be compared, or is there already',
      async () => {
        await open();
        const experiment = await anExperiment();
        const asked = (name: string, bot = 'catboost') =>
          service.shadows.create({ key: { ...KEY, bot }, experiment, variant: name });
        const reasonOf = async (answer: ReturnType<typeof asked>): Promise<string> => {
          const made = await answer;
          return made.status === 'done' ? 'made' : made.reason;
        };
        expect(await reasonOf(asked('far'))).toContain('another LABEL_HORIZON_BARS');
        expect(await reasonOf(asked('wide'))).toContain('it has as it is, blind, far');
        expect(await reasonOf(asked('blind', 'catboost_regressor'))).toContain('is about catboost');
        await service.queue.pause();
        expect(await reasonOf(asked('blind'))).toBe('made');
        expect(await reasonOf(asked('blind'))).toContain('is that variant already, and training');
      },
    );

    it.runIf(isSqlite)(
      'whose training failed is trained again by a retry, and answers; one that was removed is not',
      async () => {
        await open();
        const experiment = await anExperiment();
        const held = await restartHolding();
        const uids = [await create(experiment, 'as it is'), await create(experiment, 'blind')];
        for (const [index, uid] of uids.entries()) {
          await until(() => held.begun.length === index + 1);
          held.let();
          expect(await untilAnswering(uid)).toMatchObject({ status: 'failed' });
        }
        await service.stop();
        service = start({ runUid: 'run-3' });
        await service.start();
        const [kept = '', removed = ''] = uids;
        await service.shadows.remove(removed);
        const sessionOf = async (uid: string): Promise<string> => {
          const shadow = assertDefined(await context.stores.shadows.find(uid), 'the shadow');
          return assertDefined(await context.stores.jobs.latest(shadow), 'its job').sessionUid;
        };
        await expect(service.sessions.retryFailed(await sessionOf(removed))).rejects.toThrow(
          'trained or removed since',
        );
        await service.sessions.retryFailed(await sessionOf(kept));
        expect(await untilAnswering(kept)).toMatchObject({ status: 'answering' });
      },
    );

    it.runIf(isSqlite)(
      'whose training is ended has failed, and one that is removed is not trained',
      async () => {
        await open();
        const experiment = await anExperiment();
        const held = await restartHolding();
        const removed = await create(experiment, 'as it is');
        await until(() => held.begun.length === 1);
        expect(await service.shadows.remove(removed)).toMatchObject({ status: 'done' });
        const failed = await create(experiment, 'blind');
        await until(() => held.begun.length === 2);
        await service.queue.forceStop();
        expect(await untilAnswering(failed)).toMatchObject({
          ...{ status: 'failed', reason: 'the queue was stopped by force' },
        });
        expect((await service.shadows.find(removed))?.shadow).toMatchObject({ status: 'removed' });
      },
    );
  });
});
