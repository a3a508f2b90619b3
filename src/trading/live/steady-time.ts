import type { Clock } from '../../lib/clock.js';

/**
 * Milliseconds that pass whoever sets this machine's clock: the exchange's time, as fast as waiting is. Only
 * differences count. An order must not be believed lost because the clock was put forward.
 */
export function steadyMs(clock: Clock, marketSpeed: number): number {
  return clock.marketMs() / marketSpeed;
}
