import { writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import { RejectedError } from '../../src/lib/errors.js';
import type { TrainingService } from '../../src/training/training-service.js';
import type { TrainingServiceDependencies } from '../../src/training/training-service.js';
import { forEachEngine, type TestEngine } from '../database.js';
import { dropNames, redisPlace, redisSkipReason } from '../redis-server.js';
import { createTrainer, HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from './files-below.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';
import { remoteOf, RunningWorker } from './worker-rig.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const KEYS: readonly ModelKey[] = SYMBOLS.map((symbol) => ({ ...KEY, symbol }));

/** Workers elsewhere cannot share a SQLite file. */
function carriersOf({ name }: TestEngine): readonly string[] {
  return name === 'mysql' && redisSkipReason === undefined ? ['database', 'Redis'] : ['database'];
}

forEachEngine((engine) => {
  describe.each(carriersOf(engine))('the queue, carried by the %s', (carrier) => {
    let context: TrainingContext;
    let trainer: HoldingTrainer;
    let worker: RunningWorker | undefined;
    const place = redisPlace();
    afterEach(async () => {
      await worker?.stop();
      worker = undefined;
      await context.close();
      if (carrier === 'Redis') await dropNames(place);
    });

    const checkPython = () => Promise.resolve({ status: 'ok', versions: {} } as const);
    const start = async (
      own: Partial<TrainingServiceDependencies> = {},
    ): Promise<TrainingService> => {
      const service = context.service({
        createTrainer: () => trainer,
        lanes: 1,
        checkPython,
        ...(carrier === 'Redis' ? { createRemote: remoteOf(context, place) } : {}),
        ...own,
      });
      await service.start();
      if (carrier === 'Redis') {
        const tools = { createTrainer: () => trainer, checkPython };
        worker ??= new RunningWorker(context, place, tools);
        await worker.ready;
      }
      return service;
    };

    const prepare = async (changes = {}): Promise<TrainingService> => {
      context = await createTrainingContext(engine, {
        symbols: SYMBOLS,
        pooling: 'off',
        ...changes,
      });
      trainer = new HoldingTrainer();
      for (const symbol of SYMBOLS) await context.store(plantedCandles(CANDLES), symbol);
      return start();
    };

    const state = async (service: TrainingService): Promise<string> =>
      (await service.queue.status()).state;
    const statuses = async (uid: string): Promise<readonly string[]> =>
      (await context.stores.jobs.list({ sessionUid: uid }, { limit: 9, offset: 0 })).rows
        .map(({ status }) => status)
        .sort();
    const begun = (count: number): Promise<boolean> =>
      until(() => trainer.begun.length === count || undefined);

    it('pauses after the job under way and goes on, also after a restart and when told twice', async () => {
      const service = await prepare();
      expect(await state(service)).toBe('idle');
      const { sessionUid } = await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await begun(1);
      expect(await state(service)).toBe('running');
      await Promise.all([service.queue.pause(), service.queue.pause()]);
      expect(await service.queue.status()).toMatchObject({
        ...{ state: 'paused', pausedBy: ['api'], failed: 0 },
        waiting: { 'training-high': 2, default: 0 },
      });
      trainer.let();
      await until(async () => (await service.queue.status()).failed === 1 || undefined);
      expect(trainer.begun).toHaveLength(1);
      await service.stop();

      const next = await start({ runUid: 'run-2' });
      expect(await state(next)).toBe('paused');
      expect(await statuses(sessionUid)).toEqual(['failed', 'pending', 'pending']);
      await next.queue.resume();
      await begun(2);
      expect(await state(next)).toBe('running');
    });

    it('stops after the job under way, and nothing is queued by itself until it is resumed', async () => {
      const service = await prepare();
      const { sessionUid } = await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await begun(1);
      expect(await service.queue.stopAfterCurrent()).toBe(2);
      expect(await service.queue.stopAfterCurrent()).toBe(0);
      expect(await state(service)).toBe('stopping');
      trainer.let();
      await until(async () => (await state(service)) === 'stopped' || undefined);
      expect(await statuses(sessionUid)).toEqual(['cancelled', 'cancelled', 'failed']);
      await service.planDue();
      expect(await context.stores.jobs.findOpen(KEYS[1] ?? KEY)).toBeUndefined();
      await service.queue.resume();
      await service.planDue();
      await begun(2);
    });

    it('is ended by force at any moment: the job is cancelled once and leaves nothing', async () => {
      const service = await prepare();
      const { sessionUid } = await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await begun(1);
      const cleared = await Promise.all([service.queue.forceStop(), service.queue.forceStop()]);
      expect([...cleared].sort()).toEqual([0, 3]);
      await until(async () => (await state(service)) === 'stopped' || undefined);
      expect(await statuses(sessionUid)).toEqual(['cancelled', 'cancelled', 'cancelled']);
      // What a person asks for ends the stop, and comes after the tidying up.
      await service.sessions.request({ keys: [KEYS[2] ?? KEY], kind: 'manual' });
      await begun(2);
      const { options, stores, log } = context;
      expect(filesBelow(options.workDir).length).toBeLessThanOrEqual(1);
      expect(await stores.models.latest(KEY)).toBeUndefined();
      expect(await stores.cooldowns.list(KEY.venue)).toEqual([]);
      expect(log.filter(({ message }) => message.includes('could not'))).toEqual([]);
      expect(await service.sessions.view(sessionUid)).toMatchObject({
        session: { status: 'cancelled' },
      });
    });

    it('ends in one state whichever of two commands wins', async () => {
      const service = await prepare();
      const { queue } = service;
      const pairs = [
        () => [queue.pause(), queue.resume()],
        () => [queue.stopAfterCurrent(), queue.forceStop()],
        () => [queue.resume(), queue.stopAfterCurrent()],
        () => [queue.forceStop(), service.sessions.request({ keys: KEYS, kind: 'manual' })],
        () => [queue.pause(), queue.forceStop()],
      ];
      for (const pair of pairs) {
        await Promise.all(pair());
        const seen = await queue.status();
        expect(['idle', 'running', 'paused', 'stopping', 'stopped']).toContain(seen.state);
      }
      await queue.forceStop();
      await queue.resume();
      await until(async () => (await state(service)) === 'idle' || undefined);
      const { total } = await context.stores.jobs.list(
        { status: 'running' },
        { limit: 1, offset: 0 },
      );
      expect(total).toBe(0);
    });

    it('pauses while the file exists and says so in its two lines', async () => {
      const pauseFile = path.join(tmpdir(), `evenkeel-test-pause-${process.pid}-${engine.name}`);
      const service = await prepare({ pauseFile });
      writeFileSync(pauseFile, '');
      try {
        await service.sessions.request({ keys: KEYS, kind: 'manual' });
        expect(await service.queue.status()).toMatchObject({ state: 'paused', pausedBy: ['file'] });
        expect(trainer.begun).toEqual([]);
      } finally {
        rmSync(pauseFile);
      }
      await until(async () => {
        await context.clock.advance(500);
        return trainer.begun.length === 1 || undefined;
      });
      const lines = context.log.map(({ message }) => message);
      expect(lines.filter((line) => /PAUSE|RESUMING/.test(line))).toEqual([
        ...['PAUSE DETECTED: Training paused', 'RESUMING: Training resumed'],
      ]);
    });

    it('holds the jobs of a paused session only, and names it', async () => {
      const service = await prepare();
      const { sessions, queue } = service;
      await queue.pause();
      const held = await service.sessions.request({ keys: KEYS.slice(0, 2), kind: 'manual' });
      await sessions.pause(held.sessionUid);
      expect((await sessions.pause(held.sessionUid)).session.status).toBe('paused');
      await queue.resume();
      expect(await queue.status()).toMatchObject({
        ...{ state: 'paused', pausedBy: [`session ${held.sessionUid}`] },
      });
      await service.sessions.request({ keys: KEYS.slice(2), kind: 'manual' });
      await begun(1);
      expect(await state(service)).toBe('running');
      trainer.let();
      await until(async () => (await state(service)) === 'paused' || undefined);
      expect((await sessions.resume(held.sessionUid)).session.status).toBe('running');
      await begun(2);
      await expect(sessions.start('nobody')).rejects.toThrow(RejectedError);
    });

    it('creates, starts, measures and cancels a session, and retries its failed jobs', async () => {
      const service = await prepare();
      const { sessions } = service;
      const made = await sessions.create({
        keys: KEYS,
        kind: 'manual',
        name: 'three',
        batchSize: 2,
      });
      expect(made).toMatchObject({ status: 'pending', priority: 'training-high' });
      await expect(sessions.pause(made.uid)).rejects.toThrow('is pending: it cannot pause');
      const first = await sessions.start(made.uid);
      expect(await sessions.start(made.uid)).toEqual({
        ...first,
        jobs: first.jobs.map((job) => expect.objectContaining({ uid: job.uid }) as unknown),
      });
      expect(first.jobs.map(({ batch }) => batch)).toEqual([1, 1, 2]);
      await begun(1);
      trainer.let();
      await begun(2);
      expect(await sessions.view(made.uid)).toMatchObject({
        session: { status: 'running' },
        progress: { current: 1, total: 3, summary: { failed: 1, running: 1, pending: 1 } },
      });
      const cancelled = await sessions.cancel(made.uid);
      expect(await sessions.cancel(made.uid)).toMatchObject({ session: { status: 'cancelled' } });
      expect(cancelled.progress.summary).toMatchObject({ cancelled: 2, failed: 1 });
      const again = await sessions.retryFailed(made.uid);
      expect(again.jobs.map(({ symbol }) => symbol)).toEqual([first.jobs[0]?.symbol]);
      await begun(3);
      expect(await context.stores.sessions.find(again.sessionUid)).toMatchObject({ kind: 'retry' });
      await expect(sessions.resume(made.uid)).rejects.toThrow('cancelled');
    });

    it('joins a waiting job to a second session, which sees its progress and keeps it', async () => {
      const service = await prepare();
      const { sessions, queue } = service;
      await queue.pause();
      const low = await sessions.request({ keys: KEYS, kind: 'auto' });
      const high = await sessions.request({ keys: KEYS.slice(1), kind: 'manual' });
      expect(high.jobs.map(({ uid }) => uid)).toEqual(low.jobs.slice(1).map(({ uid }) => uid));
      expect((await queue.status()).waiting).toMatchObject({
        ...{ 'training-high': 2, 'training-low': 1 },
      });
      expect((await sessions.view(high.sessionUid)).progress).toMatchObject({ total: 2 });
      const { progress } = await sessions.cancel(low.sessionUid);
      expect(progress.summary).toMatchObject({ cancelled: 1, pending: 2 });
      await queue.resume();
      for (const count of [1, 2]) {
        await begun(count);
        trainer.let();
      }
      await until(async () => (await state(service)) === 'idle' || undefined);
      expect((await sessions.view(high.sessionUid)).session.status).toBe('failed');
    });
  });

  describe.skipIf(!HAS_PYTHON)('a real trainer (needs npm run setup)', () => {
    it('is killed with its group when the queue is stopped by force in the middle of a fit', async () => {
      const context = await createTrainingContext(engine, { promotionGate: 'parity' });
      try {
        await context.store(plantedCandles(CANDLES));
        const trainer = createTrainer();
        let reach: () => void = () => undefined;
        const reached = new Promise<void>((resolve) => (reach = resolve));
        const service = context.service({
          createTrainer: () => trainer,
          events: { onProgress: (_, progress) => progress.stage === 'fit' && reach() },
        });
        await service.start();
        await service.sessions.request({ keys: [KEY], kind: 'manual' });
        await reached;
        await service.queue.forceStop();
        expect(await context.untilEnded()).toMatchObject({ errorCode: 'force_stopped' });
        await until(() => trainer.processId === undefined || undefined);
        const { options, stores } = context;
        await until(() => filesBelow(options.modelsDir).length === 0 || undefined);
        await until(() => filesBelow(options.workDir).length === 0 || undefined);
        expect(await stores.models.latest(KEY)).toBeUndefined();
        // The same service trains the key to its end afterwards.
        await service.sessions.request({ keys: [KEY], kind: 'manual' });
        const done = await until(async () => {
          const job = await stores.jobs.latest(KEY);
          return job?.status === 'completed' ? job : undefined;
        });
        expect(done.modelUid).toBe((await stores.models.findServing(KEY))?.uid);
      } finally {
        await context.close();
      }
    });
  });
});
