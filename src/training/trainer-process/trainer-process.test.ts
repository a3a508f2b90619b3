import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createJob, createScratch, createTrainer } from '../../../test/trainer/real-trainer.js';
import { ManualClock } from '../../lib/manual-clock.js';
import { readGroup } from './process-group.js';
import type { TrainerJob } from './trainer-job.js';
import type { TrainerOutcome } from './trainer-outcome.js';
import type { TrainerProcess, TrainerProcessOptions } from './trainer-process.js';

/**
 * A process that speaks the trainer's lines and then does what the job's uid says: faults that the
 * real one cannot be brought to.
 */
const FAKE = `
const say = (event) => process.stdout.write(JSON.stringify(event) + '\\n');
const { spawn } = require('node:child_process');
const eat = 'globalThis.held = Buffer.alloc(200 << 20, 1); setInterval(() => 0, 1000)';
const done = (job, output_dir) => say({
  event: 'done', job, output_dir, manifest_sha256: 'a'.repeat(64), rss_mb: 1, peak_rss_mb: 1,
});
const faults = {
  progress: (job) => say({ event: 'progress', job, stage: 'fit', percent: 50 }),
  refuse: (job) => say({ event: 'failed', job, code: 'too_few_rows', message: 'three rows' }),
  large: (job) => {
    globalThis.held = Buffer.alloc((185 << 20) - process.memoryUsage.rss(), 1);
    setTimeout(() => faults.refuse(job), 300);
  },
  environment: (job) => {
    const message = Object.keys(process.env).sort().join();
    say({ event: 'failed', job, code: 'internal', message });
  },
  slow: (job) => {
    faults.progress(job);
    setTimeout(() => faults.refuse(job), 300);
  },
  exit: () => { console.error('Traceback: boom'); process.exit(7); },
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  family: (job) => {
    faults.progress(job);
    spawn('sleep', ['60'], { stdio: 'inherit' });
    setTimeout(() => process.exit(9), 100);
  },
  half: (job) => { process.stdout.write('{"event":"done","job":"' + job); process.exit(0); },
  'some-rubbish': (job) => {
    for (let i = 0; i < 20; i++) console.log('Learning rate set to', i);
    process.stdout.write('x'.repeat(200000) + '\\n');
    faults.refuse('of another job');
    faults.refuse(job);
  },
  rubbish: () => setInterval(() => console.log('noise'), 1),
  nothing: (job, dir) => done(job, dir),
  liar: (job, dir) => {
    require('node:fs').mkdirSync(dir);
    require('node:fs').writeFileSync(dir + '/manifest.json', '{}');
    done(job, dir);
  },
  eat: () => eval(eat),
  'child-eats': () => spawn(process.execPath, ['-e', eat]),
};
say({ event: 'ready', versions: {}, rss_mb: 1 });
require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const { job, output_dir } = JSON.parse(line);
  faults[job](job, output_dir);
}).on('close', () => process.exit(0));
`;

describe('TrainerProcess', () => {
  let scratch: Awaited<ReturnType<typeof createScratch>>;
  let trainer: TrainerProcess;

  const start = (options: Partial<TrainerProcessOptions> = {}): void => {
    const command = [process.execPath, '-e', FAKE];
    trainer = createTrainer({ command, cwd: scratch.folder, pollIntervalMs: 50, ...options });
  };
  const jobOf = (uid: string): TrainerJob => {
    return createJob({ uid, folder: scratch.folder, rows: 100, featuresFile: '/none' });
  };
  const run = (uid: string): Promise<TrainerOutcome> => trainer.run(jobOf(uid));
  const shell = (script: string): Partial<TrainerProcessOptions> => {
    return { command: ['sh', '-c', script] };
  };

  beforeAll(async () => {
    scratch = await createScratch();
  });

  afterEach(() => trainer.stop());

  afterAll(() => scratch.remove());

  it('starts with the first job and stays warm, also after a refusal', async () => {
    start();
    expect(trainer.processId).toBeUndefined();
    const refused = { status: 'failed', code: 'too_few_rows', message: 'three rows' };
    expect(await run('refuse')).toEqual({ ...refused, isRetryable: false });
    const first = trainer.processId;
    expect(first).toBeGreaterThan(0);
    await run('refuse');
    expect(trainer.processId).toBe(first);
  });

  it('sees no environment but the one that it is given', async () => {
    start({ env: { LANG: 'C.UTF-8' } });
    expect(await run('environment')).toMatchObject({ code: 'internal', message: 'LANG' });
  });

  it('takes one job at a time', async () => {
    start();
    const running = run('refuse');
    await expect(run('refuse')).rejects.toThrow('one job at a time');
    await running;
  });

  it('is replaced after so many jobs', async () => {
    start({ recycleAfterJobs: 2 });
    await run('refuse');
    const first = trainer.processId ?? 0;
    await run('refuse');
    expect(trainer.processId).toBeUndefined();
    expect((await readGroup(first)).members).toEqual([]);
    await run('refuse');
    expect(trainer.processId).not.toBe(first);
  });

  it('is replaced after a job that came near the memory limit', async () => {
    start({ memoryLimitMb: 200, recycleAboveMb: 170 });
    expect(await run('large')).toMatchObject({ code: 'too_few_rows' });
    expect(trainer.processId).toBeUndefined();
  });

  it('ends when it has been idle for long enough, and starts again when needed', async () => {
    const clock = new ManualClock(0);
    start({ clock, idleStopMs: 60_000 });
    await run('refuse');
    const first = trainer.processId ?? 0;
    await clock.advance(59_000);
    await run('refuse');
    await clock.advance(59_999);
    expect(trainer.processId).toBe(first);
    await clock.advance(1);
    expect(trainer.processId).toBeUndefined();
    expect(await run('refuse')).toMatchObject({ code: 'too_few_rows' });
    expect((await readGroup(first)).members).toEqual([]);
  });

  it.each([
    ['exit', 'ended with exit code 7: Traceback: boom'],
    ['segfault', 'ended with SIGSEGV'],
    ['half', 'ended with exit code 0'],
  ])('reports how it crashed: %s', async (uid, message) => {
    start();
    const outcome = await run(uid);
    expect(outcome).toMatchObject({ code: 'crashed', isRetryable: true });
    expect(outcome).toHaveProperty('message', expect.stringContaining(message));
    expect(await run('refuse')).toMatchObject({ code: 'too_few_rows' });
  });

  it('takes what the crashed process had started down with it', async () => {
    start();
    let groupId = 0;
    const outcome = await trainer.run(jobOf('family'), {
      onProgress: () => (groupId = trainer.processId ?? 0),
    });
    expect(outcome).toMatchObject({ code: 'crashed' });
    expect(groupId).toBeGreaterThan(0);
    expect((await readGroup(groupId)).members).toEqual([]);
  });

  it.each([
    ['jobTimeoutMs', { jobTimeoutMs: 3_600_000 }, 'not done after 3600 s'],
    ['stallTimeoutMs', { stallTimeoutMs: 90_000, jobTimeoutMs: 9e9 }, 'gave no sign for 90 s'],
  ])('is killed as hung when a job passes %s', async (_, limits, message) => {
    const clock = new ManualClock(0);
    start({ clock, monotonicMs: () => clock.wallMs(), pollIntervalMs: 30_000, ...limits });
    let groupId = 0;
    const running = trainer.run(jobOf('progress'), {
      onProgress: () => (groupId = trainer.processId ?? 0),
    });
    const outcome = await untilOver(running, async () => {
      if (groupId !== 0) await clock.advance(30_000);
    });
    expect(outcome).toMatchObject({ code: 'hung', isRetryable: true });
    expect(outcome).toHaveProperty('message', expect.stringContaining(message));
    expect((await readGroup(groupId)).members).toEqual([]);
  });

  it('is given its time although the wall clock jumps ahead by more', async () => {
    const clock = new ManualClock(0);
    start({ clock, pollIntervalMs: 30_000, jobTimeoutMs: 3_600_000 });
    let jump: Promise<void> | undefined;
    const outcome = await trainer.run(jobOf('slow'), {
      onProgress: () => {
        jump ??= clock.advance(2 * 3_600_000);
      },
    });
    await jump;
    expect(outcome).toMatchObject({ code: 'too_few_rows' });
  });

  it('is killed as hung when it is never ready, after the minutes that a busy machine takes', async () => {
    const clock = new ManualClock(0);
    start({
      clock,
      monotonicMs: () => clock.wallMs(),
      pollIntervalMs: 10_000,
      ...shell('sleep 600'),
    });
    const outcome = await untilOver(run('refuse'), () => clock.advance(10_000));
    expect(outcome).toMatchObject({ code: 'hung' });
    expect(outcome).toHaveProperty('message', 'the trainer was not ready after 600 s');
  });

  it('tolerates some unknown lines, an endless line and answers to other jobs', async () => {
    start();
    expect(await run('some-rubbish')).toMatchObject({ code: 'too_few_rows' });
  });

  it('ends a process that prints only unknown lines', async () => {
    start();
    expect(await run('rubbish')).toMatchObject({ code: 'bad_output', isRetryable: true });
    expect(trainer.processId).toBeUndefined();
  });

  it.each([
    ['nothing', 'cannot be read'],
    ['liar', 'not the one that was announced'],
  ])('does not believe that it is done: %s', async (uid, message) => {
    start();
    const outcome = await run(uid);
    expect(outcome).toMatchObject({ code: 'bad_output' });
    expect(outcome).toHaveProperty('message', expect.stringContaining(message));
    expect(existsSync(jobOf(uid).outputDir)).toBe(false);
  });

  it.each(['eat', 'child-eats'])('is killed at the memory limit of the group: %s', async (uid) => {
    start({ memoryLimitMb: 160 });
    const outcome = await run(uid);
    expect(outcome).toMatchObject({ code: 'memory', isRetryable: true });
    expect(outcome).toHaveProperty('message', expect.stringMatching(/TRAIN_MEMORY_MB allows 160$/));
    expect(trainer.processId).toBeUndefined();
  });

  it('removes the scratch directory of the process that it killed', async () => {
    start();
    const abort = new AbortController();
    const outcome = trainer.run(jobOf('progress'), {
      signal: abort.signal,
      onProgress: () => {
        const directory = `${jobOf('progress').outputDir}.tmp-${String(trainer.processId)}`;
        void mkdir(directory)
          .then(() => writeFile(path.join(directory, 'model.onnx'), 'half'))
          .then(() => abort.abort());
      },
    });
    expect(await outcome).toMatchObject({ code: 'cancelled' });
    expect(await readdir(scratch.folder)).toEqual([]);
  });

  it('starts nothing for a job that is cancelled before it begins', async () => {
    start();
    const outcome = await trainer.run(jobOf('refuse'), { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ code: 'cancelled' });
    expect(trainer.processId).toBeUndefined();
  });

  it.each<[string, Partial<TrainerProcessOptions>, string]>([
    ['no interpreter', { command: ['/none/python'] }, 'ENOENT'],
    ['no interpreter that may run', { command: ['/dev/null'] }, 'EACCES'],
    ['a missing package', shell('echo "E: No module named catboost" >&2; exit 1'), 'catboost'],
  ])('names the fix where there is %s', async (_, options, detail) => {
    start(options);
    const outcome = await run('refuse');
    expect(outcome).toMatchObject({ code: 'no_python', isRetryable: false });
    expect(outcome).toHaveProperty('message', expect.stringContaining(detail));
    expect(outcome).toHaveProperty('message', expect.stringContaining('npm run setup'));
  });

  it('stops twice, and before anything was started', async () => {
    start();
    await trainer.stop();
    await trainer.stop();
    expect(await run('refuse')).toMatchObject({ code: 'cancelled' });
  });
});

/** Calls `step` again and again, with the event loop in between, until there is an outcome. */
async function untilOver(
  running: Promise<TrainerOutcome>,
  step: () => Promise<void>,
): Promise<TrainerOutcome> {
  let isOver = false;
  const settled = running.finally(() => (isOver = true));
  while (!isOver) {
    await step();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}
