import { Money } from '../../domain/money.js';

export interface Balance {
  readonly asset: string;
  readonly free: Money;
  /** Claimed by open orders. */
  readonly locked: Money;
}

interface Amounts {
  free: Money;
  locked: Money;
}

const NOTHING = new Money(0);

/** What the account holds of each asset. No amount is ever negative: a step that would make one throws. */
export class Ledger {
  readonly #assets = new Map<string, Amounts>();

  balances(): Balance[] {
    return [...this.#assets]
      .map(([asset, amounts]) => ({ asset, ...amounts }))
      .sort((one, other) => (one.asset < other.asset ? -1 : 1));
  }

  free(asset: string): Money {
    return this.#assets.get(asset)?.free ?? NOTHING;
  }

  add(asset: string, amount: Money): void {
    this.#change(asset, { free: amount, locked: NOTHING });
  }

  /** Takes from what is free. */
  spend(asset: string, amount: Money): void {
    this.#change(asset, { free: amount.neg(), locked: NOTHING });
  }

  lock(asset: string, amount: Money): void {
    this.#change(asset, { free: amount.neg(), locked: amount });
  }

  unlock(asset: string, amount: Money): void {
    this.#change(asset, { free: amount, locked: amount.neg() });
  }

  #change(asset: string, { free, locked }: Amounts): void {
    const now = this.#assets.get(asset) ?? { free: NOTHING, locked: NOTHING };
    const next = { free: now.free.plus(free), locked: now.locked.plus(locked) };
    if (next.free.isNegative() || next.locked.isNegative()) {
      throw new RangeError(
        `${asset}: ${next.free.toString()} free, ${next.locked.toString()} locked`,
      );
    }
    this.#assets.set(asset, next);
  }
}
