import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/lib/errors.js';
import { sweepStore } from '../../src/models/artifact-sweep.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { forEachEngine } from '../database.js';
import { dropNames, redisPlace, redisSkipReason } from '../redis-server.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from '../training/files-below.js';
import { until } from '../training/holding-trainer.js';
import { plantedCandles } from '../training/planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from '../training/training-context.js';
import { PROGRAM_VERSION as version, WorkerProcess } from '../training/worker-process.js';
import { remoteOf, RunningWorker } from '../training/worker-rig.js';
import { hostOf, type Host } from './stored.js';

const LIMIT_MS = 180_000;
const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };

forEachEngine((engine) => {
  const skipReason = redisSkipReason ?? s3SkipReason;
  const isHere = engine.name === 'mysql' && skipReason === undefined && HAS_PYTHON;
  describe.skipIf(!isHere)(`a worker with a folder of its own (${skipReason ?? 'S3'})`, () => {
    let server: OwnS3;
    let context: TrainingContext;
    let hosts: Host[] = [];
    let workers: RunningWorker[] = [];
    const place = redisPlace();
    beforeAll(async () => {
      server = await OwnS3.start();
    });
    afterAll(() => server.stop());
    afterEach(async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      workers = [];
      await context.close();
      for (const { store } of hosts) store.close();
      hosts = [];
      await dropNames(place);
    });

    const host = (name: string): Host & { readonly modelsDir: string } => {
      const modelsDir = path.join(context.folder, name);
      mkdirSync(modelsDir, { recursive: true });
      const made = hostOf(server.place, { stores: context.stores, modelsDir });
      hosts.push(made);
      return { ...made, modelsDir };
    };

    it('trains, and the daemon fetches, compares and promotes', { timeout: LIMIT_MS }, async () => {
      context = await createTrainingContext(engine, { promotionGate: 'parity' });
      await context.store(plantedCandles(CANDLES));
      const daemon = hostOf(server.place, {
        ...{ stores: context.stores, modelsDir: context.options.modelsDir },
      });
      hosts.push(daemon);
      const promoted: string[] = [];
      const service = context.service({
        createRemote: remoteOf(context, place, {
          ...{ stored: daemon.stored, version },
          events: { onPromoted: ({ uid }) => void promoted.push(uid) },
        }),
        artifacts: daemon.stored,
      });
      await service.start();
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      const hostFolder = path.join(context.folder, 'other-host');
      const modelsDir = path.join(hostFolder, 'models');
      const worker = startWorker(context, hostFolder);
      try {
        // A start of Python at the lowest priority takes its time on a busy machine.
        await context.untilEnded();
        await until(() => promoted.length > 0 || undefined);
        await until(() => worker.output.includes('full training-high: published') || undefined);
      } finally {
        expect(await worker.stop()).toBe(0);
      }
      const serving = await context.stores.models.findServing(KEY);
      expect(promoted).toEqual([serving?.uid]);
      const folder = serving?.modelPath ?? '?';
      expect(existsSync(path.join(context.options.modelsDir, folder, 'model.onnx'))).toBe(true);
      expect(filesBelow(path.join(modelsDir, folder)).toSorted()).toEqual(
        filesBelow(path.join(context.options.modelsDir, folder)).toSorted(),
      );
      // Once nothing names it, it goes from the store.
      const before = await server.names();
      await context.stores.models.update(serving?.uid ?? '', { modelPath: undefined });
      const ledger = context.stores.artifacts;
      const sweep = { store: daemon.store, ledger, logger: SILENT_LOGGER };
      expect(await sweepStore({ ...sweep, graceMs: 3_600_000 })).toBe(0);
      expect(await sweepStore({ ...sweep, graceMs: -1 })).toBe(4);
      expect((await server.names()).length).toBe(before.length - 4);
    });

    it('is refused where its store is another one than that of the daemon', async () => {
      context = await createTrainingContext(engine);
      const { stores, options } = context;
      const daemon = hostOf(server.place, { stores, modelsDir: options.modelsDir });
      hosts.push(daemon);
      const createRemote = remoteOf(context, place, { stored: daemon.stored });
      await context.service({ createRemote }).start();
      const { modelsDir } = host('worker');
      const elsewhere = { ...server.place, prefix: 'of-another-database/' };
      const { stored, store } = hostOf(elsewhere, { stores, modelsDir });
      hosts.push({ stored, store });
      const worker = new RunningWorker(context, place, {
        ...{ stored, folders: { modelsDir, workDir: modelsDir } },
      });
      workers.push(worker);
      await expect(worker.ended).rejects.toThrow(ConfigError);
      await expect(worker.ended).rejects.toThrow(/is not the artifact store of the daemon of test/);
      const refused = new RunningWorker(context, place, {
        ...{ folders: { modelsDir, workDir: modelsDir } },
      });
      workers.push(refused);
      await expect(refused.ended).rejects.toThrow('or give both an artifact store (ARTIFACTS)');
    });

    it(
      'ends with 78 where the store refuses its key, and with 69 where it does not answer',
      async () => {
        context = await createTrainingContext(engine);
        const { stores, options } = context;
        const daemon = hostOf(server.place, { stores, modelsDir: options.modelsDir });
        hosts.push(daemon);
        const createRemote = remoteOf(context, place, { stored: daemon.stored, version });
        await context.service({ createRemote }).start();
        const folder = path.join(context.folder, 'other-host');
        mkdirSync(folder);
        const { location } = context;
        const endOf = async (changes: Readonly<Record<string, string>>) => {
          const settings = { ...server.environment, ...changes };
          const worker = new WorkerProcess({
            location,
            place,
            dataDir: folder,
            cwd: folder,
            settings,
          });
          return { code: await worker.ended, output: worker.output };
        };
        const ends = [
          {
            changes: { S3_SECRET_ACCESS_KEY: 'wrong-secret' },
            code: 78,
            says: /access is refused \(403\): check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and their rights/,
          },
          {
            changes: { S3_ENDPOINT: 'http://127.0.0.1:1' },
            code: 69,
            says: /127\.0\.0\.1:1: ECONNREFUSED; check S3_ENDPOINT and whether its server runs/,
          },
          {
            changes: { MODELS_DIR: '/dev/null/models' },
            code: 78,
            says: /MODELS_DIR \/dev\/null\/models cannot be written .*or set another/,
          },
        ];
        for (const { changes, code, says } of ends) {
          const end = await endOf(changes);
          expect(end.code, end.output).toBe(code);
          expect(end.output).toMatch(says);
          expect(end.output).not.toContain('wrong-secret');
          expect(end.output).not.toMatch(/\n\s+at /);
        }
      },
      LIMIT_MS,
    );

    /** `npm run worker` with the settings of a host that shares nothing but the three servers. */
    function startWorker({ location }: TrainingContext, folder: string) {
      mkdirSync(folder);
      const secretFile = path.join(folder, 'secret');
      const { S3_SECRET_ACCESS_KEY: secret = '', ...s3 } = server.environment;
      writeFileSync(secretFile, `${secret}\n`);
      const settings = { ...s3, S3_SECRET_ACCESS_KEY_FILE: secretFile };
      const worker = new WorkerProcess({ location, place, dataDir: folder, cwd: folder, settings });
      return {
        get output() {
          return worker.output;
        },
        stop: async (): Promise<unknown> => {
          const code = await worker.stop();
          expect(worker.output).not.toContain(secret);
          return code;
        },
      };
    }
  });
});
