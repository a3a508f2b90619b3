import { Money } from '../../domain/money.js';
import type { Instrument } from '../market/instrument.js';
import type { OrderSide } from './demo-order.js';

/** Of each fill's value, maker and taker alike. */
export const FEE_RATE = '0.001';
/** Paid in BNB, a fee costs a quarter less. */
const BNB_FEE_RATE = '0.00075';

const DECIMALS = 8;

export interface CommissionOptions {
  readonly side: OrderSide;
  readonly instrument: Instrument;
  readonly price: Money;
  readonly quantity: Money;
  readonly freeBnb: Money;
  /** In the pair's quote currency; undefined where BNB has no such pair. */
  readonly bnbPrice: number | undefined;
}

/** The fee of a fill: in BNB where enough of it is free, else in what was received. */
export function commissionOf(options: CommissionOptions): { asset: string; amount: Money } {
  const { side, instrument, price, quantity, freeBnb, bnbPrice } = options;
  if (bnbPrice !== undefined && bnbPrice > 0) {
    const value = price.times(quantity).times(BNB_FEE_RATE);
    const amount = value.div(bnbPrice).toDecimalPlaces(DECIMALS, Money.ROUND_UP);
    if (freeBnb.gte(amount)) return { asset: 'BNB', amount };
  }
  const received = side === 'BUY' ? quantity : price.times(quantity);
  const amount = received.times(FEE_RATE).toDecimalPlaces(DECIMALS, Money.ROUND_UP);
  return { asset: side === 'BUY' ? instrument.base : instrument.quote, amount };
}
