import type { Logger } from './logger.js';

export interface Stoppable {
  stop(): Promise<void> | void;
}

/** Everything that was started, released in reverse. One failing to stop does not keep the others. */
export class DisposalStack {
  private readonly entries: { readonly name: string; readonly stop: Stoppable['stop'] }[] = [];

  constructor(private readonly logger: Logger) {}

  /** Registers `subject` and hands it back, so that creating and registering are one expression. */
  use<T extends Stoppable>(name: string, subject: T): T {
    this.entries.push({ name, stop: () => subject.stop() });
    return subject;
  }

  defer(name: string, stop: () => Promise<void> | void): void {
    this.entries.push({ name, stop });
  }

  async stop(): Promise<void> {
    for (let entry = this.entries.pop(); entry !== undefined; entry = this.entries.pop()) {
      try {
        await entry.stop();
      } catch (error) {
        this.logger.error(`${entry.name} did not stop cleanly`, { error });
      }
    }
  }
}
