import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toJobLine } from '../../src/training/trainer-process/trainer-job.js';
import { RawTrainer } from './raw-trainer.js';
import { createJob, createScratch, createTable, HAS_PYTHON, writeTable } from './real-trainer.js';

const ROWS = 3_000;
/** Minutes of work, so that what happens to it happens in its middle. */
const LONG = { iterations: 20_000, earlyStoppingRounds: 20_000, learningRate: 0.001 };

describe.skipIf(!HAS_PYTHON)('the lines of the trainer (needs npm run setup)', () => {
  let trainer: RawTrainer;
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let featuresFile: string;

  const line = (uid: string, params: object = {}): string => {
    const job = createJob({ uid, folder: scratch.folder, rows: ROWS, featuresFile });
    return toJobLine({ ...job, params: { ...job.params, ...params } });
  };

  beforeAll(async () => {
    scratch = await createScratch();
    const table = createTable({ rows: ROWS, columns: 20 });
    featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
  });

  afterAll(() => scratch.remove());

  beforeEach(async () => {
    trainer = new RawTrainer();
    expect(await trainer.next()).toMatchObject({ event: 'ready' });
  });

  afterEach(() => {
    trainer.process.kill('SIGKILL');
  });

  it('ends with 0 when its input ends between jobs', async () => {
    expect(await trainer.end()).toBe(0);
  });

  it.skipIf(!existsSync('/proc/self/maps'))('has CatBoost loaded, and pandas not', async () => {
    const libraries = await readFile(`/proc/${String(trainer.process.pid)}/maps`, 'utf8');
    expect(libraries).toContain('_catboost');
    expect(libraries).not.toContain('pandas');
  });

  it('leaves at once and cleans up when its input ends in the middle of a job', async () => {
    trainer.send(line('orphan', LONG));
    while ((await trainer.next())['stage'] !== 'fit');
    expect(await readdir(scratch.folder)).toContainEqual(expect.stringMatching(/^orphan\.tmp-/));
    expect(await trainer.end()).toBe(3);
    expect((await readdir(scratch.folder)).filter((name) => name.startsWith('orphan'))).toEqual([]);
  });

  it('refuses a second job while one is running, and finishes the first', async () => {
    trainer.send(line('one') + line('two'));
    const answers = [await trainer.nextAnswer(), await trainer.nextAnswer()];
    expect(answers).toContainEqual(
      expect.objectContaining({ event: 'failed', job: 'two', code: 'bad_job' }),
    );
    expect(answers).toContainEqual(expect.objectContaining({ event: 'done', job: 'one' }));
  });

  it.each([
    ['not JSON', 'GET / HTTP/1.1', null, 'the job line is not JSON'],
    ['no object', '[1, 2]', null, 'the job line is not a JSON object'],
    ['no uid', '{"bot": "catboost"}', null, 'job: expected text'],
    ['little of a job', '{"job": "a", "bot": "catboost"}', 'a', 'features_file: expected text'],
  ])('answers %s with a refusal and goes on', async (_, text, job, message) => {
    trainer.send(`${text}\n`);
    const answer = await trainer.nextAnswer();
    expect(answer).toMatchObject({ event: 'failed', job, code: 'bad_job' });
    expect(answer['message']).toContain(message);
    trainer.send(line(`after-${String(job)}-${text.length}`, { iterations: 2 }));
    expect(await trainer.nextAnswer()).toMatchObject({ event: 'done' });
  });

  it.each([
    ['a field of the job', (text: string) => text.replace('{', '{"colour": "red", '), 'colour:'],
    [
      'a parameter',
      (text: string) => text.replace('"params":{', '"params":{"colour":1,'),
      'params.colour:',
    ],
    [
      'a part of the split',
      (text: string) => text.replace('"split":{', '"split":{"more":[1,2],'),
      'split.more:',
    ],
  ])('refuses %s that it does not know', async (_, change, field) => {
    trainer.send(change(line('foreign')));
    expect(await trainer.nextAnswer()).toMatchObject({
      code: 'bad_job',
      message: `${field} unknown field`,
    });
  });

  it('says how much memory it holds', async () => {
    trainer.send(line('memory', { iterations: 5 }));
    const answer = await trainer.nextAnswer();
    expect(answer['rss_mb']).toBeGreaterThan(20);
    expect(answer['peak_rss_mb']).toBeGreaterThanOrEqual(Number(answer['rss_mb']) - 1);
  });
});
