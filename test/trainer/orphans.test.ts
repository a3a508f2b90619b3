import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { readGroup } from '../../src/training/trainer-process/process-group.js';
import {
  createJob,
  createScratch,
  createTable,
  createTrainer,
  HAS_PYTHON,
  writeTable,
} from './real-trainer.js';

const ROWS = 3_000;
const GONE_ROUNDS = 100;
const GONE_ROUND_MS = 50;

const AUTOGROUP = '/proc/self/autogroup';

describe.skipIf(!HAS_PYTHON)('the priority of a trainer (needs npm run setup)', () => {
  it.skipIf(!existsSync(AUTOGROUP))(
    'is the lowest of its session too, where the kernel shares the processor by session (needs sched_autogroup)',
    async () => {
      const scratch = await createScratch();
      const table = createTable({ rows: ROWS, columns: 20 });
      const featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
      const trainer = createTrainer();
      const job = createJob({ uid: 'nice', folder: scratch.folder, rows: ROWS, featuresFile });
      expect(await trainer.run(job)).toMatchObject({ status: 'done' });
      const group = await readFile(`/proc/${String(trainer.processId)}/autogroup`, 'utf8');
      expect(group).toMatch(/ nice 19$/m);
      expect(await readFile(AUTOGROUP, 'utf8')).not.toMatch(/ nice 19$/m);
      await trainer.stop();
      await scratch.remove();
    },
  );
});

describe.skipIf(!HAS_PYTHON)('what is left of a killed trainer (needs npm run setup)', () => {
  it('dies with its parent when that is killed with SIGKILL', async () => {
    const scratch = await createScratch();
    const table = createTable({ rows: ROWS, columns: 20 });
    const featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
    const program = fileURLToPath(compiledUrl(import.meta.url, './orphan-parent.js'));
    const parameters = [program, featuresFile, scratch.folder, String(ROWS)];
    const parent = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const trainerId = Number.parseInt(chunk.toString(), 10);
    expect((await readGroup(trainerId)).members).toHaveLength(1);
    parent.kill('SIGKILL');
    await once(parent, 'close');
    expect(await isGone(trainerId)).toBe(true);
    expect(existsSync(path.join(scratch.folder, 'orphan'))).toBe(false);
    await scratch.remove();
  });

  it.each(['select', 'fit', 'refit'] as const)(
    'is gone with all its files when the job is cancelled during %s',
    async (stage) => {
      const scratch = await createScratch();
      const table = createTable({ rows: ROWS, columns: 60 });
      const featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
      const trainer = createTrainer();
      const abort = new AbortController();
      const base = createJob({ uid: 'killed', folder: scratch.folder, rows: ROWS, featuresFile });
      let trainerId = 0;
      const outcome = await trainer.run(
        { ...base, selection: { method: 'rfe', maxFeatures: 20, steps: 3 } },
        {
          signal: abort.signal,
          onProgress: (progress) => {
            trainerId = trainer.processId ?? trainerId;
            if (progress.stage === stage) abort.abort();
          },
        },
      );
      expect(outcome).toMatchObject({ status: 'failed', code: 'cancelled', isRetryable: false });
      expect((await readGroup(trainerId)).members).toEqual([]);
      expect(await readdir(scratch.folder)).toEqual(['table.evkf']);
      await trainer.stop();
      await scratch.remove();
    },
  );

  it('is gone when stopped in the middle of a job, and takes no other', async () => {
    const scratch = await createScratch();
    const table = createTable({ rows: ROWS, columns: 20 });
    const featuresFile = await writeTable(scratch.folder, 'table.evkf', table);
    const trainer = createTrainer();
    const job = createJob({ uid: 'stopped', folder: scratch.folder, rows: ROWS, featuresFile });
    const begun = new EventEmitter();
    const running = trainer.run(job, { onProgress: () => begun.emit('progress') });
    await once(begun, 'progress');
    const trainerId = trainer.processId;
    await Promise.all([trainer.stop(), trainer.stop()]);
    expect(await running).toMatchObject({ code: 'cancelled' });
    expect((await readGroup(trainerId ?? 0)).members).toEqual([]);
    expect(await trainer.run(job)).toMatchObject({ code: 'cancelled' });
    expect(trainer.processId).toBeUndefined();
    await scratch.remove();
  });
});

/** Nobody can wait for a process that is not its own: it is looked at until it is gone. */
async function isGone(groupId: number): Promise<boolean> {
  for (let round = 0; round < GONE_ROUNDS; round++) {
    if ((await readGroup(groupId)).members.length === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, GONE_ROUND_MS));
  }
  return false;
}
