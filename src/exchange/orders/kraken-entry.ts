import { cancelByClientId, type Refusal, type VenueEntry } from './venue-entry.js';

const DAY_MS = 86_400_000;

/** Errors of Kraken's spot REST API are texts such as `EOrder:Insufficient funds`, with status 200. */
export const KRAKEN: VenueEntry = {
  exchangeId: 'kraken',
  abilities: {
    iocLimit: true,
    marketPurchases: true,
    stops: 'limit-or-market',
    trialOrders: true,
    answersWithFills: false,
  },
  // `test` would trade here.
  trialParams: { validate: true },
  credentials: ['apiKey', 'secret'],
  prepare: (exchange) => {
    // Kraken refuses a nonce that does not grow, also by two calls within a millisecond.
    let last = 0;
    exchange.nonce = () => (last = Math.max(last + 1, exchange.milliseconds()));
  },
  toCreateCall: ({ clientOrderId, kind, price, stopPrice }) => {
    if (kind === 'limit-ioc')
      return { type: 'limit', params: { clientOrderId, timeInForce: 'IOC' } };
    if (kind === 'market') return { type: 'market', params: { clientOrderId } };
    // `triggerPrice` would be ignored, and the stop would sell at once.
    const type = price === undefined ? 'market' : 'limit';
    return { type, params: { clientOrderId, stopLossPrice: stopPrice?.toFixed() } };
  },
  places: [
    {
      name: 'open orders by client id',
      ask: (exchange, { symbol, clientOrderId }) =>
        exchange.fetchOpenOrders(symbol, undefined, undefined, { clientOrderId }),
    },
    {
      name: 'closed orders by client id',
      ask: (exchange, { symbol, clientOrderId }) =>
        exchange.fetchClosedOrders(symbol, undefined, undefined, { clientOrderId }),
    },
  ],
  cancels: [cancelByClientId],
  fillsOf: async (exchange, { symbol, venueOrderId }) => {
    const { info } = await exchange.fetchOrder(venueOrderId, symbol, { trades: true });
    const { trades = [] } = info as { readonly trades?: readonly string[] };
    if (trades.length === 0) return [];
    return exchange.fetchOrderTrades(venueOrderId, symbol, undefined, undefined, { trades });
  },
  readRefusal: readKrakenRefusal,
  meanings: [
    {
      codes: [
        'EOrder:Insufficient funds',
        'EOrder:Order minimum not met',
        'EOrder:Cost minimum not met',
        'EOrder:Tick size check failed',
        'EOrder:Invalid price',
        'EOrder:Orders limit exceeded',
        'EOrder:Rate limit exceeded',
      ],
      means: 'rejected',
      why: 'funds, minimum, tick or number of orders',
    },
    {
      codes: [
        'EGeneral:Invalid arguments',
        'EQuery:Unknown asset pair',
        'EQuery:Invalid asset pair',
      ],
      means: 'rejected',
      why: 'a parameter or symbol that it does not take',
    },
    {
      codes: ['EService:Market in cancel_only mode', 'EService:Market in post_only mode'],
      means: 'rejected',
      why: 'market suspended',
    },
    {
      codes: [
        'EAPI:Invalid key',
        'EAPI:Invalid signature',
        'EAPI:Invalid nonce',
        'EGeneral:Permission denied',
      ],
      means: 'rejected',
      why: 'key, signature, nonce or right',
    },
    { codes: ['EOrder:Unknown order'], means: 'gone', why: 'nothing left to cancel' },
  ],
  keyFaults: {
    key: ['EAPI:Invalid key'],
    secret: ['EAPI:Invalid signature'],
    right: ['EGeneral:Permission denied'],
  },
  fillPages: { windowMs: 30 * DAY_MS, limit: 50, isNewestFirst: true, isOfAllSymbols: true },
  rehearsal: 'none; live:check lets the venue check an order without carrying it out (validate)',
  remarks: [
    'An order is looked up among open and then closed orders: there is no call by client id.',
    'Client ids are unique among open orders only.',
    'What a key may do is not asked: Kraken shows it on its page.',
  ],
};

function readKrakenRefusal(body: unknown): Refusal | undefined {
  const { error } = body as { readonly error?: readonly unknown[] };
  const first = error?.[0];
  if (typeof first !== 'string') return undefined;
  // `EGeneral:Invalid arguments:volume`: the third part says which.
  return { code: first.split(':').slice(0, 2).join(':'), message: first };
}
