import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Experiment } from '../../src/domain/experiment.js';
import { CATALOGUE } from '../../src/features/catalogue.js';
import { SystemClock } from '../../src/lib/clock.js';
import type { ExperimentRequest } from '../../src/training/experiments/experiments.js';
import { DEFAULT_CATBOOST_PARAMS } from '../../src/training/options/bot-params.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import { forEachEngine } from '../database.js';
import { OwnRedis, redisSkipReason } from '../redis-server.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from './files-below.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';
import { remoteOf, RunningWorker } from './worker-rig.js';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const SERIES = SYMBOLS.map((symbol) => ({ symbol, timeframe: '1h' as const }));
const QUICK = { ...DEFAULT_CATBOOST_PARAMS, iterations: 40, learningRate: 0.1 };
const BARS_BEFORE = 700;
/** Nothing of what the price did. */
const BLIND = CATALOGUE.filter(({ group }) => group === 'calendar').map(({ name }) => name);

describe.skipIf(!HAS_PYTHON)('an experiment (needs npm run setup)', () => {
  forEachEngine((engine) => {
    const isSqlite = engine.name === 'sqlite';
    let context: TrainingContext;
    afterEach(() => context.close());

    const open = async (changes: Partial<TrainingOptions> = {}): Promise<void> => {
      context = await createTrainingContext(engine, {
        ...{ symbols: SYMBOLS, pooling: 'off', catboost: QUICK },
        ...changes,
      });
      await storeCandles(LAST_OPEN_TIME);
    };
    const storeCandles = async (lastOpenTime: number): Promise<void> => {
      const bars =
        BARS_BEFORE +
        24 * Number(context.options.historyDays) +
        (lastOpenTime - LAST_OPEN_TIME) / HOUR_MS;
      for (const [at, symbol] of SYMBOLS.entries()) {
        const planted = { bars, lastOpenTime, seed: at + 1, momentum: 0.8 };
        await context.store(plantedCandles(planted), symbol);
      }
    };
    const variant = (name: string, changes: Partial<TrainingOptions> = {}) => ({
      ...{ name, settings: {} },
      options: { ...context.options, ...changes },
    });
    const request = (
      variants: ExperimentRequest['variants'],
      changes: Partial<ExperimentRequest> = {},
    ): ExperimentRequest => ({
      ...{ name: 'test', bot: 'catboost', series: SERIES, variants, seeds: 1 },
      ...changes,
    });
    const untilOver = async (
      service: ReturnType<TrainingContext['service']>,
      { uid }: Experiment,
    ) => {
      const clock = new SystemClock();
      for (;;) {
        const view = await service.experiments.find(uid);
        if (view !== undefined && view.jobs.open === 0) return view;
        await clock.sleep(20);
      }
    };
    const expectNothingLeft = async (): Promise<void> => {
      const { stores, options } = context;
      for (const symbol of SYMBOLS) {
        const key = { ...KEY, symbol };
        expect(await stores.models.latest(key)).toBeUndefined();
        expect(await stores.cooldowns.find(key)).toBeUndefined();
      }
      expect(filesBelow(options.workDir)).toEqual([]);
      const files = existsSync(options.modelsDir) ? filesBelow(options.modelsDir) : [];
      // Workers know their daemon's folder by its mark.
      expect(files.filter((name) => name !== '.evenkeel-models')).toEqual([]);
    };

    it('finds what was planted, and nothing in a variant that is the control again', async () => {
      // 24 days of the test part: enough blocks of days to be sure of something.
      await open({ historyDays: 160 });
      const service = context.service();
      await service.start();
      const variants = [
        variant('as it is'),
        variant('again'),
        variant('blind', { candidateFeatures: BLIND }),
      ];
      const made = await service.experiments.create(request(variants));
      expect(await service.experiments.find(made.uid)).toMatchObject({ jobs: { total: 9 } });
      const view = await untilOver(service, made);
      expect(view).toMatchObject({ status: 'completed', jobs: { completed: 9, failed: 0 } });

      const report = await service.experiments.report(made);
      const [again, , blind, blindDirection] = report.comparisons;
      expect(again).toMatchObject({
        ...{ variant: 'again', estimate: 0, lower: 0, upper: 0, pairs: 3 },
        verdict: 'no difference shown',
      });
      // The next return follows the last one, which the blind variant does not see.
      expect(blind).toMatchObject({ variant: 'blind', verdict: 'worse', instruments: 3 });
      expect(blindDirection).toMatchObject({ measure: 'direction_skill', verdict: 'worse' });
      expect(report.leftOut).toBe(0);

      const scores = await context.stores.experiments.listScores(made.uid);
      for (const symbol of SYMBOLS) {
        const hashes = scores.filter((score) => score.symbol === symbol).map((one) => one.rowsHash);
        expect(new Set(hashes).size).toBe(1);
      }
      const { jobs } = context.stores;
      const ended = (await jobs.list({ sessionUid: made.sessionUid }, { limit: 9, offset: 0 }))
        .rows;
      for (const job of ended) {
        expect(job).toMatchObject({ priority: 'training-low', modelUid: undefined });
        const [evidence] = await context.stores.evidence.listByJob(job.uid);
        expect(evidence).toMatchObject({ seed: 42, modelUid: undefined, error: undefined });
      }
      await expectNothingLeft();
    });

    it.runIf(isSqlite)('fits a base model for each variant and seed, and keeps none', async () => {
      await open({ pooling: 'on', referenceSymbol: KEY.symbol });
      const service = context.service();
      await service.start();
      const shallow = { catboost: { ...QUICK, depth: 2 } };
      const made = await service.experiments.create(
        request([variant('as it is'), variant('shallow', shallow)]),
      );
      const view = await untilOver(service, made);
      expect(view).toMatchObject({ status: 'completed', jobs: { completed: 6 } });
      for (const trial of await context.stores.experiments.listTrials(made.uid)) {
        const fitted = { sessionUid: trial.uid, timeframe: '1h', bot: 'catboost' } as const;
        // They are removed once the end of the last job is stored.
        const kept = await until(async () => {
          const found = await context.stores.baseModels.find(fitted);
          return found?.modelPath === undefined ? found : undefined;
        });
        expect(kept).toMatchObject({ status: 'ready', members: SYMBOLS });
      }
      // What is trained as usual knows nothing of these.
      const usual = await context.stores.baseModels.list(KEY, { status: 'ready', limit: 9 });
      expect(usual).toEqual([]);
      const scores = await context.stores.experiments.listScores(made.uid);
      expect(new Set(scores.map(({ rowsHash }) => rowsHash)).size).toBe(SYMBOLS.length);
      await service.stop();
      await expectNothingLeft();
    });

    it.runIf(isSqlite)(
      'sees no candle after its beginning, and goes on after a death',
      async () => {
        await open();
        const held = new HoldingTrainer();
        const first = context.service({ createTrainer: () => held });
        await first.start();
        const one = [{ symbol: KEY.symbol, timeframe: '1h' as const }];
        const variants = [variant('as it is'), variant('other', { classWeights: 'off' })];
        const made = await first.experiments.create(request(variants, { series: one }));
        await until(() => held.begun.length > 0);
        const which = { status: 'running', sessionUid: made.sessionUid } as const;
        const { rows } = await context.stores.jobs.list(which, { limit: 1, offset: 0 });
        await first.stop();
        // As a kill leaves it: under way, and its owner gone.
        const claimed = await context.stores.jobs.claimNext({
          ...{ venue: KEY.venue, ownerRunUid: 'dead', at: context.clock.wallMs() },
        });
        expect(claimed).toMatchObject({ uid: rows[0]?.uid, status: 'running' });

        await context.clock.advance(30 * HOUR_MS);
        await storeCandles(LAST_OPEN_TIME + 30 * HOUR_MS);
        const next = context.service({ runUid: 'run-2' });
        await next.start();
        expect(await untilOver(next, made)).toMatchObject({ status: 'completed' });
        for (const { days } of await context.stores.experiments.listScores(made.uid)) {
          const lastDay = Math.max(...days.map(({ day }) => day));
          expect(lastDay * 24 * HOUR_MS).toBeLessThanOrEqual(LAST_OPEN_TIME);
        }
        await expectNothingLeft();
      },
    );

    it.runIf(isSqlite)('fails a job whose rows are others than those of the first', async () => {
      await open();
      const service = context.service();
      await service.start();
      const one = [{ symbol: KEY.symbol, timeframe: '1h' as const }];
      // Such a variant is refused by the API: its rows have other labels.
      const variants = [variant('as it is'), variant('farther', { labelHorizonBars: 8 })];
      const made = await service.experiments.create(request(variants, { series: one }));
      const view = await untilOver(service, made);
      expect(view).toMatchObject({ status: 'failed', jobs: { completed: 1, failed: 1 } });
      const { rows } = await context.stores.jobs.list(
        { sessionUid: made.sessionUid, status: 'failed' },
        { limit: 9, offset: 0 },
      );
      expect(rows).toMatchObject([{ errorCode: 'other_data' }]);
      // Tried again it is the same trial, and ends the same way.
      const retry = await service.sessions.retryFailed(made.sessionUid);
      expect(retry.jobs).toMatchObject([{ trialUid: rows[0]?.trialUid, symbol: KEY.symbol }]);
      expect(await service.experiments.find(made.uid)).toMatchObject({ jobs: { open: 1 } });
      expect(await untilOver(service, made)).toMatchObject({ jobs: { completed: 1, failed: 1 } });
      expect(await context.stores.cooldowns.find(KEY)).toBeUndefined();
      await expectNothingLeft();
    });

    it.skipIf(isSqlite || redisSkipReason !== undefined)(
      'is worked off by a worker of Redis, which gets the settings of each variant with its jobs',
      async () => {
        await open();
        const redis = await OwnRedis.start();
        const service = context.service({ createRemote: remoteOf(context, redis.place) });
        const worker = new RunningWorker(context, redis.place);
        try {
          await service.start();
          const one = [{ symbol: KEY.symbol, timeframe: '1h' as const }];
          const variants = [variant('as it is'), variant('blind', { candidateFeatures: BLIND })];
          const made = await service.experiments.create(request(variants, { series: one }));
          expect(await untilOver(service, made)).toMatchObject({ status: 'completed' });
          const { uid } = await worker.ready;
          expect(worker.jobs.map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
          expect(worker.jobs.every(({ job }) => job.ownerRunUid === uid)).toBe(true);
          const [asItIs, blind] = (await service.experiments.report(made)).means;
          expect(asItIs?.skill).toBeGreaterThan((blind?.skill ?? NaN) + 0.02);
          await expectNothingLeft();
        } finally {
          await worker.stop();
          await service.stop();
          await redis.stop();
        }
      },
    );

    it.runIf(isSqlite)('is cancelled with its jobs, and says so', async () => {
      await open();
      const service = context.service();
      await service.start();
      await service.queue.pause();
      const made = await service.experiments.create(request([variant('a'), variant('b')]));
      expect(await service.experiments.find(made.uid)).toMatchObject({ status: 'pending' });
      await service.experiments.cancel(made);
      expect(await service.experiments.find(made.uid)).toMatchObject({
        ...{ status: 'cancelled', jobs: { open: 0, cancelled: 6, completed: 0 } },
      });
    });

    it.runIf(isSqlite)('is refused where it is too large, and says how large it is', async () => {
      await open();
      const service = context.service();
      const series = Array.from({ length: 300 }, (_, at) => ({
        ...{ symbol: `C${at}/USDT`, timeframe: '1h' as const },
      }));
      const large = request([variant('a'), variant('b')], { series, seeds: 2 });
      await expect(service.experiments.create(large)).rejects.toThrow(
        '2 variants × 300 series × 2 seeds are 1200 jobs; at most 1000',
      );
    });
  });
});
