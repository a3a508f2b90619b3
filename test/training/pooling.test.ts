import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { BaseModel } from '../../src/domain/base-model.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { SystemClock } from '../../src/lib/clock.js';
import { DEFAULT_INCREMENT } from '../../src/training/options/training-options.js';
import { failed } from '../../src/training/trainer-process/trainer-outcome.js';
import type { Trainer } from '../../src/training/trainer-process/trainer-pool.js';
import { forEachEngine } from '../database.js';
import { createTrainer, HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from './files-below.js';
import { until } from './holding-trainer.js';
import { storeMarkets } from './planted-markets.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  VENUE,
  type TrainingContext,
} from './training-context.js';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const KEYS: readonly ModelKey[] = SYMBOLS.map((symbol) => ({ ...KEY, symbol }));
const SHARED_KEY = { venue: VENUE, timeframe: '1h', bot: 'catboost' } as const;
const OPTIONS = { promotionGate: 'parity', symbols: SYMBOLS, referenceSymbol: KEY.symbol } as const;

describe.skipIf(!HAS_PYTHON)('prior and residual in a session (needs npm run setup)', () => {
  forEachEngine((engine) => {
    const isSqlite = engine.name === 'sqlite';
    let context: TrainingContext;
    afterEach(() => context.close());

    const open = async (
      changes: Parameters<typeof createTrainingContext>[1] = {},
    ): Promise<void> => {
      context = await createTrainingContext(engine, { ...OPTIONS, ...changes });
      await storeMarkets(context, SYMBOLS);
    };

    const moveOn = async (hours: number): Promise<void> => {
      await context.clock.advance(hours * HOUR_MS);
      await storeMarkets(context, SYMBOLS, { lastOpenTime: LAST_OPEN_TIME + hours * HOUR_MS });
    };

    const untilTrained = (keys = KEYS): Promise<readonly ModelRecord[]> =>
      Promise.all(
        keys.map(async (key) => {
          const job = await context.untilEnded(key);
          expect(job).toMatchObject({ status: 'completed' });
          return context.stores.models.get(job.modelUid ?? '');
        }),
      );

    const untilTrainedWhile = async (
      work: () => Promise<void>,
    ): Promise<readonly ModelRecord[]> => {
      const end = new AbortController();
      const trained = untilTrained().finally(() => end.abort());
      const clock = new SystemClock();
      while (!end.signal.aborted) {
        await work();
        await clock.sleep(20, end.signal).catch(() => undefined);
      }
      return trained;
    };

    const runningJobs = async (): Promise<number> =>
      (await context.stores.jobs.list({ status: 'running' }, { limit: 1, offset: 0 })).total;

    const baseModelsOf = (status: BaseModel['status']) =>
      context.stores.baseModels.list(SHARED_KEY, { status, limit: 9 });

    it('fits one base model, on which each instrument, the reference too, is a residual', async () => {
      await open();
      const service = context.service();
      await service.start();
      await service.sessions.request({ keys: KEYS, kind: 'full' });
      const records = await untilTrained();
      const [baseModel, ...others] = await baseModelsOf('ready');
      expect(others).toEqual([]);
      expect(baseModel).toMatchObject({ status: 'ready', members: SYMBOLS, attempt: 1 });
      for (const record of records) {
        expect(record).toMatchObject({ parentUid: baseModel?.uid, features: baseModel?.features });
        expect(record.config['pooling']).toMatchObject({ status: 'residual', instruments: 3 });
        expect(record.stage).toBe('serving');
        // Planted momentum is there to be found.
        expect(record.testScore?.directionSkill.estimate).toBeGreaterThan(0.02);
      }
      expect(baseModel?.cutAt).toBeLessThan(assertDefined(records[0]?.dataEnd, 'dataEnd'));
      expect(filesBelow(context.options.workDir)).toEqual([]);

      // A single key of a later session uses it again, features and all.
      await context.clock.advance(2 * HOUR_MS);
      await service.sessions.request({ keys: KEYS.slice(1, 2), kind: 'manual' });
      const [again] = await untilTrained(KEYS.slice(1, 2));
      expect(again?.uid).not.toBe(records[1]?.uid);
      expect(again?.parentUid).toBe(baseModel?.uid);
    });

    it.runIf(isSqlite)('is the baseline of the increments too: they continue the sum', async () => {
      await open({ increment: { ...DEFAULT_INCREMENT, windowBars: 600 } });
      const service = context.service();
      await service.start();
      await service.sessions.request({ keys: KEYS, kind: 'full' });
      const parents = await untilTrained();
      await moveOn(6);
      await service.sessions.request({ keys: KEYS, kind: 'incremental' });
      const children = await untilTrained();

      const [baseModel, ...others] = await baseModelsOf('ready');
      expect(others).toEqual([]);
      const treesOf = ({ config }: Pick<ModelRecord, 'config'>) => Number(config['treeCount']);
      for (const [at, parent] of parents.entries()) {
        const child = assertDefined(children[at], 'child');
        expect(treesOf(parent)).toBeGreaterThan(treesOf(assertDefined(baseModel, 'base model')));
        expect(treesOf(child)).toBe(treesOf(parent) + DEFAULT_INCREMENT.iterations);
        expect(child).toMatchObject({ stage: 'serving', parentUid: parent.uid });
        const sizeMb = (record: ModelRecord) => assertDefined(record.modelSizeMb, 'size');
        expect(sizeMb(child)).toBeGreaterThan(sizeMb(parent));
        expect(child.testScore?.directionSkill.estimate).toBeGreaterThan(0.02);
      }
    });

    it.runIf(isSqlite)(
      'chooses features once: the next session takes them from the last base model',
      async () => {
        await open({ maxBaselineFeatures: 8 });
        const service = context.service();
        await service.start();
        const methods: unknown[] = [];
        for (let session = 0; session < 2; session++) {
          await service.sessions.request({ keys: KEYS, kind: 'full' });
          await untilTrained();
          const [baseModel] = await baseModelsOf('ready');
          methods.push((baseModel?.config['selection'] as { method: string }).method);
          await context.clock.advance(HOUR_MS);
        }
        expect(methods).toEqual(['rfe', 'reuse']);
        const [second, first] = await baseModelsOf('ready');
        expect(second?.features).toEqual(first?.features);
        expect(second?.selectedAt).toBe(first?.selectedAt);
      },
    );

    it('trains plain models with POOLING=off and in a session of too few instruments', async () => {
      await open({ pooling: engine.name === 'sqlite' ? 'off' : 'on' });
      const service = context.service();
      await service.start();
      const keys = isSqlite ? KEYS : KEYS.slice(0, 2);
      await service.sessions.request({ keys, kind: 'full' });
      const reason = isSqlite ? 'POOLING=off' : '2 of 3 instruments in the session';
      for (const { parentUid, config } of await untilTrained(keys)) {
        expect(parentUid).toBeUndefined();
        expect(config['pooling']).toMatchObject({
          status: 'plain',
          reason: expect.stringContaining(reason) as string,
        });
      }
      expect(await baseModelsOf('ready')).toEqual([]);
    });

    it('trains plain models where the fit of the base model fails, and each record says why', async () => {
      await open();
      const trainer = createTrainer();
      const withoutPools: Trainer = {
        run: (job, options) =>
          'kind' in job
            ? Promise.resolve(failed('memory', 'the trainer took 500 MB'))
            : trainer.run(job, options),
        stop: () => trainer.stop(),
      };
      const service = context.service({ createTrainer: () => withoutPools });
      await service.start();
      await service.sessions.request({ keys: KEYS, kind: 'full' });
      const reason = 'no base model: memory: the trainer took 500 MB';
      for (const { parentUid, config } of await untilTrained()) {
        expect(parentUid).toBeUndefined();
        expect(config['pooling']).toEqual({ status: 'plain', reason });
      }
      const lines = context.log.filter(({ message }) => message.includes('No base model'));
      expect(lines).toHaveLength(1);
    });

    it.runIf(isSqlite)('leaves out who has no candles, and fits on the others', async () => {
      await open();
      const keys = [...KEYS, { ...KEY, symbol: 'NEW/USDT' }];
      const service = context.service();
      await service.start();
      await service.sessions.request({ keys, kind: 'full' });
      await untilTrained();
      const [baseModel] = await baseModelsOf('ready');
      expect(baseModel?.members).toEqual(SYMBOLS);
      expect(baseModel?.config['leftOut']).toEqual({ 'NEW/USDT': 'no candles are stored' });
    });

    it('is fitted again after a stop during its fit, which leaves no files and does not count as a death', async () => {
      await open();
      const trainer = createTrainer();
      let reach: () => void = () => undefined;
      const reached = new Promise<void>((resolve) => (reach = resolve));
      const service = context.service({
        createTrainer: () => trainer,
        events: { onProgress: (_, { stage }) => stage.startsWith('base model: fit') && reach() },
      });
      await service.start();
      await service.sessions.request({ keys: KEYS, kind: 'full' });
      await reached;
      await service.stop();
      const [job] = (
        await context.stores.jobs.list({ venue: VENUE }, { limit: 9, offset: 0 })
      ).rows.toReversed();
      expect(job).toMatchObject({ status: 'pending', attempt: 1 });
      expect(filesBelow(context.options.workDir)).toEqual([]);
      expect(filesBelow(context.options.modelsDir)).toEqual([]);

      await context.service({ runUid: 'run-2' }).start();
      const records = await untilTrained();
      const [baseModel] = await baseModelsOf('ready');
      expect(baseModel).toMatchObject({ attempt: 1, members: SYMBOLS });
      expect(records.map(({ parentUid }) => parentUid)).toEqual(SYMBOLS.map(() => baseModel?.uid));
    });

    it('is fitted once by two lanes: the second waits and then uses it', async () => {
      await open();
      const trainer = createTrainer();
      let fits = 0;
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const holding: Trainer = {
        run: async (job, options) => {
          if (!('kind' in job)) return trainer.run(job, options);
          fits += 1;
          await held;
          return trainer.run(job, options);
        },
        stop: () => trainer.stop(),
      };
      const stages: string[] = [];
      const service = context.service({
        ...{ createTrainer: () => holding, lanes: 2 },
        events: { onProgress: (_, { stage }) => void stages.push(stage) },
      });
      await service.start();
      const { sessionUid } = await service.sessions.request({ keys: KEYS, kind: 'full' });
      await until(async () => (fits > 0 && (await runningJobs()) === 2) || undefined);
      // The waiting lane looks once a second.
      for (let second = 0; second < 5; second++) await context.clock.advance(1000);
      expect(stages.filter((stage) => !stage.startsWith('base model: '))).toEqual([]);
      expect(await baseModelsOf('fitting')).toHaveLength(1);
      release();
      const records = await untilTrainedWhile(() => context.clock.advance(1000));
      const [baseModel, ...others] = await baseModelsOf('ready');
      expect([fits, others, baseModel?.sessionUid]).toEqual([1, [], sessionUid]);
      expect(records.map(({ parentUid }) => parentUid)).toEqual(SYMBOLS.map(() => baseModel?.uid));
    });

    it.runIf(isSqlite)('is fitted again where its files are not what they were', async () => {
      await open();
      const service = context.service();
      await service.start();
      await service.sessions.request({ keys: KEYS, kind: 'full' });
      await untilTrained();
      const [baseModel] = await baseModelsOf('ready');
      const file = path.join(context.options.modelsDir, baseModel?.modelPath ?? '', 'judged.cbm');
      expect(existsSync(file)).toBe(true);
      writeFileSync(file, 'something else');
      // Not a base for a single key any more.
      await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
      const [record] = await untilTrained(KEYS.slice(0, 1));
      expect(record?.parentUid).toBeUndefined();
      expect(record?.config['pooling']).toMatchObject({ status: 'plain' });
    });
  });
});
