import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { QuietTurns } from './quiet-turns.js';

test('without a call each piece of work gets a turn, in the order in which they came', async () => {
  const turns = new QuietTurns();
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((piece) => turns.next().then(() => order.push(piece))));
  expect(order).toEqual([1, 2, 3]);
});

test('a piece waits until the last of the calls under way is answered', async () => {
  const turns = new QuietTurns();
  const [endOne, endOther] = [turns.callBegins(), turns.callBegins()];
  let isRunning = false;
  const turn = turns.next().then(() => (isRunning = true));
  await setImmediate();
  endOne();
  await setImmediate();
  await setImmediate();
  expect(isRunning).toBe(false);
  endOther();
  await turn;
});

test('a call that comes between two pieces goes first', async () => {
  const turns = new QuietTurns();
  const events: string[] = [];
  const first = turns.next().then(() => {
    events.push('piece');
    const end = turns.callBegins();
    void setImmediate()
      .then(() => setImmediate())
      .then(() => {
        events.push('call');
        end();
      });
  });
  const second = turns.next().then(() => events.push('piece'));
  await Promise.all([first, second]);
  expect(events).toEqual(['piece', 'call', 'piece']);
});

test('calls that never end hold no piece for ever', async () => {
  const turns = new QuietTurns();
  turns.callBegins();
  const pieces = Promise.all([turns.next(), turns.next(), turns.next()]).then(() => 'done');
  expect(await Promise.race([pieces, sleep(10_000, 'held', { ref: false })])).toBe('done');
});
