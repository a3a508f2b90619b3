import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../lib/manual-clock.js';
import { VenueClock } from './venue-clock.js';

const START = 1_700_000_000_000;
const MINUTE = 60_000;

let wall: ManualClock;
let monotonicMs: number;

function clockAt(speed = 1): VenueClock {
  return new VenueClock({ wall, speed, monotonicMs: () => monotonicMs });
}

async function pass(durationMs: number): Promise<void> {
  monotonicMs += durationMs;
  await wall.advance(durationMs);
}

/** An answer that took `roundTripMs` and has just come in. */
function answer(venueMs: number, roundTripMs = 0) {
  return { venueMs, sentMs: monotonicMs - roundTripMs, receivedMs: monotonicMs };
}

beforeEach(() => {
  wall = new ManualClock(START);
  monotonicMs = 5_000;
});

describe('at real speed', () => {
  test('is the wall clock until the venue has answered', async () => {
    const clock = clockAt();
    await pass(10);
    expect(clock.marketMs()).toBe(START + 10);
    expect(clock.skewMs).toBeUndefined();
  });

  test('takes a first answer that lies before what the wall said', () => {
    const clock = clockAt();
    clock.marketMs();
    clock.observe(answer(START - 20_000));
    expect(clock.marketMs()).toBe(START - 20_000);
  });

  test('never goes back with the wall at a venue without a time call', () => {
    let wallMs = START + 5;
    const now = (): number => wallMs;
    const stepping = { wallMs: now, marketMs: now, sleep: async () => undefined };
    const clock = new VenueClock({ wall: stepping });
    expect(clock.marketMs()).toBe(START + 5);
    wallMs = START;
    expect(clock.marketMs()).toBe(START + 5);
  });

  test('runs on from the answer, not from this machine’s clock', async () => {
    const clock = clockAt();
    clock.observe(answer(START + 2_000));
    monotonicMs += 500;
    await wall.advance(5 * MINUTE);
    expect(clock.marketMs()).toBe(START + 2_500);
  });

  test('allows for half the round trip in the skew and never in what is certain', () => {
    const clock = clockAt();
    clock.observe(answer(START + 1_000, 200));
    expect(clock.skewMs).toBe(1_100);
    expect(clock.certainMarketMs()).toBe(START + 1_000);
  });

  test('stands still instead of going back when the venue is behind', async () => {
    const clock = clockAt();
    clock.observe(answer(START + 3_000));
    const before = clock.marketMs();
    await pass(1_000);
    clock.observe(answer(START + 1_500));
    expect(clock.marketMs()).toBe(before);
    expect(clock.certainMarketMs()).toBe(START + 1_500);
    await pass(2_000);
    expect(clock.marketMs()).toBe(START + 3_500);
  });

  test('does not believe a far jump before it is repeated', async () => {
    const clock = clockAt();
    clock.observe(answer(START));
    const far = START + 60 * MINUTE;
    expect(clock.observe(answer(far))).toBe(false);
    expect(clock.marketMs()).toBe(START);
    await pass(100);
    expect(clock.observe(answer(far + 100))).toBe(true);
    expect(clock.marketMs()).toBe(far + 100);
  });

  test('forgets a jump that the next answer does not repeat', () => {
    const clock = clockAt();
    clock.observe(answer(START));
    clock.observe(answer(START + 60 * MINUTE));
    expect(clock.observe(answer(START + 5))).toBe(true);
    expect(clock.marketMs()).toBe(START + 5);
  });

  test.each([NaN, -1, 0, 1.5, Infinity])('refuses %d as a time', (venueMs) => {
    expect(clockAt().observe(answer(venueMs))).toBe(false);
  });
});

describe('at 360 times the speed', () => {
  const SPEED = 360;

  test('extrapolates between answers by the speed', async () => {
    const clock = clockAt(SPEED);
    clock.observe(answer(START - 1e9));
    await pass(1_000);
    expect(clock.marketMs()).toBe(START - 1e9 + 360_000);
    expect(clock.wallMsUntil(clock.marketMs() + 36_000)).toBe(100);
  });

  test('is certain only of what the venue has said', async () => {
    const clock = clockAt(SPEED);
    expect(clock.certainMarketMs()).toBe(-Infinity);
    clock.observe(answer(START));
    await pass(1_000);
    expect(clock.certainMarketMs()).toBe(START);
    expect(clock.latestMarketMs()).toBe(START + 6_000 * SPEED);
  });

  test('stops when the venue is silent, and at the end of a recording', async () => {
    const clock = clockAt(SPEED);
    clock.observe(answer(START));
    await pass(3_000);
    const held = clock.marketMs();
    await pass(60_000);
    expect(clock.marketMs()).toBe(held);
    clock.observe(answer(START + 3_000_000));
    await pass(1_000);
    clock.observe(answer(START + 3_000_000));
    const atEnd = clock.marketMs();
    await pass(1_000);
    expect(clock.marketMs()).toBe(atEnd);
  });
});
