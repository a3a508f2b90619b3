import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import { PRIORITIES } from '../../src/domain/training-job.js';
import { ConfigError } from '../../src/lib/errors.js';
import { SystemClock } from '../../src/lib/clock.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { RemoteQueue } from '../../src/training/remote/remote-queue.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine, onMysqlServer } from '../database.js';
import { OwnRedis, redisSkipReason, withRedis } from '../redis-server.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  START_MS,
  VENUE,
  type TrainingContext,
} from './training-context.js';
import { remoteOf, RunningWorker, WaitingClock } from './worker-rig.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const KEYS: readonly ModelKey[] = SYMBOLS.map((symbol) => ({ ...KEY, symbol }));
/** Longer than the daemon's. */
const ROUND_MS = 6_000;
const DAY_MS = 86_400_000;
const READY = () => Promise.resolve({ status: 'ok', versions: {} } as const);

forEachEngine((engine) => {
  const isHere = engine.name === 'mysql' && redisSkipReason === undefined;
  describe.skipIf(!isHere)(`workers of the queue (${redisSkipReason ?? 'Redis'})`, () => {
    let context: TrainingContext;
    let redis: OwnRedis;
    let workers: RunningWorker[] = [];
    let trainer: HoldingTrainer;
    afterEach(async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      workers = [];
      await context.close();
      await redis.stop();
    });

    const prepare = async (changes = {}): Promise<TrainingService> => {
      redis = await OwnRedis.start();
      context = await createTrainingContext(engine, {
        ...{ symbols: SYMBOLS, pooling: 'off' },
        ...changes,
      });
      trainer = new HoldingTrainer();
      for (const symbol of SYMBOLS) await context.store(plantedCandles(CANDLES), symbol);
      place = redis.place;
      const service = context.service({
        createRemote: (facts) => (remote = remoteOf(context, place)(facts)),
        checkPython: READY,
      });
      await service.start();
      return service;
    };
    let remote: RemoteQueue;
    /** Lets the daemon look again. */
    const nextRound = async (): Promise<void> => {
      await context.clock.advance(ROUND_MS);
      remote.wake();
    };
    const hasSaid = (text: string): boolean =>
      context.log.some(({ message }) => message.includes(text));
    const untilSaid = (text: string) =>
      until(async () => {
        await nextRound();
        return hasSaid(text) || undefined;
      });
    let place: OwnRedis['place'];
    const work = (
      changes: ConstructorParameters<typeof RunningWorker>[2] = {},
      held = trainer,
    ): RunningWorker => {
      const worker = new RunningWorker(context, place, {
        ...{ createTrainer: () => held, checkPython: READY },
        ...changes,
      });
      workers.push(worker);
      return worker;
    };
    const statuses = async (): Promise<readonly string[]> =>
      (await context.stores.jobs.list({ venue: VENUE }, { limit: 9, offset: 0 })).rows
        .map(({ status }) => status)
        .sort();

    const isBegun = async (): Promise<boolean> => (await statuses()).includes('running');

    it('are known with their machine, and take jobs in the order of their list', async () => {
      const service = await prepare();
      await service.queue.pause();
      await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
      await service.sessions.request({ keys: KEYS.slice(1, 2), kind: 'auto' });
      await service.sessions.request({ keys: KEYS.slice(2), kind: 'incremental' });
      const { uid } = await work({ queues: ['training-low', 'training-high'] }).ready;
      const [seen] = await context.stores.workers.list(VENUE);
      expect(seen).toMatchObject({ uid, status: 'working', pid: process.pid });
      await service.queue.resume();
      await until(() => trainer.begun.length === 1 || undefined);
      const first = await context.stores.jobs.find(trainer.begun[0] ?? '');
      expect(first).toMatchObject({ priority: 'training-low', ownerRunUid: uid });
      trainer.let();
      await until(() => trainer.begun.length === 2 || undefined);
      trainer.let();
      await until(async () => !(await statuses()).includes('running') || undefined);
      // Nobody takes the one whose queue is not in the list.
      expect(await statuses()).toEqual(['failed', 'failed', 'pending']);
    });

    it('lose no job with Redis and all its data', async () => {
      const service = await prepare();
      await redis.kill();
      await service.sessions.request({ keys: KEYS, kind: 'manual' });
      work();
      await redis.start();
      await until(() => trainer.begun.length === 1 || undefined);
      await withRedis(redis.url, (shared) => shared.flushall());
      for (const count of [1, 2, 3]) {
        await until(() => trainer.begun.length === count || undefined);
        trainer.let();
      }
      await until(async () => (await statuses()).every((one) => one === 'failed') || undefined);
      expect(new Set(trainer.begun).size).toBe(3);
    });

    it('go on without Redis, by the database alone', async () => {
      const service = await prepare();
      await work().ready;
      await redis.kill();
      await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
      await until(() => trainer.begun.length === 1 || undefined);
      await untilSaid('[QUEUE] tickets: Redis');
      for (let round = 0; round < 10; round++) {
        await nextRound();
        await new SystemClock().sleep(50);
      }
      expect(hasSaid('all is well')).toBe(false);
      await redis.start();
      await untilSaid('[QUEUE] tickets: all is well again');
      await untilSaid('[QUEUE] Redis answers again');
    });

    it('that are missing are named in the log, and so is that one came', async () => {
      await prepare();
      await untilSaid('[QUEUE] Nothing is trained: no worker works on the queue');
      await work().ready;
      await untilSaid('[QUEUE] A worker can train again');
    });

    it('say why they give their jobs back after a silence', async () => {
      const service = await prepare();
      const { uid } = await work().ready;
      await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
      await until(() => trainer.begun.length === 1 || undefined);
      const { database } = context.location as { readonly database: string };
      await onMysqlServer(
        `UPDATE \`${database}\`.workers SET seen_at = seen_at - 60000 WHERE uid = '${uid}'`,
      );
      await untilSaid('this worker counted as dead: its jobs are given back');
      await until(() => trainer.begun.length === 2 || undefined);
    });

    it('share the jobs of a session, each once', async () => {
      const service = await prepare();
      const other = new HoldingTrainer();
      await Promise.all([work().ready, work({}, other).ready]);
      await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await until(() => (trainer.begun.length === 1 && other.begun.length === 1) || undefined);
      trainer.let();
      other.let();
      await until(() => trainer.begun.length + other.begun.length === 3 || undefined);
      trainer.let();
      other.let();
      await until(async () => (await statuses()).every((one) => one === 'failed') || undefined);
      expect(new Set([...trainer.begun, ...other.begun]).size).toBe(3);
    });

    it('are reached by a stop by force, and by the end of one job', async () => {
      const service = await prepare();
      const worker = work();
      await worker.ready;
      const { jobs } = await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await until(() => trainer.begun.length === 1 || undefined);
      expect(await service.queue.cancelJob(trainer.begun[0] ?? '')).toBe(true);
      await until(() => trainer.begun.length === 2 || undefined);
      await service.queue.forceStop();
      await until(() => worker.jobs.length === 2 || undefined);
      expect(worker.jobs.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
      expect(await statuses()).toEqual(jobs.map(() => 'cancelled'));
    });

    it('give their job back when they stop, and a dead one loses it after its silence', async () => {
      const service = await prepare();
      const { jobs } = await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
      const first = work();
      await until(() => trainer.begun.length === 1 || undefined);
      await first.stop();
      expect(await statuses()).toEqual(['pending']);
      // No such worker is known, as after the week in which a dead one is remembered.
      const claim = { venue: VENUE, ownerRunUid: 'dead', at: context.clock.wallMs() };
      expect((await context.stores.jobs.claimNext(claim))?.uid).toBe(jobs[0]?.uid);
      const second = new HoldingTrainer();
      work({}, second);
      await context.clock.advance(6_000);
      await until(() => second.begun.length === 1 || undefined);
      expect(await context.stores.jobs.find(jobs[0]?.uid ?? '')).toMatchObject({ attempt: 2 });
      // Whatever the dead one brings is refused.
      const end = { status: 'failed', ownerRunUid: 'dead', attempt: 1, finishedAt: 1 } as const;
      await expect(context.stores.jobs.finish(jobs[0]?.uid ?? '', end)).rejects.toThrow(
        'is running',
      );
    });

    it('tell the daemon of their progress, of the end of each job and of its lines', async () => {
      redis = await OwnRedis.start();
      place = redis.place;
      context = await createTrainingContext(engine, { symbols: SYMBOLS, pooling: 'off' });
      await context.store(plantedCandles(CANDLES), KEY.symbol);
      trainer = new HoldingTrainer();
      const heard: string[] = [];
      const events = {
        onProgress: (_: unknown, { stage }: { readonly stage: string }) => void heard.push(stage),
        onEnded: (_: unknown, status: string) => void heard.push(`ended ${status}`),
        onFailed: () => void heard.push('failed'),
      };
      const service = context.service({
        ...{ createRemote: remoteOf(context, place, { events }), checkPython: READY },
      });
      await service.start();
      await work().ready;
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      await until(() => trainer.begun.length === 1 || undefined);
      trainer.let();
      await until(() => heard.includes('ended failed') || undefined);
      expect(heard).toEqual(['prepare', 'train', 'failed', 'ended failed']);
      const lines = context.log.filter(({ fields }) => 'worker' in fields);
      expect(lines.map(({ message }) => message)).toContain(
        '[TRAIN] Preparing features and labels...',
      );
    });

    it('with a clock a day ahead or behind store the times of the daemon', async () => {
      const service = await prepare();
      const errors = [DAY_MS, -DAY_MS];
      for (const [at, errorMs] of errors.entries()) {
        const held = new HoldingTrainer();
        const wrong = new ManualClock(START_MS + errorMs);
        const worker = work({ clock: new WaitingClock(wrong) }, held);
        const { startedAt: begunAt } = await worker.ready;
        const key = KEYS[at] ?? KEY;
        const { jobs } = await service.sessions.request({ keys: [key], kind: 'manual' });
        await until(() => held.begun.length === 1 || undefined);
        held.let();
        await until(() => worker.jobs.length === 1 || undefined);
        await worker.stop();
        const job = await context.stores.jobs.find(jobs[0]?.uid ?? '');
        const cooldown = await context.stores.cooldowns.find(key);
        const waitMs = context.options.trainRetryCooldownSec * 1000;
        const times = [begunAt, job?.startedAt, job?.finishedAt, (cooldown?.until ?? 0) - waitMs];
        // By what passed on the test's own clocks, the daemon's stands still.
        for (const time of times) expect(Math.abs((time ?? 0) - START_MS)).toBeLessThan(120_000);
      }
    });

    it('of another version are refused, with both named', async () => {
      await prepare();
      const worker = work({ version: '9.9.9' });
      await expect(worker.ended).rejects.toThrow(ConfigError);
      await expect(worker.ended).rejects.toThrow(/version 9\.9\.9 .* is version 1\.2\.3/);
      const [seen] = await context.stores.workers.list(VENUE);
      expect(seen).toMatchObject({ status: 'refused' });
    });

    it('of the next version wait for a daemon of theirs, where only the last one has left word', async () => {
      const last = await prepare();
      await last.stop();
      const { database } = context.location as { readonly database: string };
      const left = 'told_at = told_at - 16000';
      await onMysqlServer(`UPDATE \`${database}\`.training_notices SET ${left}`);
      const worker = work({ version: '9.9.9' });
      const waits = () =>
        context.log.some(({ message }) => /the last one was version 1/.test(message));
      await until(() => waits() || undefined);
      const createRemote = remoteOf(context, place, { version: '9.9.9' });
      await context.service({ createRemote, checkPython: READY }).start();
      expect(await worker.ready).toMatchObject({ version: '9.9.9', status: 'working' });
    });

    it('that do not see the models of the daemon are refused', async () => {
      await prepare();
      const elsewhere = mkdtempSync(path.join(tmpdir(), 'evenkeel-models-'));
      try {
        const worker = work({ folders: { modelsDir: elsewhere, workDir: elsewhere } });
        await expect(worker.ended).rejects.toThrow('is not the folder of the daemon of test');
      } finally {
        rmSync(elsewhere, { recursive: true, force: true });
      }
    });

    it('rest while their own host is paused', async () => {
      const service = await prepare();
      let isPaused = true;
      let looks = 0;
      const isHostPaused = () => {
        looks += 1;
        return Promise.resolve(isPaused);
      };
      await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
      await work({ isPaused: isHostPaused, queues: PRIORITIES }).ready;
      // The second look begins after the first has left the job alone: a lane at work does not look.
      await until(async () => looks >= 2 || (await isBegun()) || undefined);
      expect(await statuses()).toEqual(['pending']);
      isPaused = false;
      await until(async () => (await isBegun()) || undefined);
    });

    it('rest while the daemon is paused by its file, whatever else they look at', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-pause-'));
      try {
        const pauseFile = path.join(folder, 'PAUSE');
        writeFileSync(pauseFile, '');
        const service = await prepare({ pauseFile });
        await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
        let looks = 0;
        // Asked before it takes a job.
        const isPaused = (): Promise<boolean> => {
          looks += 1;
          return Promise.resolve(false);
        };
        await work({ isPaused }).ready;
        await until(async () => looks >= 2 || (await isBegun()) || undefined);
        expect(await statuses()).toEqual(['pending']);
        rmSync(pauseFile);
        await until(async () => (await isBegun()) || undefined);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
});
