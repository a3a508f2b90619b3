import { Money } from '../domain/money.js';
import type { Quote } from '../domain/quote.js';

/** Cost of buying at the ask and selling at the bid, both fees included, as a fraction of the middle price. */
export function roundTripCost(quote: Quote, feeRate: Money): number {
  const bid = new Money(quote.bid);
  const ask = new Money(quote.ask);
  const spread = ask.minus(bid).div(ask.plus(bid).div(2));
  return spread.plus(feeRate.times(2)).toNumber();
}
