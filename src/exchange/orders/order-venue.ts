import type { Money } from '../../domain/money.js';

/**
 * Orders of one account at one venue. What a venue answers to an order is a value, because "no usable
 * answer" is an outcome of its own: `unknown` ends only by what the venue says later. No layer below
 * sends an order twice.
 */
export interface OrderVenue {
  /** What `submit` may be asked for here. */
  readonly abilities: VenueAbilities;
  /** Sends the order once. Never throws for anything that the venue or the network does. */
  submit(request: OrderRequest): Promise<SubmitAnswer>;
  /** What became of the order with this client id; answers about other orders are left out. */
  lookUp(symbol: string, clientOrderId: string): Promise<LookUpAnswer>;
  cancel(symbol: string, clientOrderId: string): Promise<CancelAnswer>;
  /** Of one symbol or of all, also those of other programs. Throws `TransientError`. */
  openOrders(symbol?: string): Promise<OpenOrders>;
  /** The fills of one order, oldest first, fees as they were taken. Throws `TransientError`. */
  fillsOf(order: VenueOrder): Promise<readonly VenueFill[]>;
  /** Fills of the account in this symbol from `sinceMs` on, oldest first. Throws `TransientError`. */
  fillsSince(symbol: string, sinceMs: number): Promise<readonly VenueFill[]>;
  /** What the account holds, by currency; currencies without any are left out. Throws `TransientError`. */
  balances(): Promise<ReadonlyMap<string, VenueBalance>>;
  /** As the venue stated them last. Throws `RejectedError` for a symbol that it does not trade. */
  rulesOf(symbol: string): VenueRules;
}

/** What an account tells of itself. */
export interface VenueAccount extends Pick<OrderVenue, 'abilities' | 'balances' | 'rulesOf'> {
  /** What the key may do, as far as the venue says. Throws `TransientError`, `ConfigError` for a key it refuses. */
  rights(): Promise<KeyRights>;
  /** The account's own fees in this symbol, as shares of a fill's value. Throws `TransientError`. */
  feesOf(symbol: string): Promise<VenueFees>;
  /** Lets the venue check an order without carrying it out; only where `trialOrders` says so. */
  trial(request: OrderRequest): Promise<TrialAnswer>;
}

export interface VenueAbilities {
  /** Immediate-or-cancel limit orders. */
  readonly iocLimit: boolean;
  /** Market orders that buy an amount of the base. */
  readonly marketPurchases: boolean;
  /** Whether a sell stop can rest at the venue: with a limit only, or also as a market order. */
  readonly stops: 'limit' | 'limit-or-market' | 'none';
  /** An order that the venue checks and does not carry out. */
  readonly trialOrders: boolean;
  /** Whether the answer to a new order says what it filled; elsewhere it must be looked up. */
  readonly answersWithFills: boolean;
}

export type OrderSide = 'buy' | 'sell';

export interface OrderRequest {
  /** 18 characters of `[a-z0-9]`, not starting with `t`: the one form that every venue accepts. */
  readonly clientOrderId: string;
  /** Unified symbol. */
  readonly symbol: string;
  readonly side: OrderSide;
  readonly kind: 'limit-ioc' | 'market' | 'stop';
  /** A multiple of the size step: nothing is rounded below this port. */
  readonly sizeBase: Money;
  /** A multiple of the tick. Limit of a `limit-ioc`, limit after the trigger of a `stop`. */
  readonly price?: Money;
  /** Price that triggers a `stop`. */
  readonly stopPrice?: Money;
}

export interface VenueOrder {
  /** Empty where the order was made without one. */
  readonly clientOrderId: string;
  readonly venueOrderId: string | undefined;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly kind: 'limit' | 'market' | 'stop';
  /** Partly filled orders are `open`, `canceled` or `expired` with something filled. */
  readonly status: 'open' | 'filled' | 'canceled' | 'expired' | 'rejected';
  readonly sizeBase: Money;
  readonly filledBase: Money;
  readonly averagePrice: Money | undefined;
  /** Venue time at which it was made; undefined where the venue does not say. */
  readonly createdAt?: number | undefined;
  /** Venue time of the last change, or of the answer where the venue does not say. */
  readonly updatedAt: number;
}

export interface OpenOrders {
  readonly orders: readonly VenueOrder[];
  /** The venue's ids of orders of other programs that this port cannot state. */
  readonly unreadable: readonly string[];
  /** Whether the venue may have more than it shows in an answer. */
  readonly mayBeMore: boolean;
}

export interface VenueFill {
  readonly venueTradeId: string;
  readonly venueOrderId: string;
  readonly symbol: string;
  readonly side: OrderSide;
  readonly price: Money;
  readonly sizeBase: Money;
  /** As it was taken: in base, quote or a third currency. */
  readonly fee: { readonly amount: Money; readonly currency: string };
  readonly filledAt: number;
}

export interface VenueBalance {
  readonly free: Money;
  /** Held by orders. */
  readonly used: Money;
}

/** The code of a refusal that this machine made: no request left it. */
export const NOT_SENT = 'not-sent';

export type SubmitAnswer =
  | { readonly status: 'accepted'; readonly order: VenueOrder }
  /** Certain: the order does not exist. `code` is the venue's, or `NOT_SENT`. */
  | { readonly status: 'rejected'; readonly code: string; readonly reason: string }
  /** It may exist, which includes an id that the venue calls a duplicate: look it up. */
  | { readonly status: 'unknown'; readonly reason: string };

export type TrialAnswer =
  | { readonly status: 'passed' }
  | { readonly status: 'rejected' | 'unknown'; readonly reason: string };

/** Undefined where the venue does not tell. */
export interface KeyRights {
  readonly trade: boolean | undefined;
  readonly withdraw: boolean | undefined;
  readonly isSubAccount: boolean | undefined;
  /** Epoch milliseconds; undefined also for a key that does not expire. */
  readonly expiresAt: number | undefined;
  /** Whether only some addresses may use the key. */
  readonly isBoundToAddress: boolean | undefined;
}

export interface VenueFees {
  readonly maker: Money | undefined;
  readonly taker: Money | undefined;
}

export type LookUpAnswer =
  | { readonly status: 'found'; readonly order: VenueOrder }
  /** Every place where the venue could show it was asked; `askedAtVenueTime` is before the first. */
  | { readonly status: 'absent'; readonly askedAtVenueTime: number }
  | { readonly status: 'unknown'; readonly reason: string };

export type CancelAnswer =
  | { readonly status: 'canceled' }
  /** Nothing is left to cancel: filled, expired or never there. Look it up. */
  | { readonly status: 'gone'; readonly reason: string }
  | { readonly status: 'unknown'; readonly reason: string };

/** What the venue demands of an order in one symbol. Undefined where it states nothing. */
export interface VenueRules {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  /** False while it is suspended or delisted. */
  readonly isTrading: boolean;
  readonly sizeStep: Money | undefined;
  readonly priceTick: Money | undefined;
  readonly minSize: Money | undefined;
  readonly maxSize: Money | undefined;
  /** Of a market order, where that is less. */
  readonly maxMarketSize: Money | undefined;
  readonly minCost: Money | undefined;
  readonly maxCost: Money | undefined;
  /** Factors of the market's price between which a limit may lie, by the side of the order. */
  readonly pricePercent: Readonly<Record<OrderSide, PriceBand>> | undefined;
  /** Whether a stop may rest in this symbol. */
  readonly stops: VenueAbilities['stops'];
}

export interface PriceBand {
  readonly lowest: Money;
  readonly highest: Money;
}
