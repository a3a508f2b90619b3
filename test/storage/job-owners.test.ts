import { describe, expect, it } from 'vitest';
import { RejectedError } from '../../src/lib/errors.js';
import { forEachEngine } from '../database.js';
import { aJob, KEY, START_MS, storedSession } from './rows.js';

const PAGE = { limit: 100, offset: 0 };

forEachEngine((engine) => {
  describe('jobs', () => {
    it('of another venue are neither claimed nor taken for dead', async () => {
      const { stores } = await engine.open();
      await stores.jobs.insert(aJob(await storedSession(stores)));
      const claim = { venue: 'elsewhere', ownerRunUid: 'run', at: START_MS };
      expect(await stores.jobs.claimNext(claim)).toBeUndefined();
      const claimed = await stores.jobs.claimNext({ ...claim, venue: KEY.venue });
      expect(claimed).toBeDefined();
      expect(await stores.jobs.listRunningNotOwnedBy('other', { venue: 'elsewhere' })).toEqual([]);
      const stop = { reason: 'stopped', isDeath: false };
      await stores.jobs.requeue(claimed?.uid ?? '', stop);
      expect(await stores.jobs.findOpen(KEY)).toMatchObject({ status: 'pending', attempt: 1 });
    });

    it('of imported markets belong to the daemon that has the files, under any name', async () => {
      const { stores } = await engine.open();
      const session = await storedSession(stores);
      await stores.jobs.insert(aJob(session, { venue: 'csv:cards', symbol: '*' }));
      const of = { venue: 'elsewhere' };
      const claim = { ...of, ownerRunUid: 'run', at: START_MS };
      expect(await stores.jobs.isAnyPending(of)).toBe(false);
      expect(await stores.jobs.claimNext(claim)).toBeUndefined();
      expect(await stores.jobs.isAnyPending({ ...of, withFiles: true })).toBe(true);
      const claimed = await stores.jobs.claimNext({ ...claim, withFiles: true });
      expect(claimed).toMatchObject({ venue: 'csv:cards', ownerRunUid: 'run' });
      expect(await stores.jobs.listRunningNotOwnedBy('other', of)).toEqual([]);
      const files = await stores.jobs.listRunningNotOwnedBy('other', { ...of, withFiles: true });
      expect(files.map(({ uid }) => uid)).toEqual([claimed?.uid]);
    });

    it('that another run has taken over are neither ended nor given back by the one before', async () => {
      const { stores } = await engine.open();
      await stores.jobs.insert(aJob(await storedSession(stores)));
      const claim = { venue: KEY.venue, at: START_MS };
      const { uid = '' } = (await stores.jobs.claimNext({ ...claim, ownerRunUid: 'old' })) ?? {};
      await stores.jobs.requeue(uid, { reason: 'taken for dead', isDeath: true });
      await stores.jobs.claimNext({ ...claim, ownerRunUid: 'new' });
      const end = { status: 'completed', finishedAt: START_MS, ownerRunUid: 'old' } as const;
      await expect(stores.jobs.finish(uid, end)).rejects.toThrow(RejectedError);
      const stop = { reason: 'stopped', isDeath: false, ownerRunUid: 'old' };
      expect(await stores.jobs.requeue(uid, stop)).toBe(false);
      expect(await stores.jobs.find(uid)).toMatchObject({ status: 'running', ownerRunUid: 'new' });
      await stores.jobs.finish(uid, { ...end, ownerRunUid: 'new' });
      expect((await stores.jobs.find(uid))?.status).toBe('completed');
    });

    it('of a dead run are found and queued again as the next attempt', async () => {
      const { stores } = await engine.open();
      const session = await storedSession(stores);
      for (const symbol of ['A/USDT', 'B/USDT'])
        await stores.jobs.insert(aJob(session, { symbol }));
      const dead = await stores.jobs.claimNext({
        venue: KEY.venue,
        ownerRunUid: 'dead',
        at: START_MS,
      });
      await stores.jobs.claimNext({ venue: KEY.venue, ownerRunUid: 'alive', at: START_MS });
      const orphans = await stores.jobs.listRunningNotOwnedBy('alive', { venue: KEY.venue });
      expect(orphans.map(({ uid }) => uid)).toEqual([dead?.uid]);
      expect(
        await stores.jobs.requeue(dead?.uid ?? '', { reason: 'its process died', isDeath: true }),
      ).toBe(true);
      expect(await stores.jobs.requeue(dead?.uid ?? '', { reason: 'again', isDeath: true })).toBe(
        false,
      );
      const again = await stores.jobs.find(dead?.uid ?? '');
      expect(again).toMatchObject({
        status: 'pending',
        attempt: 2,
        ownerRunUid: undefined,
        errorMessage: 'its process died',
      });
      expect((await stores.jobs.list({ status: 'pending' }, PAGE)).total).toBe(1);
      expect((await stores.jobs.list({ sessionUid: session }, PAGE)).total).toBe(2);
    });
  });
});
