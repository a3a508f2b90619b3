import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contentName } from '../../src/artifacts/content-name.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { seededRandom } from '../../src/lib/seeded-random.js';
import { SILENT_LOGGER as logger } from '../../src/lib/silent-logger.js';
import { removeUnfinished } from '../../src/models/artifact-cleanup.js';
import { sweepCopies, sweepStore } from '../../src/models/artifact-sweep.js';
import { verifyModelArtifact } from '../../src/models/model-artifact.js';
import { PublishedModels } from '../../src/training/remote/published-models.js';
import type { Trainer } from '../../src/training/trainer-process/trainer-pool.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine } from '../database.js';
import { onMysqlServer } from '../mysql-server.js';
import { dropNames, redisPlace, redisSkipReason } from '../redis-server.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';
import { createTrainer, HAS_PYTHON, PROJECT_DIR } from '../trainer/real-trainer.js';
import { filesBelow } from '../training/files-below.js';
import { until } from '../training/holding-trainer.js';
import { plantedCandles } from '../training/planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  VENUE,
  type TrainingContext,
} from '../training/training-context.js';
import { remoteOf, RunningWorker } from '../training/worker-rig.js';
import { FaultProxy, type Point } from './fault-proxy.js';
import type { HostOrder } from './host-child.js';
import { RecordingTrainer, ReplayedTrainer } from './replayed-trainer.js';
import { hostOf, type Host } from './stored.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const READY = () => Promise.resolve({ status: 'ok', versions: {} } as const);
const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
/** Half of them while a worker puts a model, half while a daemon fetches one. */
const KILLS = IS_LONG ? 30 : 2;
const FILES = 4;
/** A worker asks for the daemon's mark first. A put is followed by a get. */
const UPLOAD_REQUESTS = { first: 1, count: 2 * FILES };
const DOWNLOAD_REQUESTS = { first: 0, count: FILES };
const LIMIT_MS = 180_000;

const points = (seed: string, { first, count }: typeof UPLOAD_REQUESTS): readonly Point[] => {
  const random = seededRandom(contentName(Buffer.from(seed)));
  return Array.from({ length: KILLS / 2 }, () => ({
    request: first + Math.floor(random() * count),
    part: random() < 0.5 ? 'request' : 'answer',
    share: random(),
  }));
};

forEachEngine((engine) => {
  const skipReason = redisSkipReason ?? s3SkipReason;
  const isHere = engine.name === 'mysql' && skipReason === undefined && HAS_PYTHON;
  describe.skipIf(!isHere)(`a host that is killed (${skipReason ?? 'S3'})`, () => {
    let server: OwnS3;
    let proxy: FaultProxy;
    let context: TrainingContext;
    let service: TrainingService;
    let daemon: Host;
    let recorded: string;
    let workerDir: string;
    let markName: string;
    const redis = redisPlace();
    const hosts: Host[] = [];

    beforeAll(async () => {
      server = await OwnS3.start();
      proxy = new FaultProxy(server.place);
      await proxy.start();
    });
    afterAll(async () => {
      await proxy.stop();
      await server.stop();
    });
    afterEach(async () => {
      await context.close();
      for (const { store } of hosts.splice(0)) store.close();
      await dropNames(redis);
    });

    /** A daemon, and what its workers' trainer brings from now on. */
    const begin = async (): Promise<void> => {
      context = await createTrainingContext(engine, { promotionGate: 'parity' });
      await context.store(plantedCandles(CANDLES));
      recorded = path.join(context.folder, 'recorded');
      workerDir = path.join(context.folder, 'worker', 'models');
      daemon = host(context.options.modelsDir);
      service = context.service({
        ...{ checkPython: READY, artifacts: daemon.stored },
        createRemote: remoteOf(context, redis, { stored: daemon.stored }),
      });
      await service.start();
      [markName = ''] = await server.names();
      const trainer = new RecordingTrainer(createTrainer(), recorded);
      await request();
      await finish(() => trainer);
      await forgetModel();
    };
    const host = (modelsDir: string): Host => {
      const made = hostOf(server.place, { stores: context.stores, modelsDir });
      hosts.push(made);
      return made;
    };
    const request = async (): Promise<string> => {
      const { jobs } = await service.sessions.request({ keys: [KEY], kind: 'manual' });
      return jobs[0]?.uid ?? '';
    };
    /** A worker of this process ends what is open; then the daemon's side serves it. */
    const finish = async (
      createTrainer: () => Trainer = () => new ReplayedTrainer(recorded),
    ): Promise<void> => {
      await mkdir(workerDir, { recursive: true });
      const { stored } = host(workerDir);
      const folders = { modelsDir: workerDir, workDir: path.join(context.folder, 'work-2') };
      const worker = new RunningWorker(context, redis, {
        ...{ stored, folders, createTrainer, checkPython: READY },
      });
      try {
        await context.untilEnded();
        // Its daemon looks again where the worker's word was lost.
        await until(async () => {
          await context.clock.advance(6_000);
          return (await context.stores.models.findServing(KEY)) !== undefined || undefined;
        });
      } finally {
        await worker.stop();
      }
    };
    const serving = async (): Promise<ModelRecord> => {
      const record = await context.stores.models.findServing(KEY);
      if (record === undefined) throw new Error('nothing serves');
      return record;
    };
    const verify = async ({ modelPath = '', manifestSha256 = '' }: ModelRecord) =>
      verifyModelArtifact({
        ...{ modelsDir: context.options.modelsDir, modelPath, manifestSha256 },
        maxFileBytes: 20_000_000,
      });
    /** Nothing names the model any more: nothing of it may stay anywhere. */
    const forgetModel = async (): Promise<void> => {
      const { models, artifacts: ledger } = context.stores;
      const { uid } = await serving();
      await models.archive(uid);
      await models.update(uid, { modelPath: undefined });
      await sweepStore({ store: daemon.store, ledger, graceMs: -1, logger });
      expect(await server.names()).toEqual([markName]);
      for (const modelsDir of [context.options.modelsDir, workerDir]) {
        await removeUnfinished({ modelsDir, logger });
        const sweep = { modelsDir, stores: context.stores, logger };
        await sweepCopies({ ...sweep, changedBefore: Infinity });
        expect(filesBelow(modelsDir).filter((name) => name !== '.evenkeel-models')).toEqual([]);
      }
    };
    /** Runs the host until the traffic comes to the point, at which it is killed. */
    const killAt = async (role: HostOrder['role'], point: Point): Promise<void> => {
      if (context.location.engine !== 'mysql') throw new Error('A worker needs MySQL');
      const modelsDir = role === 'worker' ? workerDir : context.options.modelsDir;
      const { location } = context;
      const options = { ...context.options, modelsDir };
      const order = { role, location, place: proxy.place, redis, options, recorded };
      proxy.requests = 0;
      const file = path.join(PROJECT_DIR, 'dist/test/artifacts/host-child.js');
      const told = JSON.stringify(order satisfies HostOrder);
      const child = spawn(process.execPath, [file, told], { stdio: 'ignore' });
      proxy.trap = { point, spring: () => child.kill('SIGKILL') };
      const [, signal] = (await once(child, 'exit')) as [unknown, unknown];
      expect(signal).toBe('SIGKILL');
    };

    const killUploadAt = async (point: Point): Promise<void> => {
      const uid = await request();
      await killAt('worker', point);
      expect(await context.stores.models.findServing(KEY)).toBeUndefined();
      // As after fifteen seconds of silence.
      const { database } = context.location as { readonly database: string };
      await onMysqlServer(`UPDATE \`${database}\`.workers SET seen_at = seen_at - 60000`);
      await context.clock.advance(6_000);
      await finish();
      const record = await serving();
      await verify(record);
      const job = await context.stores.jobs.find(uid);
      expect(job).toMatchObject({ status: 'completed', attempt: 2, modelUid: record.uid });
      const { rows } = await context.stores.models.list(
        { venue: VENUE },
        { limit: 100, offset: 0 },
      );
      expect(rows.filter(({ jobUid }) => jobUid === uid)).toHaveLength(1);
      expect(await server.names()).toHaveLength(FILES + 1);
      await forgetModel();
    };

    const killDownloadAt = async (record: ModelRecord, point: Point): Promise<void> => {
      const { stores, options, clock } = context;
      const place = path.join(options.modelsDir, record.modelPath ?? '?');
      const artifacts = daemon.stored;
      const published = new PublishedModels({ stores, artifacts, clock, logger, options });
      await stores.models.update(record.uid, { stage: 'candidate', status: 'active' });
      await rm(place, { recursive: true });
      await killAt('daemon', point);
      expect(await stores.models.findServing(KEY)).toBeUndefined();
      await expect(readFile(path.join(place, 'manifest.json'))).rejects.toThrow('ENOENT');
      const [waiting] = await published.list(false);
      expect(waiting?.uid).toBe(record.uid);
      expect(await published.take(waiting ?? record)).toMatchObject({ stage: 'serving' });
      await verify(record);
      await removeUnfinished({ modelsDir: options.modelsDir, logger });
      expect(filesBelow(options.modelsDir)).toHaveLength(FILES + 1);
    };

    it(
      `${KILLS} times while it puts or fetches a model loses no job, doubles none, serves no half and leaves nothing behind`,
      async () => {
        await begin();
        for (const point of points('uploads', UPLOAD_REQUESTS)) await killUploadAt(point);
        await request();
        await finish();
        const record = await serving();
        // The daemon of this process would take what its child is to take.
        await service.stop();
        for (const point of points('downloads', DOWNLOAD_REQUESTS)) {
          await killDownloadAt(record, point);
        }
        await forgetModel();
      },
      LIMIT_MS * (IS_LONG ? 5 : 1),
    );
  });
});
