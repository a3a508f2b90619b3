import { Money } from '../domain/money.js';
import {
  cashChange,
  type BookKey,
  type EquityPoint,
  type Fill,
  type Order,
  type Position,
} from '../domain/trade.js';

import type { Quotes } from './quote-board.js';

/** Cash and value of one account: initial equity plus what every stored fill did to it, exactly. */
export class Books {
  #balance: Money;

  readonly #key: BookKey;

  /** `fillsCash` is the exact sum over all stored fills. */
  constructor(key: BookKey, initialEquity: Money, fillsCash: Money) {
    this.#key = key;
    this.#balance = initialEquity.plus(fillsCash);
  }

  get cash(): Money {
    return this.#balance;
  }

  /** Counts a fill that has just been stored. */
  apply(fill: Fill): void {
    this.#balance = this.#balance.plus(cashChange(fill));
  }

  /** Cash that no waiting purchase has claimed, at the newest asks. */
  freeCash(unsettled: readonly Order[], quotes: Quotes, feeRate: Money): Money {
    let free = this.#balance;
    for (const order of unsettled) {
      if (order.side === 'sell') continue;
      const quote = quotes.find(order.symbol);
      // Without a price the cost is unknown: it may take all the cash.
      if (quote === undefined) return new Money(0);
      free = free.minus(order.sizeBase.times(quote.ask).times(feeRate.plus(1)));
    }
    return free;
  }

  /** A position is valued at the bid, without fees. */
  valueAt(atMs: number, positions: readonly Position[], quotes: Quotes): EquityPoint {
    const value = positions.reduce(
      (sum, position) => sum.plus(worthOf(position, quotes)),
      new Money(0),
    );
    return {
      venue: this.#key.venue,
      account: this.#key.account,
      at: atMs,
      cash: this.#balance,
      positionsValue: value,
      equity: this.#balance.plus(value),
    };
  }
}

function worthOf(position: Position, quotes: Quotes): Money {
  // Undefined until the purchase is filled: nothing is held yet.
  if (position.entryPrice === undefined) return new Money(0);
  const price = quotes.find(position.symbol)?.bid ?? position.entryPrice;
  return position.sizeBase.times(price);
}
