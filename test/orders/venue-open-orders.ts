import { TIME } from './venue-case.js';
import type { Answerer } from './venue-server.js';

/** One order that rests. */
interface OpenRow {
  readonly id: string;
  readonly clientOrderId: string;
}

/** How a venue states the open orders of an account, in the form of its public documentation. */
interface OpenOrdersCall {
  readonly path: string;
  readonly toRow: (order: OpenRow) => object;
  /** Most orders of an answer; undefined where one answer has all. */
  readonly page?: number;
  /** The parameter that goes on below an id, or at the cursor that the answer before had. */
  readonly further?: string;
  readonly toBody: (rows: readonly object[], cursor: string) => object;
}

const [PRICE, SIZE] = ['60000.01', '0.01'];
const AT = String(TIME);

export const OPEN_ORDERS_CALLS: Readonly<Record<string, OpenOrdersCall>> = {
  binance: {
    path: '/api/v3/openOrders',
    toRow: ({ id, clientOrderId }) => ({
      ...{ symbol: 'BTCUSDT', orderId: Number(id), clientOrderId, price: PRICE, origQty: SIZE },
      ...{ executedQty: '0', cummulativeQuoteQty: '0', status: 'NEW', type: 'LIMIT' },
      ...{ side: 'SELL', time: TIME, updateTime: TIME },
    }),
    toBody: (rows) => rows,
  },
  kraken: {
    path: '/0/private/OpenOrders',
    toRow: ({ id, clientOrderId: cl_ord_id }) => ({
      ...{ id, cl_ord_id, status: 'open', opentm: TIME / 1000, vol: SIZE, vol_exec: '0' },
      ...{ descr: { pair: 'XBTUSDT', type: 'sell', ordertype: 'limit', price: PRICE } },
      ...{ cost: '0', fee: '0', price: '0', misc: '', oflags: 'fciq' },
    }),
    toBody: (rows) => ({
      error: [],
      result: { open: Object.fromEntries(rows.map((row, at) => [`O${String(at)}`, row])) },
    }),
  },
  bybit: {
    path: '/v5/order/realtime',
    toRow: ({ id: orderId, clientOrderId: orderLinkId }) => ({
      ...{ orderId, orderLinkId, symbol: 'BTCUSDT', side: 'Sell', orderType: 'Limit' },
      ...{ orderStatus: 'New', price: PRICE, qty: SIZE, cumExecQty: '0', cumExecValue: '0' },
      ...{ avgPrice: '', createdTime: AT, updatedTime: AT },
    }),
    page: 50,
    further: 'cursor',
    toBody: (list, nextPageCursor) => ({
      retCode: 0,
      result: { category: 'spot', list, nextPageCursor },
    }),
  },
  okx: {
    path: '/api/v5/trade/orders-pending',
    toRow: ({ id: ordId, clientOrderId: clOrdId }) => ({
      ...{ instType: 'SPOT', instId: 'BTC-USDT', ordId, clOrdId, side: 'sell', ordType: 'limit' },
      ...{ state: 'live', px: PRICE, sz: SIZE, accFillSz: '0', avgPx: '', cTime: AT, uTime: AT },
    }),
    page: 100,
    further: 'after',
    toBody: (data) => ({ code: '0', msg: '', data }),
  },
  kucoin: {
    path: '/api/v1/hf/orders/active',
    toRow: ({ id, clientOrderId: clientOid }) => ({
      ...{ id, clientOid, symbol: 'BTC-USDT', type: 'limit', side: 'sell', price: PRICE },
      ...{ size: SIZE, dealSize: '0', dealFunds: '0', active: true, createdAt: TIME },
    }),
    toBody: (data) => ({ code: '200000', data }),
  },
  coinbase: {
    path: '/orders/historical/batch',
    toRow: ({ id: order_id, clientOrderId: client_order_id }) => ({
      ...{ order_id, client_order_id, product_id: 'BTC-USD', side: 'SELL', status: 'OPEN' },
      ...{ order_configuration: { limit_limit_gtc: { base_size: SIZE, limit_price: PRICE } } },
      ...{ filled_size: '0', created_time: new Date(TIME).toISOString() },
    }),
    // Fewer than are asked for.
    page: 100,
    further: 'cursor',
    toBody: (orders, cursor) => ({ orders, has_next: cursor !== '', cursor }),
  },
  bitget: {
    path: '/api/v2/spot/trade/unfilled-orders',
    toRow: ({ id: orderId, clientOrderId: clientOid }) => ({
      ...{ symbol: 'BTCUSDT', orderId, clientOid, side: 'sell', orderType: 'limit' },
      ...{ status: 'live', priceAvg: PRICE, size: SIZE, baseVolume: '0', quoteVolume: '0' },
      ...{ cTime: AT, uTime: AT },
    }),
    page: 100,
    further: 'idLessThan',
    toBody: (data) => ({ code: '00000', msg: 'success', data }),
  },
};

/** Answers the newest ones, and what is below them once it is asked for. */
export function answerOpenOrders(call: OpenOrdersCall, orders: readonly OpenRow[]): Answerer {
  const { page = Infinity, further = '' } = call;
  return ({ path, parameters }) => {
    if (path === '/api/v1/hf/orders/active/symbols') {
      return { body: { code: '200000', data: { symbols: ['BTC-USDT'] } } };
    }
    if (!path.endsWith(call.path)) return undefined;
    const below = Number(parameters[further] ?? Infinity);
    const asked = orders
      .filter(({ id }) => Number(id) < below)
      .sort((one, other) => Number(other.id) - Number(one.id));
    const shown = asked.slice(0, page);
    const cursor = asked.length > page ? (shown.at(-1)?.id ?? '') : '';
    return {
      body: call.toBody(
        shown.map((order) => call.toRow(order)),
        cursor,
      ),
    };
  };
}
