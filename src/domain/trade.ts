import { Money } from './money.js';

const NOTHING = new Money(0);

/** Whose books a row belongs to: `paper`, or a hash of the account's key. */
export interface BookKey {
  readonly venue: string;
  readonly account: string;
}

export const POSITION_STATUSES = ['opening', 'open', 'closing', 'closed', 'abandoned'] as const;
/** Of positions that have not ended. */
export const HELD_STATUSES = ['opening', 'open', 'closing'] as const;
export const ORDER_STATUSES = ['intended', 'sent', 'filled', 'rejected', 'canceled'] as const;
export const ORDER_KINDS = ['market', 'limit-ioc', 'stop'] as const;

export type ExitReason =
  | 'signal'
  | 'stop_loss'
  | 'trailing'
  | 'take_profit'
  | 'max_hold'
  /** A halt closed everything. */
  | 'halt'
  /** A person closed this position. */
  | 'manual'
  /** What was held is gone from the account without an order of ours. */
  | 'closed_externally';

/** Spot, long only: at most one open position a symbol. */
export interface Position extends BookKey {
  readonly uid: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly bot: string;
  /** `opening` until the entry order is filled, `closing` from the exit's intent to its fill. */
  readonly status: (typeof POSITION_STATUSES)[number];
  readonly decisionUid: string;
  /** What was bought, less fees that were taken in base; what is to be bought until then. */
  readonly sizeBase: Money;
  /** How much of it is not held any more: sold, or gone from the account. Undefined for nothing. */
  readonly soldBase: Money | undefined;
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
  readonly kind: (typeof ORDER_KINDS)[number];
  readonly sizeBase: Money;
  /** Worst price; undefined for a market order. */
  readonly price: Money | undefined;
  /** Price that triggers a stop; undefined for others. */
  readonly stopPrice: Money | undefined;
  /** The exchange's own id, once it has told it. */
  readonly venueOrderId: string | undefined;
  /** `sent` once the exchange has confirmed it and it is not over. */
  readonly status: (typeof ORDER_STATUSES)[number];
  /** Why the order exists, or why it was rejected. */
  readonly reason: string;
  readonly intendedAt: number;
  readonly settledAt: number | undefined;
}

export interface Fee {
  readonly amount: Money;
  readonly currency: string;
}

/** It happened: `sizeBase` changed hands at `price`. */
export interface Fill extends BookKey {
  readonly uid: string;
  readonly orderUid: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly price: Money;
  readonly sizeBase: Money;
  /** Value of the fee in quote currency, whatever it was taken in. */
  readonly feeQuote: Money;
  /** What was taken, where that was not quote currency. */
  readonly fee: Fee | undefined;
  /** The exchange's own id of the trade; undefined on paper. */
  readonly venueTradeId: string | undefined;
  readonly filledAt: number;
}

/** Value of the books at a moment, in quote currency. */
export interface EquityPoint extends BookKey {
  readonly at: number;
  readonly cash: Money;
  readonly positionsValue: Money;
  readonly equity: Money;
}

/** What a fill does to the cash: the proceeds or the cost, less a fee that was taken from it. */
export function cashChange(fill: Fill): Money {
  const value = fill.price.times(fill.sizeBase);
  const change = fill.side === 'sell' ? value : value.negated();
  return fill.fee === undefined ? change.minus(fill.feeQuote) : change;
}

/**
 * What a fill does to the result of its trade. A fee in base is in it already, because less is sold later; one in
 * a third currency counts at its value.
 */
export function resultChange(fill: Fill): Money {
  const isThird = fill.fee !== undefined && fill.fee.currency !== baseOf(fill.symbol);
  return isThird ? cashChange(fill).minus(fill.feeQuote) : cashChange(fill);
}

/** What a fill does to what is held of its base currency. */
export function baseChange({ side, sizeBase, fee, symbol }: Fill): Money {
  const change = side === 'buy' ? sizeBase : sizeBase.negated();
  return fee?.currency === baseOf(symbol) ? change.minus(fee.amount) : change;
}

/** What is held of a position: nothing until its purchase is filled, dust after its sale. */
export function heldBaseOf({ entryPrice, sizeBase, soldBase }: HeldPosition): Money {
  if (entryPrice === undefined) return NOTHING;
  return soldBase === undefined ? sizeBase : sizeBase.minus(soldBase);
}

type HeldPosition = Pick<Position, 'entryPrice' | 'sizeBase' | 'soldBase'>;

export function isHeld({ status }: Pick<Position, 'status'>): boolean {
  return HELD_STATUSES.some((one) => one === status);
}

/** `BTC` of `BTC/USDT`. */
export function baseOf(symbol: string): string {
  return symbol.slice(0, symbol.indexOf('/'));
}

export interface Difference {
  /** What is different: `missing_base`, `foreign_order`, `late_fill`. */
  readonly kind: string;
  /** A symbol or a currency. */
  readonly subject: string;
  /** A sentence for a person. */
  readonly finding: string;
  /** What was done about it; undefined for nothing. */
  readonly repair: string | undefined;
}

/** The books compared with the account at the exchange. */
export interface Reconciliation extends BookKey {
  readonly uid: string;
  /** Market time. */
  readonly reconciledAt: number;
  readonly trigger: 'start' | 'interval';
  readonly differences: readonly Difference[];
}
