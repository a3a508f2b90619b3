import { Money } from '../../domain/money.js';
import { refuse } from '../dialect/binance-refusal.js';
import type { Instrument } from '../market/instrument.js';
import type { OrderRequest } from './demo-order.js';

/** Limits of every pair, as `exchangeInfo` states them. Amounts in quote units. */
export const MIN_NOTIONAL = '5';
export const MAX_NOTIONAL = '9000000';
/** How far a price may lie from the mean of the last minutes: a factor on each side. */
export const PRICE_FACTOR = 5;
export const MAX_PRICE = '1000000';
export const MAX_OPEN_ORDERS = 200;
export const MAX_OPEN_STOPS = 5;

export interface FilterContext {
  readonly instrument: Instrument;
  /** Price of the last trade. */
  readonly lastPrice: number;
  readonly openOrders: number;
  readonly openStops: number;
}

export function tickSize({ priceDecimals }: Instrument): Money {
  return new Money(10).pow(-priceDecimals);
}

export function stepSize({ quantityDecimals }: Instrument): Money {
  return new Money(10).pow(-quantityDecimals);
}

/** @throws BinanceRefusal −1013 naming the filter that the order does not pass */
export function assertPassesFilters(order: OrderRequest, context: FilterContext): void {
  const { instrument, lastPrice, openOrders, openStops } = context;
  for (const price of [order.price, order.stopPrice]) {
    if (price !== undefined) assertPrice(new Money(price), instrument);
  }
  if (order.price !== undefined) {
    const price = new Money(order.price);
    const [low, high] = [lastPrice / PRICE_FACTOR, lastPrice * PRICE_FACTOR];
    if (price.lt(low) || price.gt(high)) fail('PERCENT_PRICE_BY_SIDE');
  }
  const price = new Money(order.price ?? order.stopPrice ?? lastPrice);
  if (order.quantity !== undefined) {
    const quantity = new Money(order.quantity);
    const step = stepSize(instrument);
    if (quantity.lt(step) || !quantity.mod(step).isZero()) fail('LOT_SIZE');
  }
  const notional =
    order.quoteOrderQty === undefined
      ? price.times(order.quantity ?? 0)
      : new Money(order.quoteOrderQty);
  if (notional.lt(MIN_NOTIONAL)) fail('NOTIONAL');
  if (order.type !== 'MARKET' && notional.gt(MAX_NOTIONAL)) fail('NOTIONAL');
  if (openOrders >= MAX_OPEN_ORDERS) fail('MAX_NUM_ORDERS');
  if (order.stopPrice !== undefined && openStops >= MAX_OPEN_STOPS) fail('MAX_NUM_ALGO_ORDERS');
}

function assertPrice(price: Money, instrument: Instrument): void {
  const tick = tickSize(instrument);
  if (price.lt(tick) || price.gt(MAX_PRICE) || !price.mod(tick).isZero()) fail('PRICE_FILTER');
}

function fail(filter: string): never {
  throw refuse(-1013, `Filter failure: ${filter}`);
}
