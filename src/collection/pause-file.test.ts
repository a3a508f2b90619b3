import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../lib/manual-clock.js';
import { RecordingLogger } from '../../test/exchange/recording-logger.js';
import { PauseFile } from './pause-file.js';

const POLL = { timeout: 10_000, interval: 2 };
const PAUSED = 'PAUSE DETECTED: Collection paused';
const RESUMED = 'RESUMING: Collection resumed';

let folder: string;
let file: string;
let clock: ManualClock;
let logger: RecordingLogger;
let stopping: AbortController;
let running: Promise<void>;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-test-'));
  file = path.join(folder, 'pause_collector.txt');
  clock = new ManualClock(0);
  logger = new RecordingLogger();
  stopping = new AbortController();
});

afterEach(async () => {
  stopping.abort(new Error('the test is over'));
  await running;
  rmSync(folder, { recursive: true, force: true });
});

function watch(name = file): PauseFile {
  const pause = new PauseFile({ file: name, subject: 'Collection', clock, logger });
  running = pause.run(stopping.signal);
  return pause;
}

const lines = (): string[] => logger.lines.map(({ message }) => message);

/** Lets checks happen until the log has that many lines. */
async function untilLines(count: number): Promise<void> {
  await expect
    .poll(async () => {
      await clock.advance(1_000);
      return lines().length;
    }, POLL)
    .toBe(count);
}

describe('the pause file', () => {
  test('lets work pass and logs nothing while there is no file', async () => {
    const pause = watch();
    await pause.passage(stopping.signal);
    expect(pause.isPaused).toBe(false);
    expect(lines()).toEqual([]);
  });

  test('holds all work while the file exists, and releases it when the file is gone', async () => {
    const pause = watch();
    writeFileSync(file, '');
    const passed: number[] = [];
    const all = [1, 2, 3].map((one) => pause.passage(stopping.signal).then(() => passed.push(one)));
    await untilLines(1);
    expect(pause.isPaused).toBe(true);
    expect(passed).toEqual([]);
    rmSync(file);
    await untilLines(2);
    await Promise.all(all);
    // Each checks the file system by itself: which is first does not matter.
    expect(passed.toSorted()).toEqual([1, 2, 3]);
    expect(lines()).toEqual([PAUSED, RESUMED]);
  });

  test('is seen by the next passage, without waiting for a check', async () => {
    const pause = watch();
    await pause.passage(stopping.signal);
    writeFileSync(file, '');
    const held = pause.passage(stopping.signal);
    await expect.poll(() => pause.isPaused, POLL).toBe(true);
    stopping.abort(new Error('stopped'));
    await expect(held).rejects.toThrow('stopped');
  });

  test('is logged once for each time, exactly so and without fields', async () => {
    watch();
    for (const round of [1, 2]) {
      writeFileSync(file, 'any text');
      await untilLines(round * 2 - 1);
      writeFileSync(file, 'another text');
      await clock.advance(2_000);
      rmSync(file);
      await untilLines(round * 2);
    }
    expect(lines()).toEqual([PAUSED, RESUMED, PAUSED, RESUMED]);
    expect(logger.lines.every(({ fields }) => Object.keys(fields).length === 0)).toBe(true);
  });

  test('ends within a second of wall time', async () => {
    const pause = watch();
    writeFileSync(file, '');
    await untilLines(1);
    rmSync(file);
    await clock.advance(1_000);
    await expect.poll(() => pause.isPaused, POLL).toBe(false);
    expect(clock.wallMs() % 1000).toBe(0);
  });

  test('lets go of those who wait when collection stops', async () => {
    const pause = watch();
    writeFileSync(file, '');
    const held = pause.passage(stopping.signal);
    held.catch(() => undefined);
    await untilLines(1);
    stopping.abort(new Error('collection was stopped'));
    await expect(held).rejects.toThrow('collection was stopped');
    expect(lines()).toEqual([PAUSED]);
  });

  test('may lie in a folder that does not exist', async () => {
    const pause = watch(path.join(folder, 'none', 'pause.txt'));
    await pause.passage(stopping.signal);
    expect(pause.isPaused).toBe(false);
  });

  test('may lie below what is no folder', async () => {
    writeFileSync(file, '');
    const pause = watch(path.join(file, 'pause.txt'));
    await pause.passage(stopping.signal);
    expect(pause.isPaused).toBe(false);
  });

  test('is looked for in the working directory', () => {
    expect(watch('pause_collector.txt').file).toBe(path.resolve('pause_collector.txt'));
  });
});
