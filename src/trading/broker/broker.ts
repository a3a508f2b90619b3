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
  /** True where this process has stored the intent just now, so that nobody can have sent it. */
  readonly isNew: boolean;
  /** Why nothing is bought at the moment; undefined when entries are free. */
  readonly entryFreeze: string | undefined;
  /** What the books hold of what is to be sold; undefined for a purchase and for a stop. */
  readonly heldBase: Money | undefined;
}

export type Execution = Pick<
  Fill,
  'price' | 'sizeBase' | 'feeQuote' | 'fee' | 'venueTradeId' | 'filledAt'
>;

/**
 * What is known of an order. `fills` are all that are known of it, those that an earlier answer told among
 * them; on paper there is one.
 */
export type BrokerAnswer =
  /** It is over, and these fills are all of it: fewer than it asked for, perhaps. */
  | { readonly status: 'filled'; readonly fills: readonly Execution[] }
  /** It is over without a fill. */
  | { readonly status: 'rejected'; readonly reason: string; readonly mayRepeat?: boolean }
  /** It was given up without a fill. */
  | { readonly status: 'canceled'; readonly reason: string }
  /** Ask again. */
  | {
      readonly status: 'waiting';
      readonly fills?: readonly Execution[];
      /** Given once the exchange has confirmed the order. */
      readonly sent?: { readonly venueOrderId: string | undefined };
    };

/** What is to be bought or sold. */
export interface OrderWish {
  readonly symbol: string;
  readonly side: Order['side'];
  readonly sizeBase: Money;
  readonly quote: Quote | undefined;
  /** Level of the stop that is to guard a purchase, or to rest at the exchange. */
  readonly stopPrice?: Money | undefined;
}

/** A sale that is not taken. */
export interface RefusedSale {
  readonly symbol: string;
  readonly reason: string;
  /** Wall time of the first refusal in a row. */
  readonly since: number;
}

export type OrderTerms = Pick<Order, 'kind' | 'sizeBase' | 'price' | 'stopPrice'>;

export type PlannedTerms =
  | { readonly status: 'possible'; readonly terms: OrderTerms }
  | { readonly status: 'impossible'; readonly reason: string };

/**
 * Carries out orders whose intent is stored. Asking twice about one order never does it twice. What
 * comes of an order is a value; only what keeps it from being known throws.
 */
export interface Broker {
  /** Whether stops can rest where it trades: one may be there whatever the settings say now. */
  readonly hasStops: boolean;
  /** Whether stops are to rest there. */
  readonly wantsStops: boolean;
  /** Orders of which it is not known what became of them. */
  readonly unknownOrders: number;
  /** Sales that are not taken, and are tried again. */
  readonly refusedSales: readonly RefusedSale[];
  /** The terms of an entry, or why none can be made: known before its intent is stored. */
  planEntry(wish: OrderWish): PlannedTerms;
  /** The terms of a sale. @param attempt from 1: later ones take what the market gives */
  planExit(wish: OrderWish, attempt: number): PlannedTerms;
  /** The terms of a stop that rests. */
  planStop(wish: OrderWish & { readonly stopPrice: Money }): PlannedTerms;
  /** Whether so little cannot be sold. Nothing at all counts as well. */
  isDust(symbol: string, sizeBase: Money, price: Money | undefined): boolean;
  /** Whether the order may have been sent, so that it cannot simply be refused. */
  isUnderWay(order: Order): boolean;
  execute(order: Order, market: Market): Promise<BrokerAnswer>;
  /** Gives up what is left of an order. `waiting` where that is not certain yet. */
  cancel(order: Order, market: Market): Promise<BrokerAnswer>;
}
