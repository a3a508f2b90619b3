import type { Logger } from './logger.js';

export interface Stoppable {
  stop(): Promise<void> | void;
}

/** Stops everything that was started, in reverse order. A failure to stop one does not keep the others. */
export class DisposalStack {
  readonly #logger: Logger;
  readonly #entries: { readonly name: string; readonly stop: Stoppable['stop'] }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Registers and returns `subject`, so that creating and registering are one expression. */
  use<T extends Stoppable>(name: string, subject: T): T {
    this.#entries.push({ name, stop: () => subject.stop() });
    return subject;
  }

  defer(name: string, stop: () => Promise<void> | void): void {
    this.#entries.push({ name, stop });
  }

  async stop(): Promise<void> {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.stop();
      } catch (error) {
        this.#logger.error(`${entry.name} did not stop cleanly`, { error });
      }
    }
  }
}
