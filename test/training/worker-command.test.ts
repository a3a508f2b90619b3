import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import type { RedisPlace } from '../../src/training/remote/redis-place.js';
import { forEachEngine } from '../database.js';
import { onMysqlServer } from '../mysql-server.js';
import { dropNames, redisPlace, redisSkipReason } from '../redis-server.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';
import { PROGRAM_VERSION as version, WorkerProcess } from './worker-process.js';
import { remoteOf } from './worker-rig.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const LIMIT_MS = 180_000;

forEachEngine((engine) => {
  const isHere = engine.name === 'mysql' && redisSkipReason === undefined && HAS_PYTHON;
  describe.skipIf(!isHere)('npm run worker (needs npm run setup and Redis)', () => {
    let context: TrainingContext;
    const place = redisPlace();
    afterEach(async () => {
      await context.close();
      await dropNames(place);
    });

    it(
      'says what it processes and one line a job, trains it, and ends gracefully',
      async () => {
        context = await createTrainingContext(engine, { promotionGate: 'parity' });
        await context.store(plantedCandles(CANDLES));
        const promoted: string[] = [];
        const events = { onPromoted: ({ uid }: { uid: string }) => void promoted.push(uid) };
        const service = context.service({
          createRemote: remoteOf(context, place, { version, events }),
        });
        await service.start();
        const { jobs } = await service.sessions.request({ keys: [KEY], kind: 'manual' });
        const worker = startWorker(context, place);
        try {
          // A start of Python at the lowest priority takes its time on a busy machine.
          await context.untilEnded();
          await until(() => worker.output.includes(': promoted') || worker.hasEnded() || undefined);
          expect(worker.output.split('\n')).toEqual(
            expect.arrayContaining([
              "Processing queues in order: ['training-high', 'training-normal', 'training-low', 'default']",
              `${jobs[0]?.uid ?? ''} BTC/USDT 1h catboost full training-high: promoted`,
            ]),
          );
          const serving = await context.stores.models.findServing(KEY);
          const folder = path.join(context.options.modelsDir, serving?.modelPath ?? '?');
          expect(existsSync(path.join(folder, 'model.onnx'))).toBe(true);
          await until(() => promoted.length > 0 || undefined);
          expect(promoted).toEqual([serving?.uid]);
        } finally {
          expect(await worker.stop()).toBe(0);
        }
        const [seen] = await context.stores.workers.list();
        expect(seen).toMatchObject({ status: 'stopped', version });
      },
      LIMIT_MS,
    );

    it('waits for the daemon to make the schema', async () => {
      context = await createTrainingContext(engine, {});
      const { database } = context.location as { readonly database: string };
      const step = `\`${database}\`.evenkeel_migrations`;
      const name = MIGRATIONS.at(-1)?.name ?? '';
      await onMysqlServer(`DELETE FROM ${step} WHERE name = '${name}'`);
      const worker = startWorker(context, place);
      const says = (text: string) =>
        until(() => worker.output.includes(text) || worker.hasEnded() || undefined);
      await says('Waiting for a daemon to make the schema');
      expect(worker.output).toContain(`lacks step ${name}`);
      await onMysqlServer(`INSERT INTO ${step} VALUES ('${name}', 0)`);
      await says('Waiting for a daemon with QUEUE=redis');
      expect(worker.hasEnded()).toBe(false);
      expect(await worker.stop()).toBe(0);
    });

    it('is not started where Redis refuses its password, which it does not print', async () => {
      context = await createTrainingContext(engine, {});
      const url = new URL(place.url);
      // The default user of this server has none.
      url.username = 'nobody';
      url.password = 'not-the-password';
      const worker = startWorker(context, { ...place, url: url.href });
      expect(await worker.ended).toBe(78);
      expect(worker.output).toMatch(/Redis refuses the user or password of REDIS_URL \(\w+\)/);
      expect(worker.output).not.toContain('not-the-password');
    });
  });

  function startWorker(
    { folder, options, location }: TrainingContext,
    place: RedisPlace,
  ): WorkerProcess {
    const dataDir = path.join(folder, 'worker');
    const settings = { MODELS_DIR: options.modelsDir };
    return new WorkerProcess({ location, place, dataDir, cwd: folder, settings });
  }
});
