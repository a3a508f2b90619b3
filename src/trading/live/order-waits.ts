import type { Clock } from '../../lib/clock.js';
import { growingPauseMs } from '../../lib/growing-pause.js';

const PAUSE = { firstMs: 500, longestMs: 30_000 } as const;
/** How often a stop that rests is looked at while the price is away from it. */
const RESTING_MS = 15_000;

interface Wait {
  /** Wall time. */
  nextMs: number;
  /** Answers in a row that did not end it. */
  misses: number;
  /** Since when the exchange says that it does not know the order; undefined while it does not say so. */
  absentSinceMs: number | undefined;
  isResting: boolean;
}

/** When each order that is not over is to be asked about again. Pauses grow; nothing is forgotten. */
export class OrderWaits {
  readonly #clock: Clock;
  readonly #believeMs: number;
  readonly #waits = new Map<string, Wait>();

  /** @param believeMs wall time after which an exchange's "unknown order" is believed */
  constructor(clock: Clock, believeMs: number) {
    this.#clock = clock;
    this.#believeMs = believeMs;
  }

  /** Orders whose outcome is not known: stops that rest are known. */
  get unknown(): number {
    return [...this.#waits.values()].filter(({ isResting }) => !isResting).length;
  }

  /** Notes that the order is being sent. */
  begin(uid: string): void {
    this.#waits.set(uid, this.#fresh());
  }

  end(uid: string): void {
    this.#waits.delete(uid);
  }

  /** @returns whether it may be asked about now; an order that is not known here may */
  isDue(uid: string): boolean {
    const wait = this.#waits.get(uid);
    if (wait === undefined) this.#waits.set(uid, this.#fresh());
    return wait === undefined || this.#clock.wallMs() >= wait.nextMs;
  }

  /** There was no usable answer. */
  miss(uid: string): void {
    const wait = this.#of(uid);
    wait.absentSinceMs = undefined;
    this.#pause(wait);
  }

  /** It is at the exchange and not over. */
  rest(uid: string, isStop: boolean): void {
    const wait = this.#of(uid);
    wait.absentSinceMs = undefined;
    wait.isResting = isStop;
    if (isStop) wait.nextMs = this.#clock.wallMs() + RESTING_MS;
    else this.#pause(wait);
  }

  /**
   * Notes that the exchange does not know the order.
   *
   * @returns whether that is to be believed: it has said so before, long enough ago
   */
  isAbsent(uid: string): boolean {
    const wait = this.#of(uid);
    const nowMs = this.#clock.wallMs();
    wait.isResting = false;
    if (wait.absentSinceMs !== undefined && nowMs - wait.absentSinceMs >= this.#believeMs) {
      return true;
    }
    wait.absentSinceMs ??= nowMs;
    this.#pause(wait);
    wait.nextMs = Math.min(wait.nextMs, wait.absentSinceMs + this.#believeMs);
    return false;
  }

  #pause(wait: Wait): void {
    wait.misses += 1;
    wait.nextMs = this.#clock.wallMs() + growingPauseMs(wait.misses, PAUSE);
  }

  #of(uid: string): Wait {
    const wait = this.#waits.get(uid) ?? this.#fresh();
    this.#waits.set(uid, wait);
    return wait;
  }

  #fresh(): Wait {
    return {
      nextMs: this.#clock.wallMs(),
      misses: 0,
      absentSinceMs: undefined,
      isResting: false,
    };
  }
}
