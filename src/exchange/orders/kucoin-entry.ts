import { ConfigError, RejectedError } from '../../lib/errors.js';
import { callVenue, type CcxtOrder, type CcxtTrading } from './ccxt-trading.js';
import { belowId } from './page-cursors.js';
import type { KeyRights } from './order-venue.js';
import { memberOf, readCodeAndMessage } from './read-refusal.js';
import { cancelByClientId, type VenueEntry } from './venue-entry.js';

const DAY_MS = 86_400_000;
const NO_ORDER = /order[._ ]?(does[._ ])?not[._ ]?exist/i;

/** `code` of KuCoin's classic spot API; 400100 stands for many things, told apart by their text. */
export const KUCOIN: VenueEntry = {
  exchangeId: 'kucoin',
  abilities: {
    iocLimit: true,
    marketPurchases: true,
    stops: 'none',
    trialOrders: true,
    answersWithFills: false,
  },
  trialParams: { test: true },
  credentials: ['apiKey', 'secret', 'passphrase'],
  prepare: (exchange) => {
    // Fees are asked for by symbol.
    exchange.options['fetchMarkets'] = { types: ['spot'], fetchTickersFees: false };
  },
  afterMarkets: async (exchange) => {
    await callVenue(exchange, 'loadMigrationStatus');
    if ((await callVenue(exchange, 'isUTAEnabled')) !== true) return;
    throw new ConfigError('kucoin: unified accounts are not traded; use a classic spot account');
  },
  readRights: readKucoinRights,
  toCreateCall: ({ clientOrderId, kind }) => {
    if (kind === 'stop') throw new RejectedError('stops do not rest at kucoin');
    if (kind === 'limit-ioc')
      return { type: 'limit', params: { clientOrderId, timeInForce: 'IOC' } };
    return { type: 'market', params: { clientOrderId } };
  },
  places: [
    {
      name: 'order by client id',
      // An id of the venue is required, and not read beside the client id.
      ask: async (exchange, { symbol, clientOrderId }) => [
        await exchange.fetchOrder('', symbol, { clientOrderId }),
      ],
    },
  ],
  cancels: [cancelByClientId],
  openOrders: { ask: askOpenOrders, limit: Infinity },
  fillsOf: (exchange, { symbol, venueOrderId }) =>
    exchange.fetchMyTrades(symbol, undefined, 100, { orderId: venueOrderId }),
  readRefusal: (body) =>
    readCodeAndMessage(body, { code: 'code', message: 'msg', fine: ['200000', '200'] }),
  meanings: [
    { codes: ['126033', '126044'], means: 'duplicate', why: 'the id is in use' },
    {
      codes: ['400100', '300000'],
      message: /duplicat/i,
      means: 'duplicate',
      why: 'the id is in use',
    },
    {
      codes: ['400100', 'order_not_exist', '100001'],
      message: NO_ORDER,
      means: 'absent',
      why: 'no such order',
    },
    { codes: ['200004', '230003', '210021'], means: 'rejected', why: 'not enough funds' },
    {
      codes: ['400100', '600100', '600101'],
      message: /minimum|increment|should (be )?more/i,
      means: 'rejected',
      why: 'size or value outside the limits',
    },
    {
      codes: ['400370', '400760', '126029', '126030', '400600', '400200', '126009', '126015'],
      means: 'rejected',
      why: 'price outside the limits, or symbol not traded',
    },
    {
      codes: ['400001', '400002', '400003', '400004', '400005', '400006', '400007', '411100'],
      means: 'rejected',
      why: 'time, key, passphrase, signature, address, right or account',
    },
  ],
  keyFaults: {
    key: ['400001', '400003'],
    secret: ['400005'],
    passphrase: ['400004'],
    right: ['400007'],
    address: ['400006'],
    clock: ['400002'],
  },
  fillPages: {
    windowMs: 7 * DAY_MS,
    limit: 100,
    isNewestFirst: true,
    next: belowId('id', 'lastId'),
  },
  rehearsal: 'none; live:check lets the venue check an order without carrying it out',
  remarks: [
    'Stops do not rest there: whether a stop keeps its client id once it is triggered is not settled.',
    'Unified accounts are not traded.',
  ],
};

async function readKucoinRights(exchange: CcxtTrading): Promise<KeyRights> {
  const key = memberOf(await callVenue(exchange, 'privateGetUserApiKey'), 'data') ?? {};
  const { permission, ipWhitelist, isMaster, expiredAt } = key;
  const rights = typeof permission === 'string' ? permission.split(',') : undefined;
  return {
    trade: rights?.includes('Spot'),
    withdraw: rights?.includes('Withdrawal'),
    isSubAccount: typeof isMaster === 'boolean' ? !isMaster : undefined,
    expiresAt: typeof expiredAt === 'number' ? expiredAt : undefined,
    isBoundToAddress: typeof ipWhitelist === 'string' ? ipWhitelist !== '' : undefined,
  };
}

/** Open orders are answered symbol by symbol; which symbols have some is a question of its own. */
async function askOpenOrders(exchange: CcxtTrading, symbol?: string): Promise<CcxtOrder[]> {
  if (symbol !== undefined) return exchange.fetchOpenOrders(symbol);
  const answer = await callVenue(exchange, 'privateGetHfOrdersActiveSymbols');
  const { symbols } = (memberOf(answer, 'data') ?? {}) as { readonly symbols?: readonly string[] };
  const ids = new Set(symbols);
  const markets = Object.values(exchange.markets ?? {}).filter(({ id }) => ids.has(id));
  const orders: CcxtOrder[] = [];
  for (const market of markets) orders.push(...(await exchange.fetchOpenOrders(market.symbol)));
  return orders;
}
