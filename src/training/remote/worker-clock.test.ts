import { expect, test } from 'vitest';
import { ManualClock } from '../../lib/manual-clock.js';
import { WorkerClock } from './worker-clock.js';

const DAEMON_MS = Date.UTC(2024, 5, 3);
const DAY_MS = 86_400_000;
const told = (wallMs: number, ageMs = 0) => ({ wallMs, marketMs: wallMs + 5_000, ageMs, speed: 1 });
/** What the test itself takes at most. */
const TAKEN_MS = 900;

function expectNear(actual: number, expected: number): void {
  expect(actual - expected).toBeGreaterThanOrEqual(0);
  expect(actual - expected).toBeLessThan(TAKEN_MS);
}

test('the time of a worker is that of its daemon, also after the machine is set', async () => {
  const own = new ManualClock(DAEMON_MS + DAY_MS);
  const clock = new WorkerClock(own, told(DAEMON_MS, 3_000));
  expectNear(clock.wallMs(), DAEMON_MS + 3_000);
  expectNear(clock.marketMs(), DAEMON_MS + 8_000);
  await own.advance(DAY_MS);
  expectNear(clock.wallMs(), DAEMON_MS + 3_000);
});

test('a notice that seems late moves no time, and a daemon whose clock was set does', () => {
  const clock = new WorkerClock(new ManualClock(0), told(DAEMON_MS));
  const before = clock.wallMs();
  clock.observe(told(DAEMON_MS - 90));
  expect(clock.wallMs()).toBeGreaterThanOrEqual(before);
  clock.observe(told(DAEMON_MS - DAY_MS));
  expectNear(clock.wallMs(), DAEMON_MS - DAY_MS);
});
