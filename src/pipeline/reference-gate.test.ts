import { expect, it } from 'vitest';
import { ManualClock } from '../lib/manual-clock.js';
import { ReferenceGate } from './reference-gate.js';

function setUp() {
  const clock = new ManualClock(0);
  const stopping = new AbortController();
  const options = { limitMs: 1000, signal: stopping.signal };
  return { clock, stopping, gate: new ReferenceGate(clock), options };
}

it('lets through at once what the reference already has', async () => {
  const { gate, options } = setUp();
  gate.open('1h', 200);
  await expect(gate.wait('1h', 100, options)).resolves.toBe(true);
  await expect(gate.wait('1h', 200, options)).resolves.toBe(true);
});

it('is opened by its own timeframe only, and never closes again', async () => {
  const { gate, clock, options } = setUp();
  gate.open('4h', 900);
  const waiting = gate.wait('1h', 300, options);
  gate.open('1h', 200);
  gate.open('1h', 300);
  await expect(waiting).resolves.toBe(true);
  gate.open('1h', 100);
  await expect(gate.wait('1h', 300, options)).resolves.toBe(true);
  expect(clock.wallMs()).toBe(0);
});

it('gives up after the limit, and says so', async () => {
  const { gate, clock, options } = setUp();
  const waiting = gate.wait('1h', 300, options);
  await clock.advance(1000);
  await expect(waiting).resolves.toBe(false);
});

it('ends every wait when the daemon stops', async () => {
  const { gate, stopping, options } = setUp();
  const waiting = [gate.wait('1h', 1, options), gate.wait('1h', 2, options)];
  stopping.abort();
  await expect(Promise.all(waiting)).resolves.toEqual([false, false]);
});
