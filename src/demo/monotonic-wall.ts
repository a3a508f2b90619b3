import { performance } from 'node:perf_hooks';
import type { Clock } from '../lib/clock.js';

/**
 * Wall time that only runs forward: what a person does to the machine's clock, or a time server, does
 * not move the market.
 */
export const monotonicWall: Pick<Clock, 'wallMs'> = {
  wallMs: () => performance.timeOrigin + performance.now(),
};
