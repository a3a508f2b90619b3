import type { Clock } from './clock.js';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/**
 * A clock that only moves when a test or a simulation moves it. Market time runs `speed` times as fast
 * as wall time.
 */
export class ManualClock implements Clock {
  readonly #speed: number;
  #sleepers: Sleeper[] = [];
  #wallMs: number;
  #marketMs: number;

  constructor(startMs: number, speed = 1, marketStartMs = startMs) {
    this.#speed = speed;
    this.#wallMs = startMs;
    this.#marketMs = marketStartMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  marketMs(): number {
    return this.#marketMs;
  }

  /** Advances both clocks and wakes, in order, every sleeper that becomes due. */
  async advance(durationMs: number): Promise<void> {
    await settle();
    const endMs = this.#wallMs + durationMs;
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#moveTo(Math.max(this.#wallMs, next.dueMs));
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  /** As after a suspend of the machine: time passes at once, then every sleeper that is due wakes once. */
  async jump(durationMs: number): Promise<void> {
    await settle();
    this.#moveTo(this.#wallMs + durationMs);
    await this.advance(0);
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { dueMs: this.#wallMs + durationMs, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #nextDue(endMs: number): Sleeper | undefined {
    return this.#sleepers
      .filter((sleeper) => sleeper.dueMs <= endMs)
      .toSorted((a, b) => a.dueMs - b.dueMs)[0];
  }

  #moveTo(wallMs: number): void {
    this.#marketMs += (wallMs - this.#wallMs) * this.#speed;
    this.#wallMs = wallMs;
  }
}

/** Lets woken code run up to its next wait before time moves again. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
