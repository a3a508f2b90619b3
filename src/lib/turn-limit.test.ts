import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TurnLimit } from './turn-limit.js';

/** Longer than a turn may last. */
const LONG_STEP_MS = 3;
const STEPS = 20;

describe('steps that follow each other without a turn of the loop', () => {
  it('go on in the same turn while it is young', async () => {
    const turns = new TurnLimit();
    const seen = countTurns();
    for (let step = 0; step < STEPS; step++) await turns.wait();
    expect(seen.count()).toBe(0);
    await seen.stop();
  });

  it('wait for the next turn once this one is long', async () => {
    const turns = new TurnLimit();
    const seen = countTurns();
    for (let step = 0; step < STEPS; step++) {
      await turns.wait();
      work(LONG_STEP_MS);
    }
    expect(seen.count()).toBeGreaterThanOrEqual(STEPS - 1);
    await seen.stop();
  });

  it('of many callers get turns in the order in which they came', async () => {
    const turns = new TurnLimit();
    const seen = countTurns();
    const order: number[] = [];
    await turns.wait();
    work(LONG_STEP_MS);
    await Promise.all(
      Array.from({ length: STEPS }, async (_, caller) => {
        await turns.wait();
        order.push(caller);
        work(LONG_STEP_MS);
      }),
    );
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(seen.count()).toBeGreaterThanOrEqual(STEPS - 1);
    await seen.stop();
  });
});

/** Holds the loop for so long. */
function work(durationMs: number): void {
  const untilMs = performance.now() + durationMs;
  while (performance.now() < untilMs);
}

/** Counts what others of the loop get: its turns. */
function countTurns(): { count(): number; stop(): Promise<void> } {
  let count = 0;
  let isOver = false;
  const counting = (async () => {
    for (; !isOver; count++) await setImmediate();
  })();
  return {
    count: () => count,
    stop: async () => {
      isOver = true;
      await counting;
    },
  };
}
