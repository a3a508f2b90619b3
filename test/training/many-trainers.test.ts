import { afterEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { TrainingService } from '../../src/training/training-service.js';
import type { TrainerProcess } from '../../src/training/trainer-process/trainer-process.js';
import { createTrainer, HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from './files-below.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  VENUE,
  type TrainingContext,
} from './training-context.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'XRP/USDT'];
const KEYS: readonly ModelKey[] = SYMBOLS.map((symbol) => ({ ...KEY, symbol }));
const TWO = { count: 2, memoryLimitMb: 1000 };

describe('two trainers side by side', () => {
  let context: TrainingContext;
  afterEach(() => context.close());

  const prepare = async (changes = {}): Promise<void> => {
    context = await createTrainingContext(undefined, { symbols: SYMBOLS, ...changes });
    for (const symbol of SYMBOLS) await context.store(plantedCandles(CANDLES), symbol);
  };
  const countOf = async (status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled') =>
    (await context.stores.jobs.list({ venue: VENUE, status }, { limit: 1, offset: 0 })).total;

  describe('with jobs that the test holds', () => {
    let trainers: HoldingTrainer[];
    const start = async (): Promise<TrainingService> => {
      await prepare({ pooling: 'off' });
      trainers = [];
      const service = context.service({
        ...{ trainers: TWO, lanes: 3 },
        createTrainer: () => {
          const trainer = new HoldingTrainer();
          trainers.push(trainer);
          return trainer;
        },
        checkPython: () => Promise.resolve({ status: 'ok', versions: {} }),
      });
      await service.start();
      await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await until(() => begun() === 2 || undefined);
      return service;
    };
    const begun = (): number => trainers.reduce((sum, one) => sum + one.begun.length, 0);

    it('finish their jobs in a pause, and take no other', async () => {
      const service = await start();
      // The third lane has prepared a job by then, or is about to.
      await until(async () => (await countOf('running')) === 3 || undefined);
      await service.queue.pause();
      await until(async () => {
        trainers.forEach((trainer) => trainer.let());
        return (await countOf('failed')) === 3 || undefined;
      });
      expect([await countOf('running'), await countOf('pending')]).toEqual([0, 1]);
      expect(begun()).toBe(3);
    });

    it('lose only the job that a person cancels', async () => {
      const service = await start();
      const [first = '', second = ''] = trainers.map((trainer) => trainer.begun[0] ?? '');
      expect(await service.queue.cancelJob(first)).toBe(true);
      await until(() => begun() === 3 || undefined);
      const statusOf = async (uid: string) => (await context.stores.jobs.find(uid))?.status;
      expect([await statusOf(first), await statusOf(second)]).toEqual(['cancelled', 'running']);
    });

    it('give their jobs back when the service stops', async () => {
      const service = await start();
      await service.stop();
      expect([await countOf('running'), await countOf('pending')]).toEqual([0, 4]);
    });
  });

  describe.skipIf(!HAS_PYTHON)('with real trainers (needs npm run setup)', () => {
    let trainers: TrainerProcess[];
    const start = async (stage = 'never') => {
      await prepare({ promotionGate: 'parity' });
      trainers = [];
      const fitting = new Set<string>();
      const service = context.service({
        ...{ trainers: TWO, lanes: 3 },
        createTrainer: () => {
          const trainer = createTrainer();
          trainers.push(trainer);
          return trainer;
        },
        events: { onProgress: (job, progress) => progress.stage === stage && fitting.add(job.uid) },
      });
      await service.start();
      await service.sessions.request({ keys: KEYS, kind: 'full' });
      return { service, fitting: () => fitting.size };
    };

    it('share one base model of their session, and both train', async () => {
      await start();
      await until(async () => {
        // Lanes that wait for the base model look once a second.
        await context.clock.advance(1000);
        return (await countOf('completed')) === 4 || undefined;
      });
      const family = { venue: VENUE, timeframe: '1h', bot: 'catboost' } as const;
      const baseModels = await context.stores.baseModels.list(family, {
        status: 'ready',
        limit: 9,
      });
      const records = await Promise.all(KEYS.map((key) => context.stores.models.latest(key)));
      expect(baseModels).toHaveLength(1);
      expect(records.map((record) => record?.parentUid)).toEqual(
        KEYS.map(() => baseModels[0]?.uid),
      );
      expect(trainers).toHaveLength(2);
    });

    it('are both killed by a stop by force', async () => {
      const { service, fitting } = await start('fit');
      await until(async () => {
        await context.clock.advance(1000);
        return fitting() === 2 || undefined;
      });
      await service.queue.forceStop();
      await until(() => trainers.every(({ processId }) => processId === undefined) || undefined);
      await until(() => filesBelow(context.options.workDir).length === 0 || undefined);
      const ended = [await countOf('completed'), await countOf('cancelled')];
      expect([ended[0] ?? 0, ended[1] ?? 0].reduce((sum, jobs) => sum + jobs)).toBe(4);
      expect(await countOf('cancelled')).toBeGreaterThanOrEqual(2);
    });
  });
});
