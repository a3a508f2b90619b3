import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import { BOT_NAMES } from '../../src/domain/bots.js';
import { DEFAULT_DEEP } from '../../src/training/options/bot-params.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import type { PythonCheck } from '../../src/training/trainer-process/check-python.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine } from '../database.js';
import { dropNames, redisPlace, redisSkipReason } from '../redis-server.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  VENUE,
  type TrainingContext,
} from './training-context.js';
import { remoteOf, RunningWorker } from './worker-rig.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const DEEP: ModelKey = { ...KEY, bot: 'lstm' };
const PLAIN: PythonCheck = { status: 'ok', versions: {} };
const WITH_TORCH: PythonCheck = { status: 'ok', versions: { torch: '2.13.0+cpu' } };
const WITH_CARD: PythonCheck = {
  status: 'ok',
  versions: { torch: '2.13.0' },
  accelerator: 'NVIDIA T4',
};
/** The files of a Python that can train are looked at that often. */
const LOOK_MS = 1_000;
const WITHOUT_PYTHON: PythonCheck = {
  status: 'missing',
  message: 'there is no Python',
  fix: 'npm run setup',
};

forEachEngine((engine) => {
  const isHere = engine.name === 'mysql' && redisSkipReason === undefined;
  describe.skipIf(!isHere)(
    `a worker that cannot train every bot (${redisSkipReason ?? 'Redis'})`,
    () => {
      let context: TrainingContext;
      let workers: RunningWorker[] = [];
      const place = redisPlace();
      afterEach(async () => {
        await Promise.all(workers.map((worker) => worker.stop()));
        workers = [];
        await context.close();
        await dropNames(place);
      });

      const prepare = async (changes: Partial<TrainingOptions> = {}): Promise<TrainingService> => {
        context = await createTrainingContext(engine, {
          ...changes,
          bots: ['catboost', 'lstm'],
          pooling: 'off',
        });
        await context.store(plantedCandles(CANDLES));
        const service = context.service({ createRemote: remoteOf(context, place) });
        await service.start();
        return service;
      };

      const work = (
        check: PythonCheck,
        changes: ConstructorParameters<typeof RunningWorker>[2] = {},
      ): { readonly worker: RunningWorker; readonly trainer: HoldingTrainer } => {
        const trainer = new HoldingTrainer();
        const worker = new RunningWorker(context, place, {
          ...{ createTrainer: () => trainer, checkPython: () => Promise.resolve(check) },
          ...changes,
        });
        workers.push(worker);
        return { worker, trainer };
      };

      /** In which the daemon looks at its workers. */
      const nextRound = () => context.clock.advance(6_000);
      const jobOf = (key: ModelKey) => context.stores.jobs.latest(key);

      it('leaves the jobs of a deep bot to one that has PyTorch, and the daemon says who is missing', async () => {
        const service = await prepare();
        const plain = work(PLAIN);
        expect(await plain.worker.ready).toMatchObject({
          bots: ['catboost', 'catboost_regressor', 'random_forest'],
          reason: 'PyTorch is not installed (npm run setup -- --with torch)',
        });
        await service.sessions.request({ keys: [DEEP], kind: 'manual' });
        await service.sessions.request({ keys: [KEY], kind: 'manual' });
        // The one behind it is not held up.
        await until(() => plain.trainer.begun.length === 1 || undefined);
        expect(plain.trainer.begun).toEqual([(await jobOf(KEY))?.uid]);
        plain.trainer.let();
        await until(() => plain.worker.jobs.length === 1 || undefined);
        await nextRound();
        await until(() => service.trainerLack);
        expect(service.trainerFault).toBeUndefined();
        expect(service.trainerLack?.message).toMatch(
          /^no worker can train lstm; .*: PyTorch is not installed \(npm run setup -- --with torch\)$/,
        );
        expect((await service.status(DEEP)).lastTrainingError).toMatch(
          /^no worker can train lstm; /,
        );
        expect((await service.status(KEY)).lastTrainingError).not.toMatch(/no worker/);
        expect(await jobOf(DEEP)).toMatchObject({ status: 'pending' });

        const able = work(WITH_TORCH);
        expect(await able.worker.ready).toMatchObject({ bots: BOT_NAMES, reason: undefined });
        await until(() => able.trainer.begun.length === 1 || undefined);
        expect(able.trainer.begun).toEqual([(await jobOf(DEEP))?.uid]);
        await nextRound();
        await until(() => service.trainerLack === undefined || undefined);
        able.trainer.let();
        await until(() => able.worker.jobs.length === 1 || undefined);
        expect(plain.worker.jobs.length).toBe(1);
      });

      it('takes them once PyTorch is installed, without a new start', async () => {
        const service = await prepare();
        const python = path.join(context.folder, 'bin', 'python');
        let check = PLAIN;
        const { worker, trainer } = work(PLAIN, {
          python,
          checkPython: () => Promise.resolve(check),
        });
        const { uid } = await worker.ready;
        await service.sessions.request({ keys: [DEEP], kind: 'manual' });
        check = WITH_TORCH;
        mkdirSync(path.dirname(python));
        writeFileSync(python, '');
        await context.clock.advance(LOOK_MS);
        await until(() => trainer.begun.length === 1 || undefined);
        const seen = (await context.stores.workers.list(VENUE)).find((one) => one.uid === uid);
        expect(seen).toMatchObject({ bots: BOT_NAMES, reason: undefined, status: 'working' });
      });

      it('takes nothing without Python, which the daemon names', async () => {
        const service = await prepare();
        const { worker } = work(WITHOUT_PYTHON);
        expect(await worker.ready).toMatchObject({ bots: [] });
        await service.sessions.request({ keys: [KEY], kind: 'manual' });
        await nextRound();
        await until(() => service.trainerFault?.message.includes('no Python') || undefined);
        expect(service.trainerFault?.message).toMatch(/^no worker can train catboost, lstm; /);
        expect(await jobOf(KEY)).toMatchObject({ status: 'pending' });
      });

      it('leaves the jobs of a deep bot to one with a graphics card where TRAIN_DEVICE asks for it', async () => {
        const service = await prepare({ deep: { ...DEFAULT_DEEP, device: 'cuda' } });
        const plain = work(WITH_TORCH);
        expect(await plain.worker.ready).toMatchObject({
          bots: ['catboost', 'catboost_regressor', 'random_forest'],
          accelerator: undefined,
          reason: expect.stringContaining('PyTorch finds no graphics card here') as string,
        });
        await service.sessions.request({ keys: [DEEP], kind: 'manual' });
        const able = work(WITH_CARD);
        expect(await able.worker.ready).toMatchObject({
          bots: BOT_NAMES,
          accelerator: 'NVIDIA T4',
          reason: undefined,
        });
        await until(() => able.trainer.begun.length === 1 || undefined);
        expect(plain.trainer.begun).toEqual([]);
        const seen = await context.stores.workers.list(VENUE);
        expect(seen.map(({ accelerator }) => accelerator)).toEqual(['NVIDIA T4', undefined]);
      });

      it('takes no deep jobs where two of them do not fit into its memory', async () => {
        await prepare();
        const trainers = (bots: readonly string[]) => {
          // As many as the daemon's bots allow.
          expect(bots).toEqual(['catboost', 'lstm']);
          return { count: 2, memoryLimitMb: 400 };
        };
        const { worker } = work(WITH_TORCH, { trainers, concurrency: undefined });
        expect(await worker.ready).toMatchObject({
          bots: ['catboost', 'catboost_regressor', 'random_forest'],
          concurrency: 3,
          reason: expect.stringContaining(
            'lstm with TRAIN_PROCESSES=2 needs TRAIN_MEMORY_MB=800 at least; it is 400',
          ) as string,
        });
      });
    },
  );
});
