import type { Money } from '../../domain/money.js';
import type { VenueFill } from '../../exchange/orders/order-venue.js';
import type { Execution } from '../broker/broker.js';
import type { LiveRules } from './live-rules.js';

export interface FeePrices {
  readonly rules: Pick<LiveRules, 'trading'>;
  /** Price of a currency in the books' currency, for fees in a third one; undefined where it is not known. */
  readonly findPrice: (currency: string) => Money | undefined;
}

/** A fill of the exchange in the terms of the books: its fee as it was taken, and what that is worth. */
export function toExecution(fill: VenueFill, prices: FeePrices): Execution {
  const { price, sizeBase, fee, venueTradeId, filledAt } = fill;
  const isQuote = fee.currency === prices.rules.trading.currency || fee.amount.isZero();
  return {
    price,
    sizeBase,
    feeQuote: isQuote ? fee.amount : feeValue(fill, prices),
    fee: isQuote ? undefined : fee,
    venueTradeId,
    filledAt,
  };
}

function feeValue(
  { symbol, price, sizeBase, fee }: VenueFill,
  { rules, findPrice }: FeePrices,
): Money {
  if (symbol.startsWith(`${fee.currency}/`)) return fee.amount.times(price);
  const rate = findPrice(fee.currency);
  // Without a price of that currency: what a fee usually is.
  return rate === undefined
    ? price.times(sizeBase).times(rules.trading.feeRate)
    : fee.amount.times(rate);
}
