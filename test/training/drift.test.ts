import { afterEach, describe, expect, it, vi } from 'vitest';
import { GLOBAL_SYMBOL } from '../../src/domain/bots.js';
import type { DriftOptions } from '../../src/training/options/training-options.js';
import { DriftWatch, type DriftDependencies } from '../../src/training/planning/drift-watch.js';
import { measureDrift } from '../../src/training/evaluation/measure-drift.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import { TrainingSessions } from '../../src/training/queue/training-sessions.js';
import { descendantsOf, isAlive } from '../daemon/process-table.js';
import { forEachEngine } from '../database.js';
import { aModelSignal } from '../storage/rows.js';
import { plantedCandles } from './planted-candles.js';
import { recordingLogger } from './recording-logger.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  START_MS,
  type TrainingContext,
} from './training-context.js';
import { modelRecord } from './training-builders.js';

const DRIFT: DriftOptions = {
  ...{ checkHours: 6, windowBars: 300, psi: 0.25, minSignals: 100 },
  ...{ isRetraining: true, retrainHours: 72 },
};
const UID = '01HZMODEL0000000000000000A';

function findTrainingWorker(): number {
  const found = descendantsOf(process.pid).find(({ command }) =>
    command.includes('training-worker'),
  );
  if (found === undefined) throw new Error('no training worker yet');
  return found.pid;
}

describe('a model that drifts', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    /** A calm market, and three hundred hours of one whose moves are five times as large. */
    async function createWatch(changes: Partial<DriftOptions>, isCalm: boolean, trainedAt = 0) {
      context = await createTrainingContext(engine);
      const { stores } = context;
      const calm = plantedCandles({
        ...{ bars: 1900, lastOpenTime: LAST_OPEN_TIME, seed: 3, momentum: 0 },
      });
      const wild = calm.map((candle, at) => {
        const from = calm[calm.length - 300]?.close ?? 1;
        const stretch = (price: number): number => from * (price / from) ** 5;
        if (at < calm.length - 300 || isCalm) return candle;
        const { open, high, low, close } = candle;
        const prices = { open: stretch(open), high: stretch(high), low: stretch(low) };
        return { ...candle, ...prices, close: stretch(close) };
      });
      await context.store(wild);
      const judgedWindow = { from: START_MS - 1200 * HOUR_MS, to: START_MS - 400 * HOUR_MS };
      const record = { ...KEY, uid: UID, modelPath: UID, config: { judgedWindow }, trainedAt };
      await stores.models.insert(modelRecord(record));
      await stores.models.promote(UID);
      return watchOf({ drift: { ...DRIFT, ...changes } });
    }

    type Measure = DriftDependencies['trainingWorker']['measureDrift'];
    function watchOf(
      changes: Partial<TrainingOptions>,
      measure: Measure = (request) => measureDrift(context.location, request),
    ): DriftWatch {
      const { stores, clock } = context;
      const options = { ...context.options, ...changes };
      const handles = { wake: () => undefined, abort: () => undefined };
      const sessions = new TrainingSessions({ stores, clock, options, ...handles, lanes: 1 });
      return new DriftWatch({
        ...{ stores, clock, options, sessions, logger: recordingLogger(context.log) },
        trainingWorker: { measureDrift: measure },
        planner: { findObstacle: () => Promise.resolve(undefined) },
      });
    }

    const jobs = async (): Promise<number> =>
      (await context.stores.jobs.list({ venue: KEY.venue }, { limit: 1, offset: 0 })).total;

    const endJob = async (): Promise<void> => {
      const open = await context.stores.jobs.findOpen(KEY);
      if (open === undefined) return;
      await context.stores.jobs.finish(open.uid, {
        ...{ status: 'failed', finishedAt: context.clock.wallMs() },
      });
    };

    it('is detected by its features, shown, and retrained at most once in three days', async () => {
      const watch = await createWatch({}, false);
      await watch.poll();
      const drift = await context.stores.drift.find(KEY);
      expect(drift?.report).toMatchObject({ isDrifted: true });
      expect(drift?.report.medianPsi).toBeGreaterThan(0.25);
      expect(await context.stores.jobs.findOpen(KEY)).toMatchObject({
        cause: 'drift',
        mode: 'full',
      });
      for (let hours = 0; hours < 70; hours += 7) {
        await endJob();
        await context.clock.advance(7 * HOUR_MS);
        await watch.poll();
      }
      expect(await jobs()).toBe(1);
      await context.clock.advance(3 * HOUR_MS);
      await context.clock.advance(4 * HOUR_MS);
      await watch.poll();
      expect(await jobs()).toBe(2);
    });

    it('is not checked in the first hour after its fit', async () => {
      const watch = await createWatch({}, false, START_MS);
      await context.clock.advance(HOUR_MS - 1);
      await watch.poll();
      expect(await context.stores.drift.find(KEY)).toBeUndefined();
      await context.clock.advance(1);
      await watch.poll();
      expect((await context.stores.drift.find(KEY))?.report.isDrifted).toBe(true);
    });

    it('is not detected where the market is the same', async () => {
      const calm = await createWatch({}, true);
      await calm.poll();
      expect((await context.stores.drift.find(KEY))?.report.isDrifted).toBe(false);
    });

    it('is detected by the signals of all its instruments where it is global', async () => {
      context = await createTrainingContext(engine);
      const { stores } = context;
      const key = { ...KEY, symbol: GLOBAL_SYMBOL, bot: 'random_forest' };
      const config = { judgedWindow: { from: 0, to: START_MS } };
      const classDistribution = [1, 1, 1] as const;
      const record = { ...key, uid: UID, modelPath: UID, config, classDistribution };
      await stores.models.insert(modelRecord(record));
      await stores.models.promote(UID);
      const symbols = ['BTC/USDT', 'ETH/USDT'];
      // Each is sure of the contrary of what comes.
      for (let at = 0; at < 120; at++) {
        const candleOpenTime = START_MS + (at >> 1) * HOUR_MS;
        const spoken = { ...key, symbol: symbols[at % 2] ?? '', modelUid: UID, candleOpenTime };
        const said = aModelSignal({ ...spoken, probabilities: [0.1, 0.2, 0.7] });
        const { signal } = await stores.signals.insert(said);
        const outcome = {
          outcomeReturn: -0.02,
          outcomeClass: 'SELL' as const,
          resolvedAt: START_MS,
        };
        await stores.signals.resolve([{ signalUid: signal.uid, ...outcome }]);
      }
      await watchOf({ symbols, bots: ['random_forest'], drift: DRIFT }).poll();
      const report = (await stores.drift.find(key))?.report;
      expect(report).toMatchObject({ isDrifted: true, liveSignals: 120, worst: [] });
      expect(report?.medianPsi).toBeUndefined();
      expect(report?.liveSkill).toBeCloseTo(Math.log(0.1) - Math.log(1 / 3), 6);
      expect(await stores.jobs.findOpen(key)).toMatchObject({ cause: 'drift' });
    });

    it('is checked by its signals, once and not in each cycle, where its features cannot be measured', async () => {
      await createWatch({}, false);
      let asked = 0;
      const failure = { status: 'failed', message: 'out of memory' } as const;
      const watch = watchOf({ drift: DRIFT }, () => Promise.resolve((asked++, failure)));
      for (let cycle = 0; cycle < 3; cycle++) await watch.poll();
      expect(asked).toBe(1);
      const drift = await context.stores.drift.find(KEY);
      expect(drift?.report).toMatchObject({ isDrifted: false, worst: [] });
      const said = context.log.filter(({ message }) => message.includes('cannot be measured'));
      expect(said.map(({ fields }) => fields)).toEqual([
        expect.objectContaining({ symbol: 'BTC/USDT', reason: 'out of memory' }),
      ]);
      await context.clock.advance(DRIFT.checkHours * HOUR_MS);
      await watch.poll();
      expect(asked).toBe(2);
    });

    it.runIf(engine.name === 'sqlite')(
      'does not hold a stop: the check ends with the process, before anybody calls stop',
      async () => {
        const leaving = new AbortController();
        await createWatch({}, false);
        const { signal } = leaving;
        const options = { ...context.options, drift: DRIFT };
        const service = context.service({
          ...{
            signal,
            options,
            checkPython: () => Promise.resolve({ status: 'ok', versions: {} }),
          },
        });
        await service.start();
        const planned = service.planDue().then(
          () => 'done',
          () => 'ended',
        );
        const worker = await vi.waitFor(findTrainingWorker, { timeout: 30_000, interval: 5 });
        process.kill(worker, 'SIGSTOP');
        leaving.abort();
        // The seconds that the worker is given pass at once.
        const passing = setInterval(() => void context.clock.advance(500), 20);
        expect(await planned.finally(() => clearInterval(passing))).toBe('ended');
        await expect.poll(() => isAlive(worker)).toBe(false);
        expect(await context.stores.drift.find(KEY)).toBeUndefined();
      },
    );

    it('is shown and not retrained where DRIFT_RETRAIN is off', async () => {
      const watch = await createWatch({ isRetraining: false }, false);
      await watch.poll();
      expect((await context.stores.drift.find(KEY))?.report.isDrifted).toBe(true);
      expect(await jobs()).toBe(0);
    });
  });
});
