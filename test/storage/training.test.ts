import type { JobStatus } from '../../src/domain/training-job.js';
import { findNextStatus, JOB_ENDS } from '../../src/domain/job-state.js';
import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { GLOBAL_SYMBOL } from '../../src/domain/bots.js';
import { RejectedError } from '../../src/lib/errors.js';
import type { TrainingJob } from '../../src/domain/training-job.js';
import { fixedClock, forEachEngine } from '../database.js';
import {
  aJob,
  aModelRecord,
  aSession,
  HOUR_MS,
  KEY,
  someEvidence,
  START_MS,
  storedSession,
} from './rows.js';

const PAGE = { limit: 100, offset: 0 };

forEachEngine((engine) => {
  describe('models', () => {
    it('come back as they were stored, whole and nearly empty', async () => {
      const { stores } = await engine.open({ clock: fixedClock(9_000) });
      const full = aModelRecord();
      const bare = aModelRecord({
        stage: 'candidate',
        status: 'failed',
        testScore: undefined,
        verdict: undefined,
        thresholds: undefined,
        classMeanReturns: undefined,
        sanitization: undefined,
        trainingLoss: undefined,
        modelPath: undefined,
        features: [],
        dataEnd: undefined,
        errorMessage: 'the trainer crashed',
      });
      for (const record of [full, bare]) {
        const stored = await stores.models.insert(record);
        expect(stored).toMatchObject({ rowVersion: 1, createdAt: 9_000 });
        expect(stored).toMatchObject(record);
      }
    });

    it('keep a score that could not be computed as such', async () => {
      const { stores } = await engine.open();
      const score = { ...aModelRecord().testScore, directionalAuc: NaN, directionRows: 0 };
      const record = aModelRecord({
        testScore: score as ReturnType<typeof aModelRecord>['testScore'],
      });
      const stored = await stores.models.insert(record);
      expect(stored.testScore?.directionalAuc).toBeNaN();
      expect(stored.testScore?.directionRows).toBe(0);
    });

    it('serve one at a time: a promotion replaces the one before', async () => {
      const { stores } = await engine.open();
      const first = await stores.models.insert(aModelRecord());
      const second = await stores.models.insert(aModelRecord({ trainedAt: START_MS + HOUR_MS }));
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      const serving = await stores.models.promote(first.uid);
      expect(serving).toMatchObject({ stage: 'serving', status: 'active' });
      await stores.models.promote(first.uid);
      await stores.models.promote(second.uid);
      expect((await stores.models.findServing(KEY))?.uid).toBe(second.uid);
      expect(await stores.models.get(first.uid)).toMatchObject({
        stage: 'superseded',
        status: 'archived',
      });
      const { venue, bot } = KEY;
      expect(await stores.models.listServingKeys({ venue })).toEqual([KEY]);
      const listed = (of: string) => stores.models.listServingKeys({ ...KEY, bot: of });
      expect([await listed(bot), await listed('other')]).toEqual([[KEY], []]);
      expect((await stores.models.listVersions(KEY)).map(({ uid }) => uid)).toEqual([
        second.uid,
        first.uid,
      ]);
      const failed = await stores.models.insert(aModelRecord({ uid: 'Z', status: 'failed' }));
      const shown = await stores.models.listReportedVersions(venue);
      expect(shown.map(({ uid }) => uid)).toEqual([second.uid, failed.uid]);
      expect(await stores.models.findMany([failed.uid, 'NONE'])).toMatchObject([{ uid: 'Z' }]);
    });

    it('serve one at a time also when promotions race', async () => {
      const one = await engine.open();
      const other = await engine.open();
      const models = await Promise.all(
        Array.from({ length: 6 }, () => one.stores.models.insert(aModelRecord())),
      );
      await Promise.all(
        models.map(({ uid }, index) => (index % 2 === 0 ? one : other).stores.models.promote(uid)),
      );
      const { rows } = await one.stores.models.list({}, PAGE);
      expect(rows.filter(({ stage }) => stage === 'serving')).toHaveLength(1);
      expect(rows.filter(({ stage }) => stage === 'superseded')).toHaveLength(5);
    });

    it('are kept to one serving by the database itself', async () => {
      const { database, stores } = await engine.open();
      const first = await stores.models.insert(aModelRecord());
      const second = await stores.models.insert(aModelRecord());
      await stores.models.promote(first.uid);
      const { servingKey } = await database.run((knex) =>
        knex('model_training_records')
          .where({ uid: first.uid })
          .first<{ servingKey: string }>('serving_key as servingKey'),
      );
      const forced = database.run((knex) =>
        knex('model_training_records')
          .where({ uid: second.uid })
          .update({ serving_key: servingKey }),
      );
      await expect(forced).rejects.toThrow(RejectedError);
    });

    it('free their key when they stop to serve, and never serve once rejected', async () => {
      const { stores } = await engine.open();
      const model = await stores.models.insert(aModelRecord());
      await stores.models.promote(model.uid);
      const archived = await stores.models.update(model.uid, {
        stage: 'superseded',
        status: 'archived',
      });
      expect(archived.stage).toBe('superseded');
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      const rejected = await stores.models.insert(aModelRecord({ stage: 'rejected' }));
      await expect(stores.models.promote(rejected.uid)).rejects.toThrow(RejectedError);
      await expect(stores.models.update(model.uid, { stage: 'serving' })).rejects.toThrow(
        RejectedError,
      );
      await expect(stores.models.insert(aModelRecord({ stage: 'serving' }))).rejects.toThrow(
        RejectedError,
      );
    });

    it('find the newest record and list by filter', async () => {
      const { stores } = await engine.open();
      expect(await stores.models.latest(KEY)).toBeUndefined();
      await stores.models.insert(aModelRecord({ trainedAt: START_MS }));
      const failed = await stores.models.insert(
        aModelRecord({ trainedAt: START_MS + HOUR_MS, status: 'failed' }),
      );
      await stores.models.insert(aModelRecord({ symbol: 'ETH/USDT', trainedAt: START_MS * 2 }));
      expect((await stores.models.latest(KEY))?.uid).toBe(failed.uid);
      const listed = await stores.models.list({ symbol: 'BTC/USDT', bot: 'catboost' }, PAGE);
      expect([listed.total, listed.rows[0]?.uid]).toEqual([2, failed.uid]);
      expect((await stores.models.list({ status: 'failed' }, PAGE)).total).toBe(1);
      // A global model speaks for every symbol.
      await stores.models.insert(aModelRecord({ symbol: GLOBAL_SYMBOL, bot: 'random_forest' }));
      expect((await stores.models.list({ symbol: 'ETH/USDT' }, PAGE)).total).toBe(2);
      expect(await stores.models.find('nobody')).toBeUndefined();
      await expect(stores.models.get('nobody')).rejects.toThrow('nobody');
    });
  });

  describe('jobs', () => {
    it('are open once for a key', async () => {
      const { stores } = await engine.open();
      const session = await storedSession(stores);
      const first = await stores.jobs.insert(aJob(session));
      const second = await stores.jobs.insert(aJob(session));
      expect(second).toEqual({ status: 'exists', job: first.job });
      expect((await stores.jobs.insert(aJob(session, { symbol: 'ETH/USDT' }))).status).toBe(
        'inserted',
      );
      await stores.jobs.claimNext({ venue: KEY.venue, ownerRunUid: 'run', at: START_MS });
      expect((await stores.jobs.insert(aJob(session))).status).toBe('exists');
      await stores.jobs.finish(first.job.uid, { status: 'failed', finishedAt: START_MS });
      expect((await stores.jobs.insert(aJob(session))).status).toBe('inserted');
    });

    it('change their status only by the steps that the domain lists', async () => {
      const { stores } = await engine.open();
      const statuses = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
      const sessionUid = await storedSession(stores);
      const begin = async (status: JobStatus): Promise<string> => {
        const { uid } = (await stores.jobs.insert(aJob(sessionUid))).job;
        const claim = { venue: KEY.venue, ownerRunUid: 'run', at: START_MS };
        if (status !== 'pending') await stores.jobs.claimNext(claim);
        if (status !== 'pending' && status !== 'running') {
          await stores.jobs.finish(uid, { status, finishedAt: START_MS });
        }
        return uid;
      };
      for (const from of statuses) {
        for (const to of ['completed', 'failed', 'cancelled'] as const) {
          const uid = await begin(from);
          const finished = stores.jobs.finish(uid, { status: to, finishedAt: START_MS });
          const isListed = findNextStatus(from, JOB_ENDS[to]) === to;
          // The same end once more is no step, and no error.
          if (isListed || from === to) await finished;
          else await expect(finished).rejects.toThrow(RejectedError);
          expect((await stores.jobs.find(uid))?.status).toBe(isListed ? to : from);
          const isRequeued = await stores.jobs.requeue(uid, { reason: 'x', isDeath: false });
          const before = isListed ? to : from;
          expect(isRequeued).toBe(findNextStatus(before, 'requeue') !== undefined);
          await stores.jobs.cancelOpen({ key: KEY }, { code: 'x', message: 'x', at: START_MS });
        }
      }
    });

    it('run through their life', async () => {
      const { stores } = await engine.open({ clock: fixedClock(9_000) });
      const queued = (await stores.jobs.insert(aJob(await storedSession(stores)))).job;
      expect(queued).toMatchObject({ status: 'pending', rowVersion: 1, createdAt: 9_000 });
      const running = await stores.jobs.claimNext({
        venue: KEY.venue,
        ownerRunUid: 'run-1',
        at: START_MS + 1,
      });
      expect(running).toMatchObject({ uid: queued.uid, status: 'running', ownerRunUid: 'run-1' });
      await stores.jobs.progress(queued.uid, { stage: 'fitting', progressPct: 42.5 });
      expect(await stores.jobs.findOpen(KEY)).toMatchObject({
        stage: 'fitting',
        progressPct: 42.5,
      });
      const modelUid = ulid();
      const end = { status: 'completed' as const, finishedAt: START_MS + 2, modelUid };
      await stores.jobs.finish(queued.uid, end);
      const finished = await stores.jobs.find(queued.uid);
      expect(finished).toMatchObject({ ...end, errorCode: undefined });
      await stores.jobs.progress(queued.uid, { stage: 'late', progressPct: 1 });
      expect(await stores.jobs.find(queued.uid)).toEqual(finished);
      await stores.jobs.finish(queued.uid, end);
      expect(await stores.jobs.find(queued.uid)).toEqual(finished);
      const turned = stores.jobs.finish(queued.uid, { ...end, status: 'failed' });
      await expect(turned).rejects.toThrow(RejectedError);
      expect(await stores.jobs.findOpen(KEY)).toBeUndefined();
      expect((await stores.jobs.latest(KEY))?.uid).toBe(queued.uid);
    });

    it('are claimed oldest first, each by one of those that race', async () => {
      const one = await engine.open();
      const other = await engine.open();
      const session = await storedSession(one.stores);
      const expected = [];
      for (let index = 0; index < 12; index++) {
        const job = aJob(session, { symbol: `S${index}/USDT`, queuedAt: START_MS + index });
        expected.push((await one.stores.jobs.insert(job)).job.uid);
      }
      expect(
        (await one.stores.jobs.claimNext({ venue: KEY.venue, ownerRunUid: 'first', at: START_MS }))
          ?.uid,
      ).toBe(expected[0]);
      const claims = await Promise.all(
        Array.from({ length: 14 }, (_, index) =>
          (index % 2 === 0 ? one : other).stores.jobs.claimNext({
            venue: KEY.venue,
            ownerRunUid: `run-${index}`,
            at: START_MS,
          }),
        ),
      );
      const uids = claims.flatMap((job) => (job === undefined ? [] : [job.uid]));
      expect([...uids].sort()).toEqual(expected.slice(1).sort());
    });

    it('are claimed by priority, then by batch and age, and none waits for ever', async () => {
      const { stores } = await engine.open();
      const session = await storedSession(stores);
      const wanted: readonly Partial<TrainingJob>[] = [
        { symbol: 'LOW', priority: 'training-low' },
        { symbol: 'PLAIN', priority: 'default' },
        { symbol: 'NORMAL-2', priority: 'training-normal', batch: 2 },
        { symbol: 'NORMAL-1', priority: 'training-normal', queuedAt: START_MS + 60_000 },
        { symbol: 'HIGH', priority: 'training-high', queuedAt: START_MS + 120_000 },
        // Has waited for so long that even high ones let it pass.
        { symbol: 'OLD', priority: 'training-low', queuedAt: START_MS - 4 * 24 * HOUR_MS },
      ];
      for (const one of wanted) await stores.jobs.insert(aJob(session, one));
      const claim = { venue: KEY.venue, ownerRunUid: 'run', at: START_MS };
      const order = [];
      while (order.length < wanted.length) {
        order.push((await stores.jobs.claimNext(claim))?.symbol);
      }
      expect(order).toEqual(['OLD', 'HIGH', 'NORMAL-1', 'NORMAL-2', 'PLAIN', 'LOW']);
    });

    it('that wait are raised by a request with a higher priority, and never lowered', async () => {
      const { stores } = await engine.open();
      const session = await storedSession(stores);
      await stores.jobs.insert(aJob(session, { symbol: 'A', priority: 'training-normal' }));
      const first = await stores.jobs.insert(aJob(session, { priority: 'training-low' }));
      const raised = await stores.jobs.insert(aJob(session, { priority: 'training-high' }));
      expect(raised.status).toBe('exists');
      expect(raised.job).toMatchObject({ uid: first.job.uid, priority: 'training-high' });
      await stores.jobs.insert(aJob(session, { priority: 'default' }));
      const claim = { venue: KEY.venue, ownerRunUid: 'run', at: START_MS };
      expect(await stores.jobs.claimNext(claim)).toMatchObject({
        uid: first.job.uid,
        priority: 'training-high',
      });
    });

    it('are cancelled together, running or not, and what a worker brings then is refused', async () => {
      const { stores } = await engine.open();
      const [one, other] = [await storedSession(stores), await storedSession(stores)];
      for (const symbol of ['A', 'B', 'C']) await stores.jobs.insert(aJob(one, { symbol }));
      const kept = (await stores.jobs.insert(aJob(other, { symbol: 'D' }))).job;
      const elsewhere = aJob(other, { venue: 'elsewhere' });
      await stores.jobs.insert(elsewhere);
      const claim = { venue: KEY.venue, ownerRunUid: 'run', at: START_MS };
      const running = (await stores.jobs.claimNext(claim))?.uid ?? '';
      const why = { code: 'stopped', message: 'the queue was stopped', at: START_MS + 1 };
      const pending = { sessionUid: one, status: 'pending' } as const;
      expect(await stores.jobs.cancelOpen(pending, why)).toBe(2);
      const all = { venue: KEY.venue, except: [kept.uid] };
      expect(await stores.jobs.cancelOpen(all, why)).toBe(1);
      expect(await stores.jobs.cancelOpen(all, why)).toBe(0);
      expect(await stores.jobs.find(running)).toMatchObject({
        status: 'cancelled',
        errorCode: 'stopped',
        finishedAt: START_MS + 1,
      });
      const end = { status: 'completed' as const, finishedAt: START_MS + 2 };
      await expect(stores.jobs.finish(running, end)).rejects.toThrow(RejectedError);
      const open = await stores.jobs.list({ status: 'pending' }, PAGE);
      expect(open.rows.map(({ uid }) => uid).sort()).toEqual([kept.uid, elsewhere.uid].sort());
      expect((await stores.jobs.insert(aJob(other, { symbol: 'A' }))).status).toBe('inserted');
      const joining = { uid: other, joinedJobs: [running] };
      const listed = await stores.jobs.listOfSession(joining, PAGE);
      expect([listed.total, listed.rows.some(({ uid }) => uid === running)]).toEqual([4, true]);
    });

    it('leave evidence, in order', async () => {
      const { stores } = await engine.open();
      const { job } = await stores.jobs.insert(aJob(await storedSession(stores)));
      const first = someEvidence(job.uid);
      const second = someEvidence(job.uid, { createdAt: START_MS + 1, error: 'out of memory' });
      await stores.evidence.insert(second);
      await stores.evidence.insert(first);
      const listed = await stores.evidence.listByJob(job.uid);
      expect(listed).toMatchObject([first, second]);
    });
  });

  describe('sessions', () => {
    it('come back with their settings and are listed by kind', async () => {
      const { stores } = await engine.open();
      const session = aSession({ config: { symbols: ['龍/USDT'], deep: { limit: null } } });
      expect(await stores.sessions.insert(session)).toMatchObject(session);
      await stores.sessions.insert(aSession({ kind: 'manual', createdAt: START_MS + 1 }));
      const listed = await stores.sessions.list({ kind: 'initial' }, PAGE);
      expect(listed.rows.map(({ uid }) => uid)).toEqual([session.uid]);
    });
  });

  describe('what a person wants of the queue', () => {
    it('is kept for each venue and changed in part', async () => {
      const { stores } = await engine.open();
      expect(await stores.control.find('a')).toEqual({ isPaused: false, isStopped: false });
      await stores.control.set('a', { isPaused: true });
      await stores.control.set('a', { isStopped: true });
      await stores.control.set('b', { isStopped: true });
      expect(await stores.control.find('a')).toEqual({ isPaused: true, isStopped: true });
      await stores.control.set('a', { isPaused: false, isStopped: false });
      const locked = stores.transaction((tx) => tx.control.find('a', { isLocked: true }));
      expect(await locked).toEqual({ isPaused: false, isStopped: false });
      expect(await stores.control.find('b')).toEqual({ isPaused: false, isStopped: true });
    });
  });

  describe('cooldowns', () => {
    it('are replaced, found, listed and cleared by key', async () => {
      const { stores } = await engine.open();
      const cooldown = {
        ...KEY,
        kind: 'failure' as const,
        until: START_MS + 600_000,
        notBeforeOpenTime: undefined,
        reason: 'the trainer crashed',
      };
      await stores.cooldowns.set(cooldown);
      const rejection = { ...cooldown, kind: 'rejection' as const, notBeforeOpenTime: START_MS };
      await stores.cooldowns.set(rejection);
      await stores.cooldowns.set({ ...cooldown, symbol: 'ETH/USDT', until: START_MS });
      expect(await stores.cooldowns.find(KEY)).toEqual(rejection);
      const listed = await stores.cooldowns.list(KEY.venue);
      expect(listed.map(({ symbol }) => symbol)).toEqual(['ETH/USDT', 'BTC/USDT']);
      await stores.cooldowns.clear(KEY);
      expect(await stores.cooldowns.find(KEY)).toBeUndefined();
    });
  });
});
