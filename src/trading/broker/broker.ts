import type { Money } from '../../domain/money.js';
import type { Quote } from '../../domain/market.js';
import type { Fill, Order } from '../../domain/trade.js';

/** What an order can be carried out against. */
export interface Market {
  /** Market time. */
  readonly nowMs: number;
  /** Newest quote of the symbol. */
  readonly quote: Quote | undefined;
  /** Cash that the books hold. */
  readonly cash: Money;
  /** Where and when the market itself showed that a stop or target was met. */
  readonly seen: { readonly price: Money; readonly at: number } | undefined;
}

export type Execution = Pick<Fill, 'price' | 'sizeBase' | 'feeQuote' | 'filledAt'>;

export type BrokerAnswer =
  | { readonly status: 'filled'; readonly execution: Execution }
  | { readonly status: 'rejected'; readonly reason: string }
  /** Ask again with the next quote. */
  | { readonly status: 'waiting' };

/** Carries out orders whose intent is stored. Asking twice about one order never does it twice. */
export interface Broker {
  execute(order: Order, market: Market): Promise<BrokerAnswer>;
}
