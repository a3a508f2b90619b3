import { describe, expect, test } from 'vitest';
import type { CollectProgress } from '../src/commands/collect.js';
import { ManualClock } from '../src/lib/manual-clock.js';
import { progressText, Rate } from './collect-output.js';

const PROGRESS: CollectProgress = {
  by: 'this process',
  state: 'backfilling',
  seriesReady: 12,
  seriesTotal: 100,
  barsDone: 0,
  barsWanted: 100_000,
  percentage: 0,
};
const at = (barsDone: number, percentage: number, state = 'backfilling'): CollectProgress => ({
  ...PROGRESS,
  barsDone,
  percentage,
  state,
});

describe('the rate', () => {
  test('is unknown at first, then bars a second, with the time that the rest takes', async () => {
    const clock = new ManualClock(0);
    const rate = new Rate(clock);
    expect(rate.add(at(1_000, 1))).toEqual({ barsPerSec: undefined, etaSec: undefined });
    await clock.advance(10_000);
    expect(rate.add(at(11_000, 11))).toEqual({ barsPerSec: 1_000, etaSec: 89 });
  });

  test('goes by the last quarter of a minute', async () => {
    const clock = new ManualClock(0);
    const rate = new Rate(clock);
    rate.add(at(0, 0));
    await clock.advance(60_000);
    rate.add(at(600, 1));
    await clock.advance(10_000);
    expect(rate.add(at(20_600, 21)).barsPerSec).toBe(2_000);
  });

  test('begins again after a pause', async () => {
    const clock = new ManualClock(0);
    const rate = new Rate(clock);
    rate.add(at(0, 0));
    await clock.advance(10_000);
    rate.add(at(1_000, 1, 'paused'));
    await clock.advance(10_000);
    expect(rate.add(at(3_000, 3)).barsPerSec).toBe(200);
  });

  test('begins again when another process collects', async () => {
    const clock = new ManualClock(0);
    const rate = new Rate(clock);
    rate.add(at(50_000, 50));
    await clock.advance(1_000);
    expect(rate.add(at(10, 1)).barsPerSec).toBeUndefined();
  });

  test('says nothing of the rest while nothing moves', async () => {
    const clock = new ManualClock(0);
    const rate = new Rate(clock);
    rate.add(at(500, 5));
    await clock.advance(2_000);
    expect(rate.add(at(500, 5))).toEqual({ barsPerSec: 0, etaSec: undefined });
  });
});

describe('the line', () => {
  test('has series, bars, rate and the time left', () => {
    expect(progressText(at(34_567, 30), { barsPerSec: 8_200.4, etaSec: 79.2 })).toBe(
      '12 of 100 series | 34,567 bars | 8,200 bars/s | ETA 1:20',
    );
  });

  test('has hours where it takes that long', () => {
    expect(progressText(at(1, 1), { barsPerSec: 1, etaSec: 3_725 })).toContain('ETA 1:02:05');
  });

  test('says who collects and what holds it', () => {
    const progress = { ...at(10, 1, 'paused'), by: 'the daemon' as const };
    expect(progressText(progress, { barsPerSec: 5, etaSec: 5 })).toBe(
      'by the daemon | paused | 12 of 100 series | 10 bars',
    );
  });
});
