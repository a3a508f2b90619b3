import type { OrderVenue } from '../../src/exchange/orders/order-venue.js';
import { KilledError } from '../trading/killable-stores.js';
import type { TradingStores } from '../../src/trading/trading-stores.js';

export interface KillPoint {
  /** Method of the exchange at whose call something happens. */
  readonly method: keyof OrderVenue;
  /** Calls of it that pass. */
  readonly skip: number;
  /** Whether the call reaches the exchange first. */
  readonly isAfter: boolean;
  /** Whether the process is killed there. */
  readonly isKill: boolean;
  /** What else happens there first. */
  readonly meanwhile?: (() => Promise<void>) | undefined;
}

/** A process that may be killed at a call of the exchange; from then on nothing of it reaches anything. */
export class KillableProcess {
  isKilled = false;
  readonly stores: TradingStores;
  readonly venue: OrderVenue;
  readonly #point: KillPoint | undefined;
  #calls = 0;

  constructor(stores: TradingStores, venue: OrderVenue, point: KillPoint | undefined) {
    this.#point = point;
    this.stores = this.#guard(stores);
    this.venue = this.#wrapVenue(venue);
  }

  #assertAlive(): void {
    if (this.isKilled) throw new KilledError('killed');
  }

  /** Stores, and stores of a transaction, of a process that may be dead. */
  #guard<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name, of);
        if (typeof member === 'object' && member !== null) return this.#guard(member);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          this.#assertAlive();
          if (name !== 'transaction') return Reflect.apply(member, of, args) as unknown;
          const [work] = args as [(stores: TradingStores) => Promise<unknown>];
          const inside = (stores: TradingStores): Promise<unknown> => work(this.#guard(stores));
          return Reflect.apply(member, of, [inside]) as unknown;
        };
      },
    });
  }

  async #meet(point: KillPoint, call: () => unknown): Promise<unknown> {
    const [carried] = point.isAfter ? await Promise.allSettled([call()]) : [];
    await point.meanwhile?.();
    if (point.isKill) {
      this.isKilled = true;
      throw new KilledError(`killed at ${point.method}`);
    }
    if (carried === undefined) return call();
    if (carried.status === 'rejected') throw carried.reason;
    return carried.value;
  }

  #wrapVenue(venue: OrderVenue): OrderVenue {
    return new Proxy(venue, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name, of);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          this.#assertAlive();
          const isPoint = name === this.#point?.method && this.#calls++ === this.#point.skip;
          if (!isPoint) return Reflect.apply(member, of, args) as unknown;
          return this.#meet(this.#point, () => Reflect.apply(member, of, args) as unknown);
        };
      },
    });
  }
}
