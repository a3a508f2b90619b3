import type { Clock } from './clock.js';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still until it is told to move, for tests and simulations. Market time runs
 * `speed` times as fast as wall time.
 */
export class ManualClock implements Clock {
  private sleepers: Sleeper[] = [];
  private wall: number;
  private market: number;

  constructor(
    startMs: number,
    private readonly speed = 1,
    marketStartMs = startMs,
  ) {
    this.wall = startMs;
    this.market = marketStartMs;
  }

  wallMs(): number {
    return this.wall;
  }

  marketMs(): number {
    return this.market;
  }

  /** Moves both clocks on and wakes, in order, every sleeper whose time has come. */
  async advance(durationMs: number): Promise<void> {
    await settle();
    const endMs = this.wall + durationMs;
    for (let next = this.nextDue(endMs); next !== undefined; next = this.nextDue(endMs)) {
      this.moveTo(Math.max(this.wall, next.dueMs));
      this.sleepers = this.sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
      await settle();
    }
    this.moveTo(endMs);
    await settle();
  }

  /** As for a machine that was asleep: time has passed at once, and then whoever is due wakes once. */
  async jump(durationMs: number): Promise<void> {
    await settle();
    this.moveTo(this.wall + durationMs);
    await this.advance(0);
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { dueMs: this.wall + durationMs, wake };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  private nextDue(endMs: number): Sleeper | undefined {
    return this.sleepers
      .filter((sleeper) => sleeper.dueMs <= endMs)
      .toSorted((a, b) => a.dueMs - b.dueMs)[0];
  }

  private moveTo(wallMs: number): void {
    this.market += (wallMs - this.wall) * this.speed;
    this.wall = wallMs;
  }
}

/** Lets what was woken run up to its next wait, before time moves again. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
