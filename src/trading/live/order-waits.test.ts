import { beforeEach, describe, expect, it } from 'vitest';
import { OrderWaits } from './order-waits.js';
import { steadyMs } from './steady-time.js';

const MINUTE = 60_000;
let wallMs: number;
let venueMs: number;
let waits: OrderWaits;

beforeEach(() => {
  [wallMs, venueMs] = [1_000_000, 5_000_000];
  const sleep = (): Promise<void> => Promise.resolve();
  const clock = { wallMs: () => wallMs, marketMs: () => venueMs, sleep };
  waits = new OrderWaits(() => steadyMs(clock, 1), MINUTE);
  waits.begin('order');
});

function pass(durationMs: number): void {
  wallMs += durationMs;
  venueMs += durationMs;
}

describe('waiting for what became of an order', () => {
  it('believes that the exchange does not know it once it has said so for long enough', () => {
    expect(waits.isAbsent('order')).toBe(false);
    pass(MINUTE - 1);
    expect(waits.isAbsent('order')).toBe(false);
    pass(1);
    expect(waits.isAbsent('order')).toBe(true);
  });

  it('does not take a clock that was put forward for time that has passed', () => {
    waits.isAbsent('order');
    wallMs += 5 * MINUTE;
    pass(1_000);
    expect(waits.isAbsent('order')).toBe(false);
  });

  it('asks in time after the clock was put back', () => {
    waits.miss('order');
    wallMs -= 5 * MINUTE;
    expect(waits.isDue('order')).toBe(false);
    pass(1_000);
    expect(waits.isDue('order')).toBe(true);
  });
});
