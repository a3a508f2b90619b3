import { growingPauseMs } from '../../lib/growing-pause.js';

const PAUSE = { firstMs: 500, longestMs: 30_000 } as const;
/** How often a stop that rests is looked at while the price is away from it. */
const RESTING_MS = 15_000;

interface Wait {
  nextMs: number;
  /** Answers in a row that did not end it. */
  misses: number;
  /** Since when the exchange says that it does not know the order; undefined while it does not say so. */
  absentSinceMs: number | undefined;
  isResting: boolean;
}

/**
 * When each order that is not over is to be asked about again. Pauses grow; nothing is forgotten. All times are
 * steady ones (`steady-time.ts`).
 */
export class OrderWaits {
  readonly #nowMs: () => number;
  readonly #believeMs: number;
  readonly #waits = new Map<string, Wait>();

  /**
   * @param nowMs steady time
   * @param believeMs time after which an exchange's "unknown order" is believed
   */
  constructor(nowMs: () => number, believeMs: number) {
    this.#nowMs = nowMs;
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
    return wait === undefined || this.#nowMs() >= wait.nextMs;
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
    if (isStop) wait.nextMs = this.#nowMs() + RESTING_MS;
    else this.#pause(wait);
  }

  /**
   * Notes that the exchange does not know the order.
   *
   * @returns whether that is to be believed: it has said so before, long enough ago
   */
  isAbsent(uid: string): boolean {
    const wait = this.#of(uid);
    const nowMs = this.#nowMs();
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
    wait.nextMs = this.#nowMs() + growingPauseMs(wait.misses, PAUSE);
  }

  #of(uid: string): Wait {
    const wait = this.#waits.get(uid) ?? this.#fresh();
    this.#waits.set(uid, wait);
    return wait;
  }

  #fresh(): Wait {
    return {
      nextMs: this.#nowMs(),
      misses: 0,
      absentSinceMs: undefined,
      isResting: false,
    };
  }
}
