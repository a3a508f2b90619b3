import { afterEach, describe, expect, it } from 'vitest';
import type { TrainingJob } from '../../src/domain/training-job.js';
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

const READY = `console.log(JSON.stringify({event:'ready',versions:{},rss_mb:1}));`;

/** Trainers that go wrong once they have been given a job: real processes, badly behaved. */
const FAULTS: readonly [string, string, string][] = [
  ['crashes', `${READY} process.stdin.once('data', () => process.exit(3));`, 'crashed'],
  ['hangs', `${READY} process.stdin.resume(); setInterval(() => {}, 1000);`, 'hung'],
  [
    'eats memory',
    `${READY} process.stdin.once('data', () => {
       const held = []; setInterval(() => held.push(Buffer.alloc(64 << 20, 1)), 10); });`,
    'memory',
  ],
  [
    'prints rubbish',
    `${READY} process.stdin.once('data', () => {
       for (let i = 0; i < 100; i++) console.log('rubbish'); });`,
    'bad_output',
  ],
];

describe.skipIf(!HAS_PYTHON)('a trainer that misbehaves (needs npm run setup)', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    const trainWith = async (script: string, code: string): Promise<TrainingJob> => {
      context = await createTrainingContext(engine);
      const candles = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
      await context.store(plantedCandles(candles));
      const command = [process.execPath, '-e', script];
      const limits = { memoryLimitMb: 300, jobTimeoutMs: code === 'hung' ? 1_000 : 30_000 };
      const service = context.service({
        createTrainer: () => createTrainer({ command, ...limits }),
      });
      await service.start();
      await service.planDue();
      const job = await context.untilEnded();
      await service.stop();
      return job;
    };

    it.each(engine.name === 'sqlite' ? FAULTS : FAULTS.slice(0, 1))(
      'that %s fails its job and starts a cooldown',
      async (_, script, code) => {
        const job = await trainWith(script, code);
        const { stores, options } = context;
        expect(job).toMatchObject({ status: 'failed', errorCode: code });
        const record = await stores.models.latest(KEY);
        expect(record).toMatchObject({
          status: 'failed',
          stage: 'candidate',
          modelPath: undefined,
        });
        expect(record?.errorMessage).toContain(code);
        expect(await stores.cooldowns.find(KEY)).toMatchObject({ kind: 'failure' });
        expect(filesBelow(options.modelsDir)).toEqual([]);
        expect(filesBelow(options.workDir)).toEqual([]);
        const [evidence] = await stores.evidence.listByJob(job.uid);
        expect(evidence?.error).toContain(code);
      },
    );

    it('is tried again once the cooldown is over, in another run too', async () => {
      await trainWith(`${READY} process.stdin.once('data', () => process.exit(3));`, 'crashed');
      const { clock, stores } = context;
      const mended = context.service({ runUid: 'run-2' });
      await mended.start();
      expect(await mended.planDue()).toMatchObject([{ obstacle: 'cooldown' }]);
      expect((await mended.status(KEY)).lastTrainingError).toContain('crashed');
      await clock.advance(600_000);
      expect(await mended.planDue()).toMatchObject([{ status: 'due', cause: 'untrained' }]);
      expect((await context.untilEnded()).status).toBe('completed');
      await mended.stop();
      expect(await stores.cooldowns.find(KEY)).toBeUndefined();
      expect((await mended.status(KEY)).lastTrainingError).toBeUndefined();
    });
  });
});
