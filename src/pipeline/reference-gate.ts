import type { Timeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';

/** Lets a decision wait for the reference symbol's candle of the same bar, within a limit. */
export class ReferenceGate {
  readonly #clock: Clock;
  readonly #newest = new Map<Timeframe, number>();
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The reference's bars up to this one are stored. */
  open(timeframe: Timeframe, openTime: number): void {
    this.#newest.set(timeframe, Math.max(openTime, this.#newest.get(timeframe) ?? -Infinity));
    for (const look of [...this.#waiting]) look();
  }

  /**
   * Resolves once the reference has the bar, or after `limitMs` of wall time.
   * @returns whether it has
   */
  async wait(timeframe: Timeframe, openTime: number, options: WaitOptions): Promise<boolean> {
    const isOpen = (): boolean => (this.#newest.get(timeframe) ?? -Infinity) >= openTime;
    if (isOpen()) return true;
    const ending = new AbortController();
    const signal = AbortSignal.any([ending.signal, options.signal]);
    const look = (): void => {
      if (isOpen()) ending.abort();
    };
    this.#waiting.add(look);
    // Woken early is what the gate is for; a stop of the daemon ends the wait as well.
    await this.#clock.sleep(options.limitMs, signal).catch(() => undefined);
    this.#waiting.delete(look);
    return isOpen();
  }
}

interface WaitOptions {
  /** Wall time. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}
