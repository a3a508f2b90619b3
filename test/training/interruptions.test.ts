import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PythonCheck } from '../../src/training/trainer-process/check-python.js';
import { descendantsOf, isAlive } from '../daemon/process-table.js';
import { forEachEngine } from '../database.js';
import { createTrainer, HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from './files-below.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
const FIX = 'run "npm run setup"';

describe.skipIf(!HAS_PYTHON)('training that is interrupted (needs npm run setup)', () => {
  forEachEngine((engine) => {
    // Stages do not depend on the engine: each once.
    const isSqlite = engine.name === 'sqlite';
    let context: TrainingContext;
    afterEach(() => context.close());

    it.each(isSqlite ? ['prepare', 'train', 'judge'] : ['fit'])(
      'by a stop in the stage "%s" gives the job back, and the next run does it',
      async (stage) => {
        context = await createTrainingContext(engine, { promotionGate: 'parity' });
        const { stores, options } = context;
        await context.store(plantedCandles(CANDLES));
        const trainer = createTrainer();
        let reach: () => void = () => undefined;
        const reached = new Promise<void>((resolve) => (reach = resolve));
        const service = context.service({
          createTrainer: () => trainer,
          events: { onProgress: (_, progress) => progress.stage === stage && reach() },
        });
        await service.start();
        await service.planDue();
        await reached;
        await service.stop();
        expect(trainer.processId).toBeUndefined();
        expect(await stores.jobs.latest(KEY)).toMatchObject({ status: 'pending' });
        expect(await stores.models.latest(KEY)).toBeUndefined();
        expect(filesBelow(options.modelsDir)).toEqual([]);
        expect(filesBelow(options.workDir)).toEqual([]);

        const next = context.service({ runUid: 'run-2' });
        await next.start();
        expect((await context.untilEnded()).status).toBe('completed');
      },
    );

    it.runIf(isSqlite)(
      'by a stop while the training worker does not answer is over soon',
      async () => {
        context = await createTrainingContext(engine, { promotionGate: 'parity' });
        await context.store(plantedCandles(CANDLES));
        const service = context.service();
        await service.start();
        await service.planDue();
        const worker = await vi.waitFor(
          () => {
            const found = descendantsOf(process.pid).find(({ command }) =>
              command.includes('training-worker'),
            );
            if (found === undefined) throw new Error('no training worker yet');
            return found;
          },
          { timeout: 30_000, interval: 5 },
        );
        process.kill(worker.pid, 'SIGSTOP');
        const startedAt = performance.now();
        const stopped = service.stop();
        // The seconds that the worker is given pass at once.
        const passing = setInterval(() => void context.clock.advance(500), 20);
        await stopped.finally(() => clearInterval(passing));
        expect(performance.now() - startedAt).toBeLessThan(8_000);
        expect(isAlive(worker.pid)).toBe(false);
        expect(await context.stores.jobs.latest(KEY)).toMatchObject({ status: 'pending' });
      },
    );

    it('is harmed by no second stop, and by no stop without a start', async () => {
      context = await createTrainingContext(engine);
      const service = context.service();
      await service.stop();
      await expect(service.stop()).resolves.toBeUndefined();
    });

    it('names a missing Python and the command that installs it, and begins when Python is there', async () => {
      context = await createTrainingContext(engine, { promotionGate: 'parity' });
      const { stores, clock, log } = context;
      await context.store(plantedCandles(CANDLES));
      let answer: PythonCheck = { status: 'missing', message: 'there is no Python', fix: FIX };
      const service = context.service({ checkPython: () => Promise.resolve(answer) });
      await service.start();
      await service.planDue();
      await service.planDue();
      expect(await stores.jobs.latest(KEY)).toBeUndefined();
      expect(await service.status(KEY)).toMatchObject({
        // Nothing was tried, so that nothing cools down: training begins as soon as Python can.
        ...{ isTrained: false, isCooldownActive: false, nextRetryAt: undefined },
        lastTrainingError: `there is no Python; to mend it, ${FIX}`,
        trainerFault: { fix: FIX },
      });
      expect(log.filter(({ message }) => message.includes(FIX))).toHaveLength(1);

      answer = { status: 'ok', versions: {} };
      await clock.advance(600_000);
      await service.planDue();
      expect((await context.untilEnded()).status).toBe('completed');
    });

    it('keeps the job waiting when Python disappears between check and job', async () => {
      context = await createTrainingContext(engine);
      const { stores } = context;
      await context.store(plantedCandles(CANDLES));
      const answers: PythonCheck[] = [{ status: 'ok', versions: {} }];
      const gone: PythonCheck = { status: 'missing', message: 'there is no Python', fix: FIX };
      const service = context.service({
        checkPython: () => Promise.resolve(answers.shift() ?? gone),
        createTrainer: () => createTrainer({ command: ['/nonexistent/python'] }),
      });
      await service.planDue();
      await service.start();
      await untilGivenBack(context);
      await service.stop();
      expect(await stores.jobs.latest(KEY)).toMatchObject({ status: 'pending', attempt: 1 });
      expect(await stores.cooldowns.find(KEY)).toBeUndefined();
    });
  });
});

async function untilGivenBack({ stores }: TrainingContext): Promise<void> {
  for (let round = 0; round < 500; round++) {
    const job = await stores.jobs.latest(KEY);
    // Why it waits again is written down.
    if (job?.status === 'pending' && job.errorMessage !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('The job was never given back');
}
