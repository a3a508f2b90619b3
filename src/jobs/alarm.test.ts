import { SILENT_LOGGER } from '../lib/silent-logger.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EVERY_HOUR, EVERY_MINUTE, EVERY_TWO_SECONDS, runOnAlarm, type Alarm } from './alarm.js';

const START = Date.UTC(2024, 2, 30, 23, 30, 20);
const MINUTE_MS = 60_000;
describe('an alarm', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: START });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Wakes work that notes its times and takes as long as it is told to. */
  function start(alarm: Alarm, durationsMs: number[] = []) {
    const controller = new AbortController();
    const runs: string[] = [];
    const running = runOnAlarm(
      { alarm, logger: SILENT_LOGGER, signal: controller.signal },
      async () => {
        runs.push(new Date().toISOString().slice(11, 19));
        const durationMs = durationsMs.shift();
        if (durationMs !== undefined)
          await new Promise((resolve) => setTimeout(resolve, durationMs));
      },
    );
    const stop = async (): Promise<void> => {
      controller.abort();
      await running;
    };
    return { runs, stop };
  }

  it('wakes its job at the start and with each minute of the wall clock', async () => {
    const { runs, stop } = start(EVERY_MINUTE);
    await vi.advanceTimersByTimeAsync(2.5 * MINUTE_MS);
    await stop();
    expect(runs).toEqual(['23:30:20', '23:31:00', '23:32:00']);
  });

  it('may ring by the hour or every other second', async () => {
    const hourly = start(EVERY_HOUR);
    await vi.advanceTimersByTimeAsync(61 * MINUTE_MS);
    await hourly.stop();
    expect(hourly.runs).toEqual(['23:30:20', '00:00:00']);
    const often = start(EVERY_TWO_SECONDS);
    await vi.advanceTimersByTimeAsync(5_000);
    await often.stop();
    expect(often.runs).toEqual(['00:31:20', '00:31:22', '00:31:24']);
  });

  it('counts the rings during a run as one', async () => {
    const { runs, stop } = start(EVERY_MINUTE, [3 * MINUTE_MS]);
    await vi.advanceTimersByTimeAsync(3.9 * MINUTE_MS);
    await stop();
    expect(runs).toEqual(['23:30:20', '23:33:20', '23:34:00']);
  });

  it('wakes its job once after the machine was suspended for days', async () => {
    const { runs, stop } = start(EVERY_MINUTE);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    vi.setSystemTime(START + 3 * 24 * 60 * MINUTE_MS);
    await vi.advanceTimersByTimeAsync(1.5 * MINUTE_MS);
    await stop();
    expect(runs.slice(0, 2)).toEqual(['23:30:20', '23:31:00']);
    expect(runs.length).toBeGreaterThanOrEqual(3);
    expect(runs.length).toBeLessThanOrEqual(4);
  });

  it('leaves no timer behind once it is stopped', async () => {
    const { runs, stop } = start(EVERY_MINUTE);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    await stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
    expect(runs).toHaveLength(2);
  });
});
