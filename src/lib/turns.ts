import { setImmediate } from 'node:timers/promises';

/**
 * Gives each caller its own turn of the event loop, first come first served. Pieces of work that are short
 * alone would block the loop for long if many ran in one turn.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves at the beginning of the caller's turn. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => setImmediate());
    return this.#last;
  }
}
