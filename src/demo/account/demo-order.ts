import type { Money } from '../../domain/money.js';

export type OrderSide = 'BUY' | 'SELL';
export type OrderType = 'LIMIT' | 'LIMIT_MAKER' | 'MARKET' | 'STOP_LOSS' | 'STOP_LOSS_LIMIT';
export type TimeInForce = 'GTC' | 'IOC' | 'FOK';
export type OrderStatus = 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'EXPIRED';

/** What was asked for. Amounts are decimal text; times are market time in epoch milliseconds. */
export interface OrderRequest {
  readonly symbol: string;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly clientOrderId: string;
  /** In base units; undefined for a market order by `quoteOrderQty`. */
  readonly quantity: string | undefined;
  readonly quoteOrderQty: string | undefined;
  /** Undefined for market orders and stops without a limit. */
  readonly price: string | undefined;
  readonly stopPrice: string | undefined;
  readonly timeInForce: TimeInForce;
}

/** A request that the account has taken. */
export interface PlacedOrder extends OrderRequest {
  readonly orderId: number;
  /** Base units to be filled. */
  readonly origQty: string;
  readonly time: number;
  /** From when on it meets the market: `time`, unless a fault delays it. */
  readonly activeFrom: number;
  /** Share of its quantity that it may take from the book at once: 1, unless a fault lowers it. */
  readonly takerShare: number;
}

export interface Fill {
  readonly tradeId: number;
  readonly time: number;
  readonly price: string;
  readonly quantity: string;
  readonly commission: string;
  readonly commissionAsset: string;
  readonly isMaker: boolean;
}

/** An order as the account holds it. */
export interface OrderState {
  readonly placed: PlacedOrder;
  readonly executedQty: Money;
  readonly executedQuote: Money;
  readonly fills: readonly Fill[];
  /** A stop before its price was reached is not triggered; every other order is from the start. */
  readonly isTriggered: boolean;
  /** Whether it has met the book once: what is left of it rests. */
  readonly hasTaken: boolean;
  /** Why it is over without being filled. */
  readonly endedAs: 'CANCELED' | 'EXPIRED' | undefined;
  readonly updateTime: number;
}

export function remainingOf({ placed, executedQty }: OrderState): Money {
  return executedQty.neg().plus(placed.origQty);
}

export function statusOf(order: OrderState): OrderStatus {
  if (order.endedAs !== undefined) return order.endedAs;
  if (order.executedQty.isZero()) return 'NEW';
  return remainingOf(order).isZero() ? 'FILLED' : 'PARTIALLY_FILLED';
}

export function isOpen(order: OrderState): boolean {
  const status = statusOf(order);
  return status === 'NEW' || status === 'PARTIALLY_FILLED';
}
