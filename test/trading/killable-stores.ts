import { TransientError } from '../../src/lib/errors.js';
import type { TradingStores } from '../../src/trading/trading-stores.js';

/** What a process that was killed would never see. */
export class KilledError extends Error {
  override readonly name = 'KilledError';
}

/**
 * Stores of a process that is killed before its `killAt`-th call of any store method, inside or
 * outside of a transaction, the commit of a transaction counting as a call. From then on nothing of
 * it reaches the database.
 */
export class KillableStores {
  calls = 0;
  readonly stores: TradingStores;

  readonly #killAt: number;

  constructor(stores: TradingStores, killAt: number) {
    this.#killAt = killAt;
    this.stores = this.#wrapAll(stores);
  }

  get isKilled(): boolean {
    return this.calls >= this.#killAt;
  }

  #step(): void {
    this.calls = Math.min(this.calls + 1, this.#killAt);
    if (this.isKilled) throw new KilledError(`killed at call ${this.#killAt}`);
  }

  #wrapAll(stores: TradingStores): TradingStores {
    return new Proxy(stores, {
      get: (target, name: keyof TradingStores) =>
        name === 'transaction' ? this.#transactionOf(target) : this.#wrap(target[name]),
    });
  }

  #transactionOf(target: TradingStores): TradingStores['transaction'] {
    return (work) =>
      target.transaction(async (tx) => {
        const answer = await work(this.#wrapAll(tx));
        this.#step();
        return answer;
      });
  }

  #wrap<T extends object>(store: T): T {
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          this.#step();
          return Reflect.apply(member, target, args);
        };
      },
    });
  }
}

/** Stores that commit a transaction and then, while set to, do not answer: the connection broke. */
export class AnswerLosingStores {
  isLosing = false;
  readonly stores: TradingStores;

  constructor(stores: TradingStores) {
    const transaction: TradingStores['transaction'] = async (work) => {
      const answer = await stores.transaction(work);
      if (this.isLosing) throw new TransientError('answer lost');
      return answer;
    };
    this.stores = { ...stores, transaction };
  }
}

/** Stores whose transactions fail while `fault` is set. */
export class FaultyStores {
  fault: Error | undefined;
  readonly stores: TradingStores;

  constructor(stores: TradingStores) {
    const transaction: TradingStores['transaction'] = (work) =>
      this.fault === undefined ? stores.transaction(work) : Promise.reject(this.fault);
    this.stores = { ...stores, transaction };
  }
}
