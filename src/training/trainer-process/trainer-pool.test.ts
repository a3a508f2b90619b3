import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createJob, createScratch, createTrainer } from '../../../test/trainer/real-trainer.js';
import { recordingLogger, type LogLine } from '../../../test/training/recording-logger.js';
import { until } from '../../../test/training/holding-trainer.js';
import { readGroup } from './process-group.js';
import type { TrainerJob } from './trainer-job.js';
import { failed, type TrainerOutcome } from './trainer-outcome.js';
import { TrainerPool, type Trainer } from './trainer-pool.js';

/**
 * Speaks the trainer's lines. A job named `b-60` holds 60 MB until its file is there and then fails with the id of
 * the process as its message; `crash` ends the process then.
 */
const FAKE = `
const fs = require('node:fs');
const say = (event) => process.stdout.write(JSON.stringify(event) + '\\n');
say({ event: 'ready', versions: {}, rss_mb: 1 });
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const { job, output_dir } = JSON.parse(line);
  let held = Buffer.alloc(Number(job.split('-')[1] ?? 0) << 20, 1);
  say({ event: 'progress', job, stage: 'fit', percent: 50 });
  const poll = setInterval(() => {
    if (!fs.existsSync(output_dir + '.go')) return;
    clearInterval(poll);
    if (job === 'crash') process.exit(9);
    held = undefined;
    say({ event: 'failed', job, code: 'internal', message: String(process.pid) });
  }, 10);
}).on('close', () => process.exit(0));
`;

describe('TrainerPool', () => {
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let pool: TrainerPool;
  let log: LogLine[];
  let begun: string[];

  const open = (size: number, memoryLimitMb = 1000, changes = {}): void => {
    log = [];
    begun = [];
    pool = new TrainerPool({
      ...{ size, memoryLimitMb, logger: recordingLogger(log) },
      create: () =>
        createTrainer({
          ...{ command: [process.execPath, '-e', FAKE], cwd: scratch.folder },
          ...{ memoryLimitMb, recycleAboveMb: memoryLimitMb, pollIntervalMs: 50, ...changes },
        }),
    });
  };
  const jobOf = (uid: string): TrainerJob =>
    createJob({ uid, folder: scratch.folder, rows: 100, featuresFile: '/none' });
  const run = (uid: string, signal?: AbortSignal): Promise<TrainerOutcome> =>
    pool.run(jobOf(uid), {
      ...(signal === undefined ? {} : { signal }),
      onProgress: () => void begun.push(uid),
    });
  const release = (uid: string): void => writeFileSync(`${jobOf(uid).outputDir}.go`, '');
  const untilBegun = (...uids: string[]): Promise<boolean> =>
    until(() => uids.every((uid) => begun.includes(uid)) || undefined);
  const processOf = (outcome: TrainerOutcome): number =>
    outcome.status === 'failed' && outcome.code === 'internal' ? Number(outcome.message) : NaN;

  beforeAll(async () => {
    scratch = await createScratch();
  });
  afterEach(() => pool.stop());
  afterAll(() => scratch.remove());

  it('runs as many jobs at a time as it has trainers, each in a process of its own', async () => {
    open(2);
    const running = ['one', 'two', 'three'].map((uid) => run(uid));
    await untilBegun('one', 'two');
    expect(begun).not.toContain('three');
    release('one');
    await untilBegun('three');
    release('two');
    release('three');
    const [first, second, third] = (await Promise.all(running)).map(processOf);
    expect(first).not.toBe(second);
    expect(third).toBe(first);
  });

  it('fails only the job whose trainer dies, and gives the next one a trainer again', async () => {
    open(2);
    const neighbour = run('beside');
    const dying = run('crash');
    await untilBegun('beside', 'crash');
    release('crash');
    expect(await dying).toMatchObject({ code: 'crashed' });
    const next = run('after');
    await untilBegun('after');
    release('beside');
    release('after');
    expect(processOf(await neighbour)).not.toBe(processOf(await next));
  });

  it('kills only the trainer of a job that is cancelled', async () => {
    open(2);
    const abort = new AbortController();
    const cancelled = run('unwanted', abort.signal);
    const kept = run('wanted');
    await untilBegun('unwanted', 'wanted');
    abort.abort();
    expect(await cancelled).toMatchObject({ code: 'cancelled' });
    release('wanted');
    expect(processOf(await kept)).toBeGreaterThan(0);
  });

  it('ends all trainers when it stops, also the idle one', async () => {
    open(2);
    const ended = run('ended');
    const open2 = run('held');
    await untilBegun('ended', 'held');
    release('ended');
    const idle = processOf(await ended);
    await pool.stop();
    expect(await open2).toMatchObject({ code: 'cancelled' });
    expect((await readGroup(idle)).members).toEqual([]);
  });

  it('lets the job that began last run again, alone, where both together pass the limit', async () => {
    open(2, 170);
    const first = run('a-60');
    await untilBegun('a-60');
    const second = run('b-60');
    await until(() => log.length > 0 || undefined);
    begun = [];
    release('a-60');
    expect(processOf(await first)).toBeGreaterThan(0);
    await untilBegun('b-60');
    release('b-60');
    expect(processOf(await second)).toBeGreaterThan(0);
    expect(log.map(({ level, message }) => [level, message])).toEqual([
      [
        'warn',
        expect.stringMatching(
          /held \d+ MB together, TRAIN_MEMORY_MB allows 170: .* 1 of 2 trainers work for now/,
        ),
      ],
    ]);
  });

  it('ends an idle trainer before a job has to give way, also after jobs between two polls', async () => {
    open(2, 300, { pollIntervalMs: 2_000 });
    const both = [run('c-60'), run('d-80')];
    await untilBegun('c-60', 'd-80');
    release('c-60');
    release('d-80');
    const processes = (await Promise.all(both)).map(processOf);
    const large = run('e-150');
    await until(async () => (await liveOf(processes)) === 1 || undefined);
    release('e-150');
    expect(processes).toContain(processOf(await large));
    expect(log).toEqual([]);
  });

  it('lets a fit take the processor of trainers that have nothing to do', async () => {
    const threads: (number | undefined)[] = [];
    const ends: (() => void)[] = [];
    const trainer: Trainer = {
      run: (_, options) => {
        threads.push(options?.threads);
        return new Promise((resolve) => ends.push(() => resolve(failed('internal', 'over'))));
      },
      stop: async () => undefined,
    };
    const logger = recordingLogger([]);
    pool = new TrainerPool({ size: 3, memoryLimitMb: 1000, logger, create: () => trainer });
    const all = ['one', 'two', 'three'].map((uid) => pool.run(jobOf(uid)));
    await until(() => ends.length === 3 || undefined);
    for (const end of ends) end();
    await Promise.all(all);
    expect(threads).toEqual([3, 2, 1]);
  });
});

async function liveOf(processes: readonly number[]): Promise<number> {
  const groups = await Promise.all(processes.map((id) => readGroup(id)));
  return groups.filter(({ members }) => members.length > 0).length;
}
