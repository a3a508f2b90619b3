import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../src/lib/clock.js';

/** Stands at one moment; waits are real and short. */
export function fixedClock(timeMs = 1_700_000_000_000): Clock {
  return {
    wallMs: () => timeMs,
    marketMs: () => timeMs,
    sleep: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }),
  };
}
