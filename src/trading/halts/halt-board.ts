import type { Halt } from '../../domain/halt.js';

/** The halts that are known in this process: those that are stored, and the halt file. */
export class HaltBoard {
  #stored: readonly Halt[] = [];
  #file: Halt | undefined;
  #isResumed = false;

  /** A person resumed, and the value that losses are counted from since is not known yet: earlier marks say nothing. */
  get isResumed(): boolean {
    return this.#isResumed;
  }

  get stored(): readonly Halt[] {
    return this.#stored;
  }

  /** Replaces what was known of the stored halts. */
  show(stored: readonly Halt[]): void {
    this.#stored = stored;
  }

  /** Shows what is left after a person resumed. */
  resume(left: readonly Halt[]): void {
    this.#stored = left;
    this.#isResumed = true;
  }

  /** Losses are counted from a value after the last resumption. */
  noteMarks(): void {
    this.#isResumed = false;
  }

  /** Adds a halt that was just made; it counts at once. */
  add(halt: Halt): void {
    this.#stored = [...this.#stored.filter(({ uid }) => uid !== halt.uid), halt];
  }

  /** Shows the halt file, or that there is none. */
  showFile(file: Halt | undefined): void {
    this.#file = file;
  }

  /** The halt that lasts longest, the oldest first; undefined while entries are free. */
  find(nowMs: number): Halt | undefined {
    if (this.#stored.length === 0) return this.#file;
    const active = this.list(nowMs);
    return active.find(({ until }) => until === undefined) ?? active[0];
  }

  list(nowMs: number): readonly Halt[] {
    const all = this.#file === undefined ? this.#stored : [...this.#stored, this.#file];
    return all.filter(({ until }) => until === undefined || until > nowMs);
  }

  /** Why no position is opened, as a sentence. */
  findFreeze(nowMs: number): string | undefined {
    const halt = this.find(nowMs);
    if (halt === undefined) return undefined;
    const { reason, until } = halt;
    return until === undefined
      ? `halted: ${reason}`
      : `paused until ${new Date(until).toISOString()}: ${reason}`;
  }

  /** The halt that wants everything sold. */
  findCloseAll(nowMs: number): Halt | undefined {
    return this.list(nowMs).find(({ isCloseAll }) => isCloseAll);
  }
}
