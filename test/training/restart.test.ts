import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { SystemClock } from '../../src/lib/clock.js';
import { trainerCommand } from '../../src/training/trainer-process/python-command.js';
import { forEachEngine } from '../database.js';
import { HAS_PYTHON, PYTHON, TRAINER_DIR } from '../trainer/real-trainer.js';
import type { DoomedOrder, DoomedProgress } from './doomed-daemon-child.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  START_MS,
  type TrainingContext,
} from './training-context.js';

const DOOMED = fileURLToPath(compiledUrl(import.meta.url, './doomed-daemon-child.js'));
const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const GONE_LIMIT_ROUNDS = 100;

describe.skipIf(!HAS_PYTHON)('a daemon that dies while it trains (needs npm run setup)', () => {
  forEachEngine((engine) => {
    // What is on disk and in the process table does not depend on the engine: each stage once.
    const isSqlite = engine.name === 'sqlite';
    let context: TrainingContext;
    afterEach(() => context.close());

    /** Starts a daemon of its own, kills it at that stage, and waits until its trainer is gone too. */
    const killAt = async (stage: string): Promise<void> => {
      const { location, options } = context;
      // Slow enough to be killed in the middle of every stage.
      const slow = { ...options, catboost: { ...options.catboost, iterations: 600 } };
      const order: DoomedOrder = {
        ...{ location, options: slow, marketMs: START_MS },
        ...{ command: trainerCommand(PYTHON), cwd: TRAINER_DIR },
      };
      const child = spawn(process.execPath, [DOOMED, JSON.stringify(order)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      const reached = await untilStage(createInterface(child.stdout), stage);
      child.kill('SIGKILL');
      await exited;
      expect(reached?.stage).toBe(stage);
      if (reached?.trainerPid !== undefined) await untilGone(reached.trainerPid);
    };

    it.each(isSqlite ? ['prepare', 'fit', 'judge'] : ['refit'])(
      'in the stage "%s" leaves a job that the next one does again, and nothing else',
      async (stage) => {
        context = await createTrainingContext(engine);
        await context.store(plantedCandles(CANDLES));
        await killAt(stage);
        const { stores, options } = context;
        expect(await stores.jobs.findOpen(KEY)).toMatchObject({ status: 'running', attempt: 1 });
        expect(await stores.models.latest(KEY)).toBeUndefined();

        const next = context.service({ runUid: 'run-2' });
        await next.start();
        const job = await context.untilEnded();
        await next.stop();
        expect(job).toMatchObject({ status: 'completed', attempt: 2 });
        const serving = await stores.models.findServing(KEY);
        expect(modelFolders(options.modelsDir)).toEqual([serving?.modelPath]);
        expect(readdirSync(options.workDir)).toEqual([]);
        expect(await next.planDue()).toMatchObject([{ obstacle: 'fresh' }]);
      },
    );

    it('in the middle of the fit of the base model leaves a session whose next job fits it again', async () => {
      const symbols = [KEY.symbol, 'ETH/USDT', 'SOL/USDT'];
      context = await createTrainingContext(engine, { symbols, promotionGate: 'parity' });
      for (const symbol of symbols) await context.store(plantedCandles(CANDLES), symbol);
      await killAt('base model: fit');
      const { stores, options } = context;
      const next = context.service({ runUid: 'run-2' });
      await next.start();
      for (const symbol of symbols) {
        expect(await context.untilEnded({ ...KEY, symbol })).toMatchObject({ status: 'completed' });
      }
      await next.stop();
      const [baseModel, ...others] = await stores.baseModels.list(KEY, {
        status: 'ready',
        limit: 9,
      });
      expect(others).toEqual([]);
      expect(baseModel).toMatchObject({ attempt: 2, members: symbols });
      const serving = await Promise.all(
        symbols.map((symbol) => stores.models.findServing({ ...KEY, symbol })),
      );
      expect(serving.map((model) => model?.parentUid)).toEqual(symbols.map(() => baseModel?.uid));
      const paths = [baseModel, ...serving].map((model) => model?.modelPath);
      expect([...modelFolders(options.modelsDir)].sort()).toEqual(paths.sort());
      expect(readdirSync(options.workDir)).toEqual([]);
    });

    it('fails a job after its second death, with a cooldown', async () => {
      context = await createTrainingContext(engine);
      await context.store(plantedCandles(CANDLES));
      await killAt('fit');
      const { stores, log } = context;
      const open = await stores.jobs.findOpen(KEY);
      await stores.jobs.requeue(open?.uid ?? '', { reason: 'died once', isDeath: true });
      await stores.jobs.claimNext({
        venue: KEY.venue,
        ownerRunUid: 'doomed-2',
        at: context.clock.wallMs(),
      });

      await context.service({ runUid: 'run-3' }).start();
      const job = await stores.jobs.latest(KEY);
      expect(job).toMatchObject({ status: 'failed', errorCode: 'owner_died' });
      expect(await stores.cooldowns.find(KEY)).toMatchObject({ kind: 'failure' });
      expect(log.some(({ message }) => message.includes('second time'))).toBe(true);
    });
  });
});

async function untilStage(
  lines: AsyncIterable<string>,
  stage: string,
): Promise<DoomedProgress | undefined> {
  for await (const line of lines) {
    const progress = JSON.parse(line) as DoomedProgress;
    if (progress.stage === stage) return progress;
  }
  return undefined;
}

async function untilGone(pid: number): Promise<void> {
  const clock = new SystemClock();
  for (let round = 0; round < GONE_LIMIT_ROUNDS; round++) {
    if (!existsSync(`/proc/${pid}`)) return;
    await clock.sleep(50);
  }
  throw new Error(`Process ${pid} outlived its daemon`);
}

/** Folders that hold a manifest, relative to the models' folder. */
function modelFolders(modelsDir: string): readonly string[] {
  return readdirSync(modelsDir, { recursive: true })
    .map((name) => name.toString())
    .filter((name) => name.endsWith('manifest.json'))
    .map((name) => name.replace(/\/manifest\.json$/, ''));
}
