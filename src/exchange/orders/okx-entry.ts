import { RejectedError } from '../../lib/errors.js';
import { callVenue, type CcxtTrading } from './ccxt-trading.js';
import { belowId } from './page-cursors.js';
import type { KeyRights } from './order-venue.js';
import { memberOf, readCodeAndMessage } from './read-refusal.js';
import { cancelByClientId, type Refusal, type VenueEntry } from './venue-entry.js';

const DAY_MS = 86_400_000;

/** `sCode` of one order where there is one, else `code`, of OKX's API v5. */
export const OKX: VenueEntry = {
  exchangeId: 'okx',
  abilities: {
    iocLimit: true,
    marketPurchases: true,
    stops: 'none',
    trialOrders: false,
    answersWithFills: false,
  },
  credentials: ['apiKey', 'secret', 'passphrase'],
  prepare: (exchange) => {
    // ccxt would send a batch of one.
    exchange.options['createOrder'] = 'privatePostTradeOrder';
  },
  readRights: readOkxRights,
  toCreateCall: ({ clientOrderId, kind }) => {
    if (kind === 'stop') throw new RejectedError('stops do not rest at okx');
    const params = { clientOrderId, tdMode: 'cash' };
    if (kind === 'limit-ioc') return { type: 'limit', params: { ...params, timeInForce: 'IOC' } };
    return { type: 'market', params: { ...params, tgtCcy: 'base_ccy' } };
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
    next: belowId('ordId', 'after'),
  },
  fillsOf: (exchange, { symbol, venueOrderId }) =>
    exchange.fetchMyTrades(symbol, undefined, 100, { ordId: venueOrderId }),
  readRefusal: readOkxRefusal,
  meanings: [
    { codes: ['51016', '51011'], means: 'duplicate', why: 'the id is in use' },
    { codes: ['51008', '51119', '51127', '51131'], means: 'rejected', why: 'not enough funds' },
    {
      codes: [
        ...['51004', '51005', '51006', '51020', '51100', '51116', '51118', '51120', '51121'],
        ...['51122', '51135', '51136', '51137', '51138', '51185'],
      ],
      means: 'rejected',
      why: 'price, size or value outside the limits',
    },
    {
      codes: ['50014', '50015', '50016', '50024', '51000', '51001', '51015'],
      means: 'rejected',
      why: 'a parameter or symbol that it does not take',
    },
    {
      codes: ['51021', '51022', '51027', '51124', '51155', '50027', '51010'],
      means: 'rejected',
      why: 'symbol not traded, or account restricted',
    },
    {
      codes: ['50101', '50102', '50105', '50110', '50111', '50113', '50119', '50120'],
      means: 'rejected',
      why: 'environment, time, passphrase, address, key, signature or right',
    },
    { codes: ['51603'], means: 'absent', why: 'no such order' },
    { codes: ['51400', '51401', '51402'], means: 'gone', why: 'nothing left to cancel' },
  ],
  keyFaults: {
    key: ['50101', '50111', '50119'],
    secret: ['50113'],
    passphrase: ['50105'],
    right: ['50120'],
    address: ['50110'],
    clock: ['50102'],
  },
  fillPages: {
    windowMs: 7 * DAY_MS,
    limit: 100,
    isNewestFirst: true,
    next: belowId('billId', 'after'),
  },
  rehearsal: 'none from here: its demo trading needs a header that is not sent',
  remarks: [
    'Stops do not rest there: whether OKX takes one with a client id for a cash account is not settled.',
    'Cancelled orders without a fill disappear after two hours.',
    'There is no order that is only checked.',
  ],
};

function readOkxRefusal(body: unknown): Refusal | undefined {
  const own = readCodeAndMessage(memberOf(body, 'data'), {
    code: 'sCode',
    message: 'sMsg',
    fine: ['0'],
  });
  return own ?? readCodeAndMessage(body, { code: 'code', message: 'msg', fine: ['0'] });
}

async function readOkxRights(exchange: CcxtTrading): Promise<KeyRights> {
  const account = memberOf(await callVenue(exchange, 'privateGetAccountConfig'), 'data') ?? {};
  const { perm, uid, mainUid, ip } = account as Readonly<Record<string, string | undefined>>;
  const rights = perm?.split(',');
  return {
    trade: rights?.includes('trade'),
    withdraw: rights?.includes('withdraw'),
    isSubAccount: mainUid === undefined ? undefined : mainUid !== uid,
    expiresAt: undefined,
    isBoundToAddress: ip === undefined ? undefined : ip !== '',
  };
}
