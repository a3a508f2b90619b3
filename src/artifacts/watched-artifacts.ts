import type { Clock } from '../lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../lib/errors.js';
import type { ArtifactStore } from './artifact-store.js';

/** Why the store could not be used when it was last asked. */
export interface StoreTrouble {
  readonly reason: string;
  /** Wall times. */
  readonly since: number;
  readonly lastAt: number;
}

/** A store that remembers whether it answers. */
export class WatchedArtifacts implements ArtifactStore {
  readonly #store: ArtifactStore;
  readonly #clock: Clock;
  #trouble: StoreTrouble | undefined;

  constructor(store: ArtifactStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  get place(): string {
    return this.#store.place;
  }

  /** Undefined while it answers, or was not asked yet. */
  get trouble(): StoreTrouble | undefined {
    return this.#trouble;
  }

  put(bytes: Buffer, signal?: AbortSignal): Promise<string> {
    return this.#watch(() => this.#store.put(bytes, signal), signal);
  }

  get(sha256: string, maxBytes: number): Promise<Buffer> {
    return this.#watch(() => this.#store.get(sha256, maxBytes));
  }

  has(sha256: string): Promise<boolean> {
    return this.#watch(() => this.#store.has(sha256));
  }

  remove(sha256: string): Promise<void> {
    return this.#watch(() => this.#store.remove(sha256));
  }

  close(): void {
    this.#store.close();
  }

  /** A refused file is no trouble of the store: it has answered. */
  async #watch<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const answer = await ask();
      this.#trouble = undefined;
      return answer;
    } catch (error) {
      const isTrouble = error instanceof TransientError || error instanceof ConfigError;
      if (signal?.aborted === true) throw error;
      this.#trouble = isTrouble ? this.#troubleOf(messageOf(error)) : undefined;
      throw error;
    }
  }

  #troubleOf(reason: string): StoreTrouble {
    const lastAt = this.#clock.wallMs();
    return { reason, since: this.#trouble?.since ?? lastAt, lastAt };
  }
}
