import type { Money } from './money.js';

/** Whose books a row belongs to: `paper`, or a hash of the account's key. */
export interface BookKey {
  readonly venue: string;
  readonly account: string;
}

export const POSITION_STATUSES = ['opening', 'open', 'closing', 'closed', 'abandoned'] as const;
export const ORDER_STATUSES = ['intended', 'filled', 'rejected'] as const;

export type ExitReason =
  | 'signal'
  | 'stop_loss'
  | 'trailing'
  | 'take_profit'
  | 'max_hold'
  /** A halt closed everything. */
  | 'halt'
  /** A person closed this position. */
  | 'manual';

/** Spot, long only: at most one open position a symbol. */
export interface Position extends BookKey {
  readonly uid: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly bot: string;
  /** `opening` until the entry order is filled, `closing` from the exit's intent to its fill. */
  readonly status: (typeof POSITION_STATUSES)[number];
  readonly decisionUid: string;
  readonly sizeBase: Money;
  /** Average price of the entry, without fees; undefined until filled. */
  readonly entryPrice: Money | undefined;
  readonly exitPrice: Money | undefined;
  readonly stopPrice: Money | undefined;
  readonly targetPrice: Money | undefined;
  /** Level of the trailing stop, which never goes down; undefined while there is none. */
  readonly trailingPrice: Money | undefined;
  /** Market time from which on prices count against `trailingPrice`. */
  readonly trailingAt: number | undefined;
  /** Market time after which the position is closed, whatever the signal; undefined for never. */
  readonly holdUntil: number | undefined;
  readonly exitReason: ExitReason | undefined;
  /** Profit after all fees in quote currency, once closed. */
  readonly realizedPnl: Money | undefined;
  readonly openedAt: number;
  readonly closedAt: number | undefined;
}

/** An intent, stored before anything is done about it. */
export interface Order extends BookKey {
  readonly uid: string;
  /** 18 characters of `[a-z0-9]`, not starting with `t`: the one form every venue accepts. */
  readonly clientOrderId: string;
  readonly positionUid: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly sizeBase: Money;
  readonly status: (typeof ORDER_STATUSES)[number];
  /** Why the order exists, or why it was rejected. */
  readonly reason: string;
  readonly intendedAt: number;
  readonly settledAt: number | undefined;
}

/** It happened: `sizeBase` changed hands at `price`. */
export interface Fill extends BookKey {
  readonly uid: string;
  readonly orderUid: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly price: Money;
  readonly sizeBase: Money;
  /** In quote currency. */
  readonly feeQuote: Money;
  readonly filledAt: number;
}

/** Value of the books at a moment, in quote currency. */
export interface EquityPoint extends BookKey {
  readonly at: number;
  readonly cash: Money;
  readonly positionsValue: Money;
  readonly equity: Money;
}

/** What a fill does to the cash: the proceeds or the cost, less the fee. */
export function cashChange(fill: Fill): Money {
  const value = fill.price.times(fill.sizeBase);
  return (fill.side === 'sell' ? value : value.negated()).minus(fill.feeQuote);
}
