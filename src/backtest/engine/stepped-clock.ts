import type { Clock } from '../../lib/clock.js';

/** Market time is where the run has come to; the wall stands still, so that nothing times out. */
export class SteppedClock implements Clock {
  #market = 0;

  moveTo(marketMs: number): void {
    this.#market = marketMs;
  }

  marketMs(): number {
    return this.#market;
  }

  wallMs(): number {
    return 0;
  }

  /** Nothing in a run waits. */
  sleep(): Promise<void> {
    return Promise.reject(new Error('A backtest does not sleep'));
  }
}
