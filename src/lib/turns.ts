import { setImmediate } from 'node:timers/promises';

/**
 * Gives each caller a turn of the event loop to itself, in the order in which they came: pieces of work
 * that are short alone would hold the loop for long when many come at once.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves at the beginning of the caller's turn. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => setImmediate());
    return this.#last;
  }
}
