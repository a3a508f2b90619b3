import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeepParams, TrainerJob } from '../../src/training/trainer-process/trainer-job.js';
import {
  createJob,
  createScratch,
  createTable,
  createTrainer,
  hasTorch,
  writeTable,
  SMALL_NETWORK,
} from './real-trainer.js';

const ROWS = 600;
const PARAMS: DeepParams = { ...SMALL_NETWORK, epochs: 6, width: 8 };

describe.skipIf(!hasTorch())('a deep job (needs npm run setup -- --with torch)', () => {
  const trainer = createTrainer();
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let featuresFile: string;
  let count = 0;

  const run = (overrides: Partial<TrainerJob> = {}) => {
    const own = { bot: 'lstm', params: PARAMS, ...overrides };
    const uid = `deep-${count++}`;
    return trainer.run(createJob({ uid, folder: scratch.folder, rows: ROWS, featuresFile }, own));
  };

  beforeAll(async () => {
    scratch = await createScratch();
    const table = createTable({ rows: ROWS, columns: 12 });
    featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
  });

  afterAll(async () => {
    await trainer.stop();
    await scratch.remove();
  });

  it('takes the features that trees rank first, in a process that is gone afterwards', async () => {
    const done = await run({ selection: { method: 'importance', maxFeatures: 4 } });
    if (done.status === 'failed') throw new Error(done.message);
    expect(done.manifest.features).toHaveLength(4);
    expect(done.manifest.features).toEqual(expect.arrayContaining(['f0', 'f1']));
    expect(done.manifest).toMatchObject({ device: 'cpu', window_rows: 8 });
    expect(done.peakRssMb).toBeLessThan(400);
  });

  it('has a process of its own, whatever ran before', async () => {
    const before = trainer.processId;
    expect(before).toBeDefined();
    expect((await run()).status).toBe('done');
    expect(trainer.processId).not.toBe(before);
  });

  it.each<[string, Partial<DeepParams>, string]>([
    [
      'a card that is not there',
      { device: 'cuda' },
      'params.device: TRAIN_DEVICE=cuda, and PyTorch',
    ],
    ['no epoch', { epochs: 0 }, 'params.epochs: expected a whole number from 1'],
    [
      'a window of one row',
      { windowRows: 1 },
      'params.window_rows: expected a whole number from 2',
    ],
  ])('refuses %s before it fits', async (_, change, words) => {
    const outcome = await run({ params: { ...PARAMS, ...change } });
    expect(outcome).toMatchObject({ status: 'failed', code: 'bad_job' });
    expect(outcome.status === 'failed' && outcome.message).toContain(words);
  });

  it('has too few rows where windows leave none of a part', async () => {
    const split = {
      train: { from: 0, to: 36 },
      validation: { from: 44, to: 60 },
      test: { from: 68, to: 100 },
    };
    expect(await run({ split })).toMatchObject({
      status: 'failed',
      code: 'too_few_rows',
      message: 'split.train: 29 labelled rows with the 8 rows of a window, at least 30 are needed',
    });
  });
});
