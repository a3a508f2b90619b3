import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from './turns.js';

/** Which turn of the event loop it is, counted by a chain that gets one each. */
function countTurns(): { readonly now: () => number; stop: () => void } {
  let turn = 0;
  let isRunning = true;
  void (async () => {
    while (isRunning) {
      await setImmediate();
      turn++;
    }
  })();
  return { now: () => turn, stop: () => (isRunning = false) };
}

test('those who come at once get one turn of the event loop each, in their order', async () => {
  const turns = new Turns();
  const counter = countTurns();
  const seen: { who: number; turn: number }[] = [];
  await Promise.all(
    [1, 2, 3, 4, 5].map(async (who) => {
      await turns.next();
      seen.push({ who, turn: counter.now() });
    }),
  );
  counter.stop();
  expect(seen.map(({ who }) => who)).toEqual([1, 2, 3, 4, 5]);
  expect(new Set(seen.map(({ turn }) => turn)).size).toBe(5);
});

test('one who comes alone waits for the next turn only', async () => {
  const turns = new Turns();
  await turns.next();
  const counter = countTurns();
  await turns.next();
  expect(counter.now()).toBeLessThanOrEqual(1);
  counter.stop();
});
