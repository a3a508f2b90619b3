import { setImmediate } from 'node:timers/promises';

/** Where pieces of work get the turn of the event loop in which they run. */
export interface TurnSource {
  /** Resolves at the beginning of the caller's turn. */
  next(): Promise<void>;
}

/**
 * Gives each caller its own turn of the event loop, first come first served. Pieces of work that are short
 * alone would block the loop for long if many ran in one turn.
 */
export class Turns implements TurnSource {
  #last: Promise<void> = Promise.resolve();

  next(): Promise<void> {
    this.#last = this.#last.then(() => setImmediate());
    return this.#last;
  }
}
