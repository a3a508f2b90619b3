import { describe, expect, it } from 'vitest';
import type { TrainingJob } from '../../src/domain/training-job.js';
import { forEachEngine } from '../database.js';
import { aJob, KEY, START_MS, storedSession } from './rows.js';

const HOUR_MS = 3_600_000;

forEachEngine((engine) => {
  describe('jobs', () => {
    it('of a paused session wait, while the others go on', async () => {
      const { stores } = await engine.open();
      const [held, free] = [await storedSession(stores), await storedSession(stores)];
      await stores.jobs.insert(aJob(held, { symbol: 'A' }));
      await stores.jobs.insert(aJob(free, { symbol: 'B' }));
      expect(await stores.sessions.change(held, 'running', { status: 'paused' })).toBe(true);
      expect(await stores.sessions.change(held, 'running', { status: 'paused' })).toBe(false);
      expect((await stores.sessions.listByStatus('paused')).map(({ uid }) => uid)).toEqual([held]);
      const claim = { venue: KEY.venue, ownerRunUid: 'run', at: START_MS };
      expect((await stores.jobs.claimNext(claim))?.symbol).toBe('B');
      expect(await stores.jobs.claimNext(claim)).toBeUndefined();
      await stores.sessions.change(held, 'paused', { status: 'running' });
      expect((await stores.jobs.claimNext(claim))?.symbol).toBe('A');
    });

    it('wait while a person has paused or stopped the queue of their venue', async () => {
      const { stores } = await engine.open();
      await stores.jobs.insert(aJob(await storedSession(stores)));
      const claim = { venue: KEY.venue, ownerRunUid: 'run', at: START_MS };
      for (const held of [{ isPaused: true }, { isStopped: true }]) {
        await stores.control.set(KEY.venue, held);
        expect(await stores.jobs.claimNext(claim)).toBeUndefined();
        expect(await stores.queue.listWaiting({ venue: KEY.venue }, 9)).toEqual([]);
        await stores.control.set(KEY.venue, { isPaused: false, isStopped: false });
      }
      await stores.control.set('elsewhere', { isPaused: true });
      expect(await stores.jobs.claimNext(claim)).toBeDefined();
    });

    it('are claimed by each worker in the order of its own queues, and only those', async () => {
      const { stores } = await engine.open();
      const session = await storedSession(stores);
      const wanted: readonly Partial<TrainingJob>[] = [
        { symbol: 'PLAIN', priority: 'default' },
        { symbol: 'NORMAL', priority: 'training-normal' },
        { symbol: 'LOW-2', priority: 'training-low', queuedAt: START_MS + 1 },
        { symbol: 'LOW-1', priority: 'training-low' },
        { symbol: 'HIGH', priority: 'training-high' },
        // Has waited for a day longer.
        { symbol: 'OLD', priority: 'default', queuedAt: START_MS - 25 * HOUR_MS },
      ];
      for (const one of wanted) await stores.jobs.insert(aJob(session, one));
      const queues = ['training-normal', 'training-low', 'default'] as const;
      const claim = { venue: KEY.venue, queues, ownerRunUid: 'run', at: START_MS };
      const order = [];
      for (let job = await stores.jobs.claimNext(claim); job !== undefined;) {
        order.push(job.symbol);
        job = await stores.jobs.claimNext(claim);
      }
      expect(order).toEqual(['NORMAL', 'OLD', 'LOW-1', 'LOW-2', 'PLAIN']);
    });

    it('are claimed again where the server has lost the claim', async () => {
      const { stores, database } = await engine.open();
      const { uid } = (await stores.jobs.insert(aJob(await storedSession(stores)))).job;
      const claim = { venue: KEY.venue, ownerRunUid: 'run', at: START_MS };
      const claimed = await stores.jobs.claimNext(claim);
      const before = { status: 'pending', owner_run_uid: null, row_version: 1 };
      await database.run((knex) => knex('training_jobs').where({ uid }).update(before));
      expect(await stores.jobs.claimNext(claim)).toEqual(claimed);
    });
  });
});
