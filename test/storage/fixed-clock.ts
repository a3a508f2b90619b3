import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../src/lib/clock.js';
import type { Logger } from '../../src/lib/logger.js';

/** Says nothing: tests look at what is stored. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** Stands at one moment; waits are real and short. */
export function fixedClock(timeMs = 1_700_000_000_000): Clock {
  return {
    wallMs: () => timeMs,
    marketMs: () => timeMs,
    sleep: (durationMs) => setTimeout(durationMs),
  };
}
