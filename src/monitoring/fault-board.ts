import { messageOf } from '../lib/errors.js';

/** The check of stops, targets and holding times against quotes, by its name among the faults. */
export const GUARD = 'guard';

/** Work that the daemon repeats and whose newest run failed, by its name, with the reason. */
export class FaultBoard {
  readonly #faults = new Map<string, string>();

  get(name: string): string | undefined {
    return this.#faults.get(name);
  }

  list(): readonly { readonly name: string; readonly reason: string }[] {
    return [...this.#faults].map(([name, reason]) => ({ name, reason }));
  }

  failed(name: string, error: unknown): void {
    this.#faults.set(name, messageOf(error));
  }

  succeeded(name: string): void {
    this.#faults.delete(name);
  }
}
