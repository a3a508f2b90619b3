import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../lib/manual-clock.js';
import { LoopWatch } from './loop-watch.js';

const LIMIT_MS = 60_000;
let watch: LoopWatch | undefined;
afterEach(() => watch?.stop());

function setUp() {
  const clock = new ManualClock(1000);
  watch = new LoopWatch(clock, LIMIT_MS);
  return { clock, watch };
}

it('is alive from its start until the limit of silence is passed', async () => {
  const { clock, watch } = setUp();
  watch.start();
  await clock.advance(LIMIT_MS);
  expect(watch.isAlive()).toBe(true);
  await clock.advance(1);
  expect(watch.isAlive()).toBe(false);
  expect(watch.silenceMs()).toBe(LIMIT_MS + 1);
});

it('each beat counts and restarts the silence', async () => {
  const { clock, watch } = setUp();
  watch.start();
  expect(watch.lastCycleAt).toBeUndefined();
  await clock.advance(LIMIT_MS + 1);
  watch.beat();
  expect(watch.isAlive()).toBe(true);
  expect(watch.cycles).toBe(1);
  expect(watch.lastCycleAt).toBe(1000 + LIMIT_MS + 1);
});

it('knows no delay before it was started', () => {
  expect(setUp().watch.delay()).toEqual({ p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 });
});

it('measures a blocked event loop, and forgets it on reset', async () => {
  const { watch } = setUp();
  watch.start();
  await new Promise((resolve) => setTimeout(resolve, 250));
  const until = performance.now() + 400;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(watch.delay({ reset: true }).maxMs).toBeGreaterThan(100);
  expect(watch.delay().maxMs).toBe(0);
});
