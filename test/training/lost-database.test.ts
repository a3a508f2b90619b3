import { afterEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../src/lib/errors.js';
import type { Stores } from '../../src/storage/stores.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

/** The stores of a database that goes away as soon as a model is to be recorded. */
function failingStores(stores: Stores, fault: { errors: number; isAfterCommit: boolean }): Stores {
  return {
    ...stores,
    transaction: async (work) => {
      const isResult = (await stores.jobs.latest(KEY))?.status === 'running';
      if (!isResult || fault.errors <= 0) return stores.transaction(work);
      fault.errors--;
      if (fault.isAfterCommit) await stores.transaction(work);
      throw new TransientError('the connection was lost');
    },
  };
}

describe.skipIf(!HAS_PYTHON)('a database that goes away at the end (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const train = async (fault: { errors: number; isAfterCommit: boolean }) => {
      context = await createTrainingContext(engine, { promotionGate: 'parity' });
      const candles = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
      await context.store(plantedCandles(candles));
      const promoted: string[] = [];
      const service = context.service({
        stores: failingStores(context.stores, fault),
        events: { onPromoted: ({ uid }) => promoted.push(uid) },
      });
      await service.start();
      await service.planDue();
      await untilSettled(context, service, promoted);
      await service.stop();
      return promoted;
    };

    it.each(engine.name === 'sqlite' ? [1, 7] : [1])(
      'keeps the model and stores it once the database is back: after %d errors',
      async (errors) => {
        const promoted = await train({ errors, isAfterCommit: false });
        const versions = await context.stores.models.listVersions(KEY);
        expect(versions.map(({ uid, stage }) => [uid, stage])).toEqual([[promoted[0], 'serving']]);
        expect(promoted).toHaveLength(1);
      },
    );

    it('finds what it has stored when only the answer was lost', async () => {
      const promoted = await train({ errors: 1, isAfterCommit: true });
      const versions = await context.stores.models.listVersions(KEY);
      expect(versions.map(({ uid, stage }) => [uid, stage])).toEqual([[promoted[0], 'serving']]);
    });
  });
});

const ROUNDS = 1500;

/**
 * Goes from cycle to cycle, and the clock with it, until the job has ended and its promotion was told: the answer that
 * was lost is asked for later.
 */
async function untilSettled(
  { clock, stores }: TrainingContext,
  service: TrainingService,
  promoted: readonly string[],
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const job = await stores.jobs.latest(KEY);
    const isOver = job !== undefined && job.status !== 'pending' && job.status !== 'running';
    if (isOver && (promoted.length > 0 || job.status !== 'completed')) return;
    await service.planDue();
    await clock.advance(2000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
