import type { Clock } from '../../lib/clock.js';

/**
 * Market time stands still at a retraining date. The wall's begins there and goes on with this machine's, so that
 * waits and time-outs of the trainer pass while a cooldown of ten minutes is over by the next date.
 */
export class WalkClock implements Clock {
  readonly #real: Clock;
  #dateMs = 0;
  #since: number;

  constructor(real: Clock) {
    this.#real = real;
    this.#since = real.wallMs();
  }

  moveTo(dateMs: number): void {
    this.#dateMs = dateMs;
    this.#since = this.#real.wallMs();
  }

  marketMs(): number {
    return this.#dateMs;
  }

  wallMs(): number {
    return this.#dateMs + this.#real.wallMs() - this.#since;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#real.sleep(durationMs, signal);
  }
}
