import { setImmediate } from 'node:timers/promises';
import type { TurnSource } from './turns.js';

/** One piece of work waits at most so long for calls. */
const LONGEST_WAIT_MS = 100;
/** All pieces together wait for this share of the time, of which a second is saved up: a closed candle must get on. */
const WAITING_SHARE = 0.5;
const MAX_SAVED_MS = 1_000;

/**
 * Turns of the event loop for pieces of work that can wait, such as a page of candles: each comes when no
 * call is being answered, so that a call waits for one piece at most and not for all that stand in line.
 */
export class QuietTurns implements TurnSource {
  #calls = 0;
  #last: Promise<void> = Promise.resolve();
  #onQuiet: () => void = () => undefined;
  #savedMs = MAX_SAVED_MS;
  #savedAt = performance.now();

  /** A call has come in. @returns what tells, once, that it is answered */
  callBegins(): () => void {
    this.#calls++;
    return () => {
      this.#calls--;
      if (this.#calls === 0) this.#onQuiet();
    };
  }

  next(): Promise<void> {
    this.#last = this.#last.then(() => this.#quietTurn());
    return this.#last;
  }

  async #quietTurn(): Promise<void> {
    const until = performance.now() + Math.min(LONGEST_WAIT_MS, this.#save());
    // Between two turns the loop reads which calls have come in.
    await setImmediate();
    while (this.#calls > 0) {
      const waitMs = until - performance.now();
      if (waitMs <= 0) return;
      const startedAt = performance.now();
      await this.#quiet(waitMs);
      this.#savedMs -= performance.now() - startedAt;
      await setImmediate();
    }
  }

  /** @returns how long may be waited now */
  #save(): number {
    const now = performance.now();
    const earnedMs = WAITING_SHARE * (now - this.#savedAt);
    this.#savedMs = Math.min(MAX_SAVED_MS, this.#savedMs + earnedMs);
    this.#savedAt = now;
    return this.#savedMs;
  }

  #quiet(longestMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longestMs);
      this.#onQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
