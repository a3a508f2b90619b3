import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { importFile } from '../../src/collection/files/import-file.js';
import { GLOBAL_SYMBOL } from '../../src/domain/bots.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { TrainingJob } from '../../src/domain/training-job.js';
import { ALL_FILES } from '../../src/domain/market.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { generatedItems } from '../bots/generated-items.js';
import { forEachEngine } from '../database.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { createTrainingContext, START_MS, type TrainingContext } from './training-context.js';

const DAY_MS = 86_400_000;
const KEY: ModelKey = {
  ...{ venue: 'csv:cards', symbol: GLOBAL_SYMBOL, timeframe: '1d', bot: 'random_forest' },
};
const LEASE = { venue: ALL_FILES, account: 'training' };

interface Daemon {
  readonly service: TrainingService;
  readonly trainer: HoldingTrainer;
}

describe('what was imported from files, with daemons of two venues on one database', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const open = async (): Promise<void> => {
      context = await createTrainingContext(engine, { bots: ['random_forest'], symbols: [] });
      const file = path.join(context.folder, 'items.csv');
      const lastDayMs = START_MS - DAY_MS;
      await writeFile(file, generatedItems({ items: 100, days: 60, lastDayMs }));
      await importFile(
        {
          ...{ file, name: 'cards', symbol: undefined, timeframe: '1d', attributes: {} },
          ...{ parseName: undefined, isDryRun: false },
        },
        context,
      );
    };

    const start = async (name: string): Promise<Daemon> => {
      const trainer = new HoldingTrainer();
      const service = context.service({
        ...{ runUid: name, options: { ...context.options, venue: name } },
        createTrainer: () => trainer,
        checkPython: () => Promise.resolve({ status: 'ok', versions: {} }),
      });
      await service.start();
      return { service, trainer };
    };

    /** Cycles of a daemon until its trainer has something to do. */
    const untilBegun = ({ service, trainer }: Daemon): Promise<unknown> =>
      until(async () => {
        await context.clock.advance(5_000);
        await service.planDue();
        return trainer.begun.length > 0 || undefined;
      });

    const job = async (): Promise<TrainingJob | undefined> => context.stores.jobs.latest(KEY);

    it('is trained by one daemon, whose job a start of the other does not recover', async () => {
      await open();
      const one = await start('one');
      const other = await start('other');
      await Promise.all([one.service.planDue(), other.service.planDue()]);
      await until(() => one.trainer.begun.length > 0 || undefined);
      for (const { service } of [other, await start('third')]) await service.planDue();
      expect(await job()).toMatchObject({ status: 'running', ownerRunUid: 'one', attempt: 1 });
      expect(other.trainer.begun).toEqual([]);
      expect((await context.stores.jobs.list({}, { limit: 9, offset: 0 })).total).toBe(1);
    });

    it('goes to the other daemon when the first stops, which counts as no death', async () => {
      await open();
      const one = await start('one');
      const other = await start('other');
      await one.service.planDue();
      await until(() => one.trainer.begun.length > 0 || undefined);
      await one.service.stop();
      await untilBegun(other);
      expect(await job()).toMatchObject({ status: 'running', ownerRunUid: 'other', attempt: 1 });
    });

    it('is recovered by the other daemon when the first is dead for 30 s, and not before', async () => {
      await open();
      const dead = { venue: 'dead', ownerRunUid: 'dead', withFiles: true, at: START_MS };
      const { leases, jobs } = context.stores;
      await leases.acquire({ key: LEASE, holder: 'dead', ttlMs: 30_000, nowMs: START_MS });
      await context.service().sessions.request({ keys: [KEY], kind: 'manual' });
      const { uid = '' } = (await jobs.claimNext(dead)) ?? {};
      const other = await start('other');
      await other.service.planDue();
      expect(await job()).toMatchObject({ status: 'running', ownerRunUid: 'dead' });

      // MySQL goes by its own time, which no test moves: there the lease ends as if it had run out.
      if (engine.name === 'mysql') await leases.release({ key: LEASE, holder: 'dead' });
      await untilBegun(other);
      const isOver = engine.name === 'mysql' || context.clock.wallMs() - START_MS >= 30_000;
      expect(isOver).toBe(true);
      expect(await job()).toMatchObject({ status: 'running', ownerRunUid: 'other', attempt: 2 });
      const late = { status: 'completed', finishedAt: START_MS, ownerRunUid: 'dead' } as const;
      await expect(jobs.finish(uid, late)).rejects.toThrow('is running');
    });
  });
});
