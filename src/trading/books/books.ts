import { Money } from '../../domain/money.js';
import {
  cashChange,
  heldBaseOf,
  type BookKey,
  type EquityPoint,
  type Fill,
  type Order,
  type Position,
} from '../../domain/trade.js';

import type { Quotes } from './quote-board.js';

/** Cash and value of one account: initial equity plus what every stored fill did to it, exactly. */
export class Books {
  #balance: Money;
  readonly #worth = new KeptWorth();

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

  /**
   * A position is valued at the bid, without fees. Many decisions are made on one bar: what has not changed since the
   * last valuation is not multiplied again.
   */
  valueAt(atMs: number, positions: readonly Position[], quotes: Quotes): EquityPoint {
    const positionsValue = this.#worth.of(positions, quotes);
    return {
      venue: this.#key.venue,
      account: this.#key.account,
      at: atMs,
      cash: this.#balance,
      positionsValue,
      equity: this.#balance.plus(positionsValue),
    };
  }
}

interface Worth {
  readonly position: Position;
  readonly bid: Money | undefined;
  readonly value: Money;
}

/** Value of positions, kept for as long as they and their bids are the same objects. */
class KeptWorth {
  #worths: readonly Worth[] = [];
  #sum = new Money(0);

  of(positions: readonly Position[], quotes: Quotes): Money {
    const before = this.#worths;
    let isSame = positions.length === before.length;
    const worths = positions.map((position, at): Worth => {
      const bid = quotes.bidOf(position.symbol);
      const known = before[at];
      if (known?.position === position && known.bid === bid) return known;
      isSame = false;
      return { position, bid, value: worthOf(position, bid) };
    });
    if (isSame) return this.#sum;
    this.#worths = worths;
    this.#sum = worths.reduce((sum, { value }) => sum.plus(value), new Money(0));
    return this.#sum;
  }
}

function worthOf(position: Position, bid: Money | undefined): Money {
  // Undefined until the purchase is filled: nothing is held yet.
  if (position.entryPrice === undefined) return new Money(0);
  return heldBaseOf(position).times(bid ?? position.entryPrice);
}
