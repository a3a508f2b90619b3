import { setImmediate as onNextTurn } from 'node:timers';
import { setImmediate } from 'node:timers/promises';

/** A call of the API that meets such a turn is answered that much later. */
const LONGEST_TURN_MS = 2;

/**
 * Keeps turns of the event loop short where each step of the work is done at once: promises that follow each other give
 * the loop no turn, however many there are.
 */
export class TurnLimit {
  #sinceMs: number | undefined;

  /** Resolves when the next step may be taken: now, or in a later turn where this one has become long. */
  async wait(): Promise<void> {
    while (this.#isOver()) await setImmediate();
  }

  #isOver(): boolean {
    const nowMs = performance.now();
    if (this.#sinceMs !== undefined) return nowMs - this.#sinceMs >= LONGEST_TURN_MS;
    this.#sinceMs = nowMs;
    onNextTurn(() => {
      this.#sinceMs = undefined;
    });
    return false;
  }
}
