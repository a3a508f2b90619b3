import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.js';

/** This machine's clock; market time is the same until a venue says otherwise. */
export class SystemClock implements Clock {
  wallMs(): number {
    return Date.now();
  }

  marketMs(): number {
    return this.wallMs();
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    await delay(durationMs, undefined, signal === undefined ? {} : { signal });
  }
}
