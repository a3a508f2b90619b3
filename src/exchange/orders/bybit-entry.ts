import { ConfigError } from '../../lib/errors.js';
import { callVenue, type CcxtTrading } from './ccxt-trading.js';
import { atCursor } from './page-cursors.js';
import type { KeyRights } from './order-venue.js';
import { memberOf, readCodeAndMessage } from './read-refusal.js';
import type { VenueEntry } from './venue-entry.js';

const DAY_MS = 86_400_000;

/** `retCode` of Bybit's V5 API, with status 200. */
export const BYBIT: VenueEntry = {
  exchangeId: 'bybit',
  abilities: {
    iocLimit: true,
    marketPurchases: true,
    stops: 'limit-or-market',
    trialOrders: false,
    answersWithFills: false,
  },
  credentials: ['apiKey', 'secret'],
  afterMarkets: async (exchange) => {
    const [isUnifiedMargin, isUnified] = (await callVenue(
      exchange,
      'isUnifiedEnabled',
    )) as boolean[];
    if (isUnified === true || isUnifiedMargin === true) return;
    throw new ConfigError('bybit: only unified trading accounts are traded; upgrade the account');
  },
  readRights: readBybitRights,
  toCreateCall: ({ clientOrderId, kind, price, stopPrice }) => {
    if (kind === 'limit-ioc')
      return { type: 'limit', params: { clientOrderId, timeInForce: 'IOC' } };
    if (kind === 'market') return { type: 'market', params: { clientOrderId } };
    // A `tpslOrder`, which holds the base while it rests.
    const type = price === undefined ? 'market' : 'limit';
    return { type, params: { clientOrderId, stopLossPrice: stopPrice?.toFixed() } };
  },
  places: [
    {
      name: 'newest orders by client id',
      // ccxt's own `clientOrderId` is an unknown parameter here, which the venue ignores.
      ask: (exchange, { symbol, clientOrderId: orderLinkId }) =>
        exchange.fetchOpenOrders(symbol, undefined, undefined, { orderLinkId }),
    },
    {
      name: 'order history by client id',
      ask: (exchange, { symbol, clientOrderId: orderLinkId }) =>
        exchange.fetchCanceledAndClosedOrders(symbol, undefined, undefined, { orderLinkId }),
    },
  ],
  cancels: ['Order', 'tpslOrder'].map(
    (orderFilter) =>
      (exchange, { symbol, clientOrderId: orderLinkId }) =>
        exchange.cancelOrder(undefined, symbol, { orderLinkId, orderFilter }),
  ),
  openOrders: {
    ask: (exchange, symbol, further) => exchange.fetchOpenOrders(symbol, undefined, 50, further),
    // Its cursor says whether more comes, also after an answer that is not full.
    limit: 1,
    next: atCursor('nextPageCursor'),
  },
  fillsOf: (exchange, { symbol, venueOrderId }) =>
    exchange.fetchMyTrades(symbol, undefined, 100, { orderId: venueOrderId }),
  readRefusal: (body) =>
    readCodeAndMessage(body, { code: 'retCode', message: 'retMsg', fine: ['0'] }),
  meanings: [
    { codes: ['170141', '110072'], means: 'duplicate', why: 'the id is in use' },
    {
      codes: ['170131', '170033', '110004', '110007', '110012'],
      means: 'rejected',
      why: 'not enough funds',
    },
    {
      codes: [
        ...['170124', '170132', '170133', '170134', '170135', '170136', '170137', '170140'],
        ...['170148', '170192', '170193', '170194', '170197', '170198', '170204', '170206'],
        '110094',
      ],
      means: 'rejected',
      why: 'price, size or value outside the limits',
    },
    {
      codes: ['10001', '170105', '170115', '170116', '170117', '170121', '170130'],
      means: 'rejected',
      why: 'a parameter or symbol that it does not take',
    },
    {
      codes: ['170151', '170157', '170159', '170201', '170209'],
      means: 'rejected',
      why: 'symbol not traded, or account restricted',
    },
    {
      codes: ['10002', '10003', '10004', '10005', '10010', '33004'],
      means: 'rejected',
      why: 'time, key, signature, right or address',
    },
    {
      codes: ['170213', '170142', '170139', '170143', '170190', '110001', '110008', '110010'],
      means: 'gone',
      why: 'nothing left to cancel',
    },
  ],
  keyFaults: {
    key: ['10003'],
    secret: ['10004'],
    right: ['10005'],
    address: ['10010'],
    clock: ['10002'],
    expired: ['33004'],
  },
  fillPages: {
    windowMs: 7 * DAY_MS,
    limit: 100,
    isNewestFirst: true,
    next: atCursor('nextPageCursor'),
  },
  rehearsal: 'its testnet (EXCHANGE_BASE_URL=https://api-testnet.bybit.com), with a key of its own',
  remarks: [
    'Only unified trading accounts are traded.',
    'Cancelled orders without a fill disappear after a day.',
    'There is no order that is only checked.',
  ],
};

interface BybitKey {
  readonly readOnly?: number;
  readonly isMaster?: boolean;
  readonly expiredAt?: string;
  readonly ips?: readonly string[];
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
}

async function readBybitRights(exchange: CcxtTrading): Promise<KeyRights> {
  const answer = await callVenue(exchange, 'privateGetV5UserQueryApi');
  const key: BybitKey = memberOf(answer, 'result') ?? {};
  const { permissions = {} } = key;
  const expiresAt = Date.parse(key.expiredAt ?? '');
  return {
    trade: Number(key.readOnly) === 0 && permissions['Spot']?.includes('SpotTrade') === true,
    withdraw: permissions['Wallet']?.includes('Withdraw') === true,
    isSubAccount: key.isMaster === undefined ? undefined : !key.isMaster,
    expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
    isBoundToAddress: key.ips === undefined ? undefined : !key.ips.includes('*'),
  };
}
