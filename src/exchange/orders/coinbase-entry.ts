import { RejectedError, TransientError } from '../../lib/errors.js';
import { callVenue, type CcxtOrder, type CcxtTrading, type Params } from './ccxt-trading.js';
import { fetchOrderPages } from './order-pages.js';
import type { KeyRights } from './order-venue.js';
import { atCursor } from './page-cursors.js';
import { memberOf, readCodeAndMessage } from './read-refusal.js';
import type { AskedOrder, Refusal, VenueEntry } from './venue-entry.js';

const DAY_MS = 86_400_000;
/** Most orders of an answer. */
const ORDER_LIMIT = 1000;

/** `error_response.error` of Coinbase's Advanced Trade API, with status 200. */
export const COINBASE: VenueEntry = {
  exchangeId: 'coinbase',
  abilities: {
    iocLimit: true,
    marketPurchases: false,
    stops: 'limit',
    trialOrders: false,
    answersWithFills: false,
  },
  credentials: ['apiKey', 'secret'],
  readRights: readCoinbaseRights,
  toCreateCall: ({ clientOrderId, kind, side, price, stopPrice }) => {
    // ccxt drops its own `clientOrderId` here and sends a random one.
    const id = { client_order_id: clientOrderId };
    if (kind === 'limit-ioc') return { type: 'limit', params: { ...id, timeInForce: 'IOC' } };
    if (kind === 'stop') {
      if (price === undefined) throw new RejectedError('a stop at coinbase needs a limit');
      return { type: 'limit', params: { ...id, stopLossPrice: stopPrice?.toFixed() } };
    }
    if (side === 'sell') return { type: 'market', params: id };
    throw new RejectedError('coinbase takes market purchases by an amount of money only');
  },
  places: [
    { name: 'open orders', ask: (exchange, asked) => askUntilFound(exchange, asked, 'open') },
    { name: 'newest orders', ask: (exchange, asked) => askUntilFound(exchange, asked, 'all') },
  ],
  cancels: [cancelByVenueId],
  openOrders: {
    ask: (exchange, symbol, further) =>
      exchange.fetchOpenOrders(symbol, undefined, ORDER_LIMIT, further),
    limit: 1,
    next: atCursor('cursor'),
  },
  fillsOf: (exchange, { symbol, venueOrderId }) =>
    exchange.fetchMyTrades(symbol, undefined, 100, { order_ids: venueOrderId }),
  readRefusal: readCoinbaseRefusal,
  meanings: [
    { codes: ['INSUFFICIENT_FUND', 'PREVIEW_INSUFFICIENT_FUND'], means: 'rejected', why: 'funds' },
    {
      codes: [
        'UNSUPPORTED_ORDER_CONFIGURATION',
        'INVALID_PRODUCT_ID',
        'INVALID_LIMIT_PRICE',
        'INVALID_SIZE_PRECISION',
        'INVALID_PRICE_PRECISION',
        'INVALID_ORDER_CONFIG',
        'PREVIEW_INVALID_LIMIT_PRICE',
        'PREVIEW_INVALID_SIZE_PRECISION',
        'PREVIEW_INVALID_PRICE_PRECISION',
        'PREVIEW_INVALID_BASE_SIZE_TOO_SMALL',
        'PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE',
      ],
      means: 'rejected',
      why: 'a parameter, price or size that it does not take',
    },
    {
      codes: ['HTTP 401', 'authentication_error', 'PERMISSION_DENIED'],
      means: 'rejected',
      why: 'key, signature or right',
    },
    { codes: ['UNKNOWN_CANCEL_ORDER', 'ORDER_IS_FULLY_FILLED'], means: 'gone', why: 'not open' },
  ],
  keyFaults: {
    'key-or-address': ['HTTP 401', 'authentication_error'],
    right: ['PERMISSION_DENIED'],
  },
  fillPages: { windowMs: 30 * DAY_MS, limit: 100, isNewestFirst: true, next: atCursor('cursor') },
  rehearsal: 'none',
  remarks: [
    'Orders are found by reading those of a symbol, a thousand in an answer, and comparing client ids.',
    'Stops need a limit; market purchases are not possible by an amount of the base.',
    'Its preview of an order is not used: ccxt does not read the errors in it.',
  ],
};

/** A list that may have left orders out says nothing about one that is not in it. */
async function askUntilFound(
  exchange: CcxtTrading,
  { symbol, clientOrderId }: AskedOrder,
  which: 'open' | 'all',
): Promise<readonly CcxtOrder[]> {
  const isFound = (page: readonly CcxtOrder[]): boolean =>
    page.some((order) => order.clientOrderId === clientOrderId);
  const next = (page: readonly CcxtOrder[]): Params | undefined =>
    isFound(page) ? undefined : atCursor('cursor')(page);
  const { orders, mayBeMore } = await fetchOrderPages({ limit: 1, next }, (further) =>
    which === 'open'
      ? exchange.fetchOpenOrders(symbol, undefined, ORDER_LIMIT, further)
      : exchange.fetchOrders(symbol, undefined, ORDER_LIMIT, further),
  );
  if (!mayBeMore || isFound(orders)) return orders;
  throw new TransientError(`coinbase: more orders of ${symbol} than can be read`);
}

async function cancelByVenueId(exchange: CcxtTrading, asked: AskedOrder): Promise<unknown> {
  const { symbol, clientOrderId } = asked;
  const open = await askUntilFound(exchange, asked, 'open');
  const order = open.find((one) => one.clientOrderId === clientOrderId);
  return order === undefined ? 'gone' : exchange.cancelOrder(order.id, symbol, {});
}

function readCoinbaseRefusal(body: unknown): Refusal | undefined {
  const failed = memberOf(body, 'error_response');
  if (failed !== undefined) {
    const names = { message: 'message', code: 'error', fine: ['UNKNOWN_FAILURE_REASON'] };
    const own = readCodeAndMessage(failed, names);
    return own ?? readCodeAndMessage(failed, { ...names, code: 'preview_failure_reason' });
  }
  const result = memberOf(body, 'results');
  if (result !== undefined) {
    return readCodeAndMessage(result, { code: 'failure_reason', message: 'order_id' });
  }
  const first = readCodeAndMessage(memberOf(body, 'errors'), { code: 'id', message: 'message' });
  return first ?? readCodeAndMessage(body, { code: 'error', message: 'message' });
}

async function readCoinbaseRights(exchange: CcxtTrading): Promise<KeyRights> {
  const answer = await callVenue(exchange, 'v3PrivateGetBrokerageKeyPermissions');
  const { can_trade: trade, can_transfer: withdraw } = answer as Readonly<Record<string, unknown>>;
  return {
    trade: typeof trade === 'boolean' ? trade : undefined,
    withdraw: typeof withdraw === 'boolean' ? withdraw : undefined,
    isSubAccount: undefined,
    expiresAt: undefined,
    isBoundToAddress: undefined,
  };
}
