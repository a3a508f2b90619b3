import { RejectedError } from '../../lib/errors.js';
import { belowId } from './page-cursors.js';
import { readCodeAndMessage } from './read-refusal.js';
import { cancelByClientId, type VenueEntry } from './venue-entry.js';

const DAY_MS = 86_400_000;

/** `code` of Bitget's classic API v2. */
export const BITGET: VenueEntry = {
  exchangeId: 'bitget',
  abilities: {
    iocLimit: true,
    marketPurchases: false,
    stops: 'none',
    trialOrders: false,
    answersWithFills: false,
  },
  credentials: ['apiKey', 'secret', 'passphrase'],
  prepare: (exchange) => {
    // ccxt takes any failure of its question, also of the network, for "not unified".
    exchange.options['uta'] = false;
  },
  toCreateCall: ({ clientOrderId, kind, side }) => {
    if (kind === 'stop') throw new RejectedError('stops do not rest at bitget');
    if (kind === 'limit-ioc')
      return { type: 'limit', params: { clientOrderId, timeInForce: 'IOC' } };
    if (side === 'sell') return { type: 'market', params: { clientOrderId } };
    throw new RejectedError('bitget takes market purchases by an amount of money only');
  },
  places: [
    {
      name: 'order by client id',
      ask: async (exchange, { symbol, clientOrderId }) => [
        await exchange.fetchOrder(undefined, symbol, { clientOrderId }),
      ],
    },
  ],
  cancels: [cancelByClientId],
  openOrders: {
    ask: (exchange, symbol, further) => exchange.fetchOpenOrders(symbol, undefined, 100, further),
    limit: 100,
    next: belowId('orderId', 'idLessThan'),
  },
  fillsOf: (exchange, { symbol, venueOrderId }) =>
    exchange.fetchMyTrades(symbol, undefined, 100, { orderId: venueOrderId }),
  readRefusal: (body) =>
    readCodeAndMessage(body, { code: 'code', message: 'msg', fine: ['00000'] }),
  meanings: [
    { codes: ['40786', '43118'], means: 'duplicate', why: 'the id is in use' },
    { codes: ['43012', '40762'], means: 'rejected', why: 'not enough funds' },
    {
      codes: ['45110', '45113', '40108', '40706', '40808', '43006', '43011'],
      means: 'rejected',
      why: 'price, size or value outside the limits',
    },
    { codes: ['40017', '40019', '40020', '40305'], means: 'rejected', why: 'a wrong parameter' },
    { codes: ['40309', '43115', '40024'], means: 'rejected', why: 'symbol not traded' },
    {
      codes: ['40006', '40008', '40009', '40012', '40014', '40018', '40037'],
      means: 'rejected',
      why: 'key, time, signature, passphrase, right or address',
    },
    { codes: ['43001', '40109', '40768'], means: 'absent', why: 'no such order' },
  ],
  keyFaults: {
    key: ['40006', '40037'],
    secret: ['40009'],
    passphrase: ['40012'],
    right: ['40014'],
    address: ['40018'],
    clock: ['40008'],
  },
  fillPages: {
    windowMs: 7 * DAY_MS,
    limit: 100,
    isNewestFirst: true,
    next: belowId('tradeId', 'idLessThan'),
  },
  rehearsal: 'none from here: its demo trading needs a header that is not sent',
  remarks: [
    'Stops do not rest there: plan orders have calls of their own, which are not used.',
    'Market purchases are not possible by an amount of the base. Unified accounts are not traded.',
    'What a key may do is not asked.',
  ],
};
