import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.js';
import { ProgressReporter, type Progress } from './progress-reporter.js';

function createReporter(store?: () => Promise<void>) {
  const clock = new ManualClock(0);
  const stored: Progress[] = [];
  const emitted: Progress[] = [];
  const errors: unknown[] = [];
  const reporter = new ProgressReporter({
    clock,
    store: store ?? ((progress) => Promise.resolve(void stored.push(progress))),
    emit: (progress) => emitted.push(progress),
    onStoreError: (error) => errors.push(error),
  });
  return { clock, reporter, stored, emitted, errors };
}

describe('ProgressReporter', () => {
  it('publishes every step and stores one a second', async () => {
    const { clock, reporter, stored, emitted } = createReporter();
    for (let pct = 1; pct <= 50; pct++) {
      reporter.report('fit', pct);
      await clock.advance(100);
    }
    await reporter.settle();
    expect(emitted).toHaveLength(50);
    expect(stored.length).toBeLessThanOrEqual(6);
    expect(stored.length).toBeGreaterThanOrEqual(4);
  });

  it('stores the beginning of a stage at once', async () => {
    const { reporter, stored } = createReporter();
    reporter.report('prepare', 0);
    await reporter.settle();
    reporter.report('train', 5);
    await reporter.settle();
    expect(stored.map(({ stage }) => stage)).toEqual(['prepare', 'train']);
  });

  it('never goes back and never beyond 100', () => {
    const { reporter, emitted } = createReporter();
    reporter.report('fit', 40);
    reporter.report('refit', 20);
    reporter.report('refit', 140);
    expect(emitted.map(({ progressPct }) => progressPct)).toEqual([40, 40, 100]);
  });

  it('survives a database that is away', async () => {
    const { reporter, errors } = createReporter(() => Promise.reject(new Error('away')));
    reporter.report('fit', 10);
    await reporter.settle();
    expect(errors).toHaveLength(1);
  });
});
