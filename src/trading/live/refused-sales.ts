import type { Clock } from '../../lib/clock.js';
import type { RefusedSale } from '../broker/broker.js';

/** A refusal that has lasted for some time is tried again after as long once more, within these. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 300_000;
/** Where nobody has tried for longer, nobody wants to sell any more. */
const FORGOTTEN_MS = 2 * LONGEST_MS;

interface Refusal extends RefusedSale {
  /** Steady times (`steady-time.ts`). */
  readonly firstMs: number;
  readonly triedMs: number;
  readonly untilMs: number;
}

/**
 * Sales that the exchange does not take, by symbol. The reason lies there and seldom goes within a second, and each
 * attempt is a stored order and a request.
 */
export class RefusedSales {
  readonly #clock: Clock;
  readonly #steadyMs: () => number;
  readonly #refusals = new Map<string, Refusal>();

  constructor(clock: Clock, steadyMs: () => number) {
    this.#clock = clock;
    this.#steadyMs = steadyMs;
  }

  /** The exchange refused it, or found nobody who buys: the next attempt waits. */
  refused(symbol: string, reason: string): void {
    const nowMs = this.#steadyMs();
    const lastedMs = nowMs - (this.#find(symbol)?.firstMs ?? nowMs);
    const pauseMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, lastedMs));
    this.#note(symbol, reason, nowMs + pauseMs);
  }

  /** No order can be made of it now. That is known without a request. */
  impossible(symbol: string, reason: string): void {
    this.#note(symbol, reason, 0);
  }

  sold(symbol: string): void {
    this.#refusals.delete(symbol);
  }

  /** Why it is not tried at this moment. */
  findPause(symbol: string): string | undefined {
    const refusal = this.#find(symbol);
    return refusal === undefined || this.#steadyMs() >= refusal.untilMs
      ? undefined
      : refusal.reason;
  }

  list(): readonly RefusedSale[] {
    return [...this.#refusals.keys()].flatMap((symbol) => {
      const refusal = this.#find(symbol);
      return refusal === undefined ? [] : [toShown(refusal)];
    });
  }

  #find(symbol: string): Refusal | undefined {
    const refusal = this.#refusals.get(symbol);
    if (refusal === undefined || this.#steadyMs() - refusal.triedMs <= FORGOTTEN_MS) return refusal;
    this.#refusals.delete(symbol);
    return undefined;
  }

  #note(symbol: string, reason: string, untilMs: number): void {
    const nowMs = this.#steadyMs();
    const { since, firstMs } = this.#find(symbol) ?? {
      since: this.#clock.wallMs(),
      firstMs: nowMs,
    };
    this.#refusals.set(symbol, { symbol, reason, since, firstMs, triedMs: nowMs, untilMs });
  }
}

function toShown({ symbol, reason, since }: Refusal): RefusedSale {
  return { symbol, reason, since };
}
