import { afterEach, describe, expect, it } from 'vitest';
import type { TrainingJob } from '../../src/domain/training-job.js';
import { RejectedError } from '../../src/lib/errors.js';
import type { Stores } from '../../src/storage/stores.js';
import { failed } from '../../src/training/trainer-process/trainer-outcome.js';
import { forEachEngine } from '../database.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

interface Fault {
  errors: number;
  met: number;
}

/** Stores that refuse the result of a running job for so many times, for good as it seems. */
function refusingStores(stores: Stores, fault: Fault): Stores {
  return {
    ...stores,
    transaction: async (work) => {
      const isResult = (await stores.jobs.latest(KEY))?.status === 'running';
      if (!isResult || fault.met >= fault.errors) return stores.transaction(work);
      fault.met++;
      throw new RejectedError('a value is out of range');
    },
  };
}

const ROUNDS = 400;

describe('a result that the database refuses to store', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    /** Trains once, with a trainer that crashes, and goes from cycle to cycle until `isOver`. */
    const train = async (
      errors: number,
      isOver: (job: TrainingJob | undefined, fault: Fault) => boolean,
    ): Promise<Fault> => {
      context = await createTrainingContext(engine);
      const candles = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
      await context.store(plantedCandles(candles));
      const fault: Fault = { errors, met: 0 };
      const service = context.service({
        stores: refusingStores(context.stores, fault),
        checkPython: () => Promise.resolve({ status: 'ok', versions: {} }),
        createTrainer: () => ({
          run: () => Promise.resolve(failed('crashed', 'exit code 3')),
          stop: () => Promise.resolve(),
        }),
      });
      await service.start();
      for (let round = 0; round < ROUNDS; round++) {
        await service.planDue();
        if (isOver(await context.stores.jobs.latest(KEY), fault)) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await service.stop();
      return fault;
    };
    const hasEnded = (job: TrainingJob | undefined): boolean => job?.finishedAt !== undefined;

    it.each([
      ['fails the job with the reason', 1, 'unstorable'],
      ['is stored after all when the database takes it later', 2, 'crashed'],
      ['fails the job later when that was refused as well', 3, 'unstorable'],
    ])('%s', async (_, errors, errorCode) => {
      await train(errors, hasEnded);
      const { stores } = context;
      expect(await stores.jobs.latest(KEY)).toMatchObject({ status: 'failed', errorCode });
      const cooldown = await stores.cooldowns.find(KEY);
      expect(cooldown?.reason).toContain(errorCode);
      expect(await stores.jobs.findOpen(KEY)).toBeUndefined();
    });

    it('every time is dropped in the end, and that is logged', async () => {
      const isGivenUp = (): boolean =>
        context.log.some(({ message }) => message.includes('until the next start'));
      const fault = await train(1e9, isGivenUp);
      // Two for each of ten tries: the result, and then the job's failure.
      expect(fault.met).toBe(20);
      expect(isGivenUp()).toBe(true);
    });
  });
});
