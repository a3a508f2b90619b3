import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DEAD_AFTER_MS } from '../../src/domain/queue-worker.js';
import { ConfigError } from '../../src/lib/errors.js';
import { assertAdmitted } from '../../src/training/remote/assert-admitted.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine } from '../database.js';
import { onMysqlServer } from '../mysql-server.js';
import { OwnRedis, redisSkipReason, withRedis } from '../redis-server.js';
import { PROJECT_DIR } from '../trainer/real-trainer.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';
import type { WorkerOrder } from './worker-child.js';
import { remoteOf, RunningWorker } from './worker-rig.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const OTHER = 'ETH/USDT';
const READY = () => Promise.resolve({ status: 'ok', versions: {} } as const);
/** A daemon looks for the dead once a round, and an idle worker for jobs once in five beats. */
const ROUND_MS = 5_000;
const IDLE_LOOK_MS = 10_000;
const LIMIT_MS = 120_000;

forEachEngine((engine) => {
  const isHere = engine.name === 'mysql' && redisSkipReason === undefined;
  describe.skipIf(!isHere)(`workers that are lost (${redisSkipReason ?? 'Redis'})`, () => {
    let context: TrainingContext;
    let redis: OwnRedis;
    let service: TrainingService;
    let children: ChildProcess[] = [];
    let workers: RunningWorker[] = [];
    afterEach(async () => {
      for (const child of children) child.kill('SIGKILL');
      children = [];
      await Promise.all(workers.map((worker) => worker.stop()));
      workers = [];
      await context.close();
      await redis.stop();
    });

    const begin = async (): Promise<string> => {
      redis = await OwnRedis.start();
      context = await createTrainingContext(engine, {
        pooling: 'off',
        symbols: [KEY.symbol, OTHER],
      });
      for (const symbol of [KEY.symbol, OTHER]) {
        await context.store(plantedCandles(CANDLES), symbol);
      }
      place = redis.place;
      const createRemote = remoteOf(context, place);
      service = context.service({ createRemote, checkPython: READY });
      await service.start();
      const { jobs } = await service.sessions.request({ keys: [KEY], kind: 'manual' });
      return jobs[0]?.uid ?? '';
    };
    let place: OwnRedis['place'];
    const goFile = () => path.join(context.folder, 'go');
    /** A worker of its own process that has begun the job. */
    const startWorker = async () => {
      const { location, options } = context;
      if (location.engine !== 'mysql') throw new Error('A worker needs MySQL');
      const { modelsDir, workDir } = options;
      const folders = { modelsDir, workDir };
      const order: WorkerOrder = { location, place, folders, goFile: goFile() };
      const file = path.join(PROJECT_DIR, 'dist/test/training/worker-child.js');
      const child = spawn(process.execPath, [file, JSON.stringify(order)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
      const says = (word: string) => until(() => output.includes(word) || undefined);
      await says('begun');
      const uid = /worker (\w+)/.exec(output)?.[1] ?? '';
      return { child, uid, says };
    };
    const kill = async (child: ChildProcess): Promise<void> => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    };
    /** As after so much silence of a worker, and a round of the daemon. */
    const silenceFor = async (uid: string, durationMs: number): Promise<void> => {
      const { database } = context.location as { readonly database: string };
      const changed = `seen_at = CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) - ${durationMs}`;
      await onMysqlServer(`UPDATE \`${database}\`.workers SET ${changed} WHERE uid = '${uid}'`);
      await context.clock.advance(ROUND_MS + 1_000);
    };
    const another = (): HoldingTrainer => {
      const trainer = new HoldingTrainer();
      workers.push(
        new RunningWorker(context, place, { createTrainer: () => trainer, checkPython: READY }),
      );
      return trainer;
    };
    const statusOf = async (uid: string) => (await context.stores.jobs.find(uid))?.status;

    it(
      'leave their job to another within 30 seconds after a kill',
      { timeout: LIMIT_MS },
      async () => {
        const job = await begin();
        const first = await startWorker();
        const other = another();
        await kill(first.child);
        await silenceFor(first.uid, DEAD_AFTER_MS / 2);
        expect(await context.stores.jobs.find(job)).toMatchObject({ ownerRunUid: first.uid });
        await silenceFor(first.uid, DEAD_AFTER_MS + 1);
        await until(() => other.begun.length === 1 || undefined);
        expect(await context.stores.jobs.find(job)).toMatchObject({
          attempt: 2,
          status: 'running',
        });
        other.let();
        await until(async () => (await statusOf(job)) === 'failed' || undefined);
        // What the protocol promises, whatever this machine does: silence, a round, and a look without a ticket.
        expect(DEAD_AFTER_MS + ROUND_MS + IDLE_LOOK_MS).toBeLessThanOrEqual(30_000);
      },
    );

    it('bring nothing any more once their claim is void', { timeout: LIMIT_MS }, async () => {
      const job = await begin();
      const first = await startWorker();
      first.child.kill('SIGSTOP');
      await silenceFor(first.uid, DEAD_AFTER_MS + 1);
      const other = another();
      await until(() => other.begun.length === 1 || undefined);
      writeFileSync(goFile(), '');
      first.child.kill('SIGCONT');
      await first.says('ended requeued');
      const stored = await context.stores.jobs.find(job);
      expect(stored).toMatchObject({ status: 'running', attempt: 2, errorCode: undefined });
      expect(await context.stores.models.latest(KEY)).toBeUndefined();
      other.let();
      await until(async () => (await statusOf(job)) === 'failed' || undefined);
      expect((await context.stores.models.listVersions(KEY)).length).toBe(1);
    });

    it('by one job each fail it with the second', { timeout: LIMIT_MS }, async () => {
      const job = await begin();
      let last: { readonly uid: string; readonly pid: number | undefined } | undefined;
      for (const death of [1, 2]) {
        const { child, uid } = await startWorker();
        last = { uid, pid: child.pid };
        expect(await context.stores.jobs.find(job)).toMatchObject({ attempt: death });
        await kill(child);
        await silenceFor(uid, DEAD_AFTER_MS + 1);
        const left = death === 1 ? 'pending' : 'failed';
        await until(async () => (await statusOf(job)) === left || undefined);
      }
      const failure = await context.stores.jobs.find(job);
      expect(failure).toMatchObject({ errorCode: 'owner_died' });
      const name = `worker ${last?.uid ?? ''} (${hostname()}, process ${last?.pid ?? 0})`;
      const words = `${name} died while the job was running`;
      expect(failure?.errorMessage).toContain(words);
      const lines = context.log.map(({ message }) => message);
      expect(lines.some((line) => line.startsWith(`[TRAIN] Failed: ${words}`))).toBe(true);
      expect(lines.filter((line) => line.includes('daemon died'))).toEqual([]);
    });

    it('are refused by a Redis that wants another password, without its text', async () => {
      await begin();
      await withRedis(redis.url, (own) => own.config('SET', 'requirepass', 'right'));
      const url = new URL(redis.url);
      for (const password of ['canary-wrong', '']) {
        url.password = password;
        const asked = assertAdmitted({ url: url.href, prefix: place.prefix });
        await expect(asked).rejects.toThrow(ConfigError);
        await expect(asked).rejects.toThrow(/^(?!.*canary).*password of REDIS_URL/);
      }
      url.password = 'right';
      await assertAdmitted({ url: url.href, prefix: place.prefix });
      await redis.kill();
      await assertAdmitted({ url: url.href, prefix: place.prefix });
    });

    it('work on where Redis is full, and the daemon says so', { timeout: LIMIT_MS }, async () => {
      const first = await begin();
      const trainer = another();
      await until(() => trainer.begun.length === 1 || undefined);
      await withRedis(redis.url, async (own) => {
        await own.config('SET', 'maxmemory-policy', 'noeviction');
        await own.set('of-somebody-else', 'x'.repeat(2_000_000));
        await own.config('SET', 'maxmemory', '1mb');
      });
      const keys = [{ ...KEY, symbol: OTHER }];
      const { jobs } = await service.sessions.request({ keys, kind: 'manual' });
      await until(() => service.redisTrouble !== undefined || undefined);
      expect(service.redisTrouble?.reason).toMatch(/^Redis: .*OOM/);
      trainer.let();
      await until(() => trainer.begun.length === 2 || undefined);
      expect(trainer.begun).toEqual([first, jobs[0]?.uid]);
    });
  });
});
