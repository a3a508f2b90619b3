import { setTimeout as delay } from 'node:timers/promises';

/**
 * The only source of time. `wallMs` is this machine's clock, for time-outs, cooldowns and rates;
 * `marketMs` is the venue's clock, for everything about candles. Outside the demo they are the same
 * to within the measured skew.
 */
export interface Clock {
  /** Epoch milliseconds on this machine. */
  wallMs(): number;
  /** Epoch milliseconds at the venue, or the wall's before the venue has been asked. */
  marketMs(): number;
  /** Resolves after `durationMs` of wall time; rejects with the signal's reason when it aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

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
