import type { CcxtExchange } from '../ccxt-exchange.js';

/**
 * The part of a ccxt exchange object that orders need. Made with `number: String`, so that every amount
 * and price is decimal text with all its digits.
 */
export interface CcxtTrading extends CcxtExchange<string> {
  nonce: () => number;
  createOrder(
    symbol: string,
    type: 'limit' | 'market',
    side: 'buy' | 'sell',
    amount: string,
    price: string | undefined,
    params: Params,
  ): Promise<CcxtOrder>;
  fetchOrder(id: string | undefined, symbol: string, params: Params): Promise<CcxtOrder>;
  cancelOrder(id: string | undefined, symbol: string, params: Params): Promise<CcxtOrder>;
  fetchOpenOrders: FetchOrders;
  fetchClosedOrders: FetchOrders;
  fetchCanceledOrders: FetchOrders;
  fetchCanceledAndClosedOrders: FetchOrders;
  fetchOrders: FetchOrders;
  fetchOrderTrades(
    id: string,
    symbol: string,
    since: number | undefined,
    limit: number | undefined,
    params: Params,
  ): Promise<CcxtTrade[]>;
  fetchMyTrades(
    symbol: string | undefined,
    since: number | undefined,
    limit: number | undefined,
    params: Params,
  ): Promise<CcxtTrade[]>;
  fetchBalance(params?: Params): Promise<CcxtBalances>;
  fetchTradingFee(symbol: string): Promise<CcxtFees>;
}

interface CcxtFees {
  readonly maker?: string | undefined;
  readonly taker?: string | undefined;
}

/** A call of the venue's own API, by the name that ccxt gives it. */
export async function callVenue(
  exchange: CcxtTrading,
  name: string,
  params: Params = {},
): Promise<unknown> {
  const call = (exchange as unknown as Readonly<Record<string, unknown>>)[name];
  if (typeof call !== 'function') throw new TypeError(`ccxt's ${exchange.id} has no ${name}`);
  return (call as (params: Params) => Promise<unknown>).call(exchange, params);
}

export type CcxtTradingClass = new (config: Params) => CcxtTrading;

export type Params = Readonly<Record<string, unknown>>;

type FetchOrders = (
  symbol?: string,
  since?: number,
  limit?: number,
  params?: Params,
) => Promise<CcxtOrder[]>;

export interface CcxtOrder {
  readonly id?: string | undefined;
  readonly clientOrderId?: string | undefined;
  readonly symbol?: string | undefined;
  readonly side?: string | undefined;
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly amount?: string | undefined;
  readonly filled?: string | undefined;
  readonly cost?: string | undefined;
  readonly average?: string | undefined;
  readonly stopPrice?: string | undefined;
  readonly triggerPrice?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly lastUpdateTimestamp?: number | undefined;
  readonly lastTradeTimestamp?: number | undefined;
  /** The venue's own answer. */
  readonly info?: unknown;
}

export interface CcxtTrade {
  readonly id?: string | undefined;
  readonly order?: string | undefined;
  readonly symbol?: string | undefined;
  readonly side?: string | undefined;
  readonly price?: string | undefined;
  readonly amount?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly fee?: CcxtFee | undefined;
  readonly fees?: readonly CcxtFee[] | undefined;
  /** The venue's own answer. */
  readonly info?: unknown;
}

interface CcxtFee {
  readonly cost?: string | undefined;
  readonly currency?: string | undefined;
}

export interface CcxtBalances {
  readonly free?: Readonly<Record<string, string | undefined>>;
  readonly used?: Readonly<Record<string, string | undefined>>;
  /** The venue's own answer. */
  readonly info?: unknown;
}
