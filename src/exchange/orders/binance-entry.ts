import { Money } from '../../domain/money.js';
import { callVenue, type CcxtTrading } from './ccxt-trading.js';
import type { KeyRights, PriceBand, VenueRules } from './order-venue.js';
import { readCodeAndMessage } from './read-refusal.js';
import { cancelByClientId, type VenueEntry } from './venue-entry.js';

const DAY_MS = 86_400_000;

/** Codes of "Error codes for Binance" in the spot API's documentation. */
export const BINANCE: VenueEntry = {
  exchangeId: 'binance',
  abilities: {
    iocLimit: true,
    marketPurchases: true,
    stops: 'limit-or-market',
    trialOrders: true,
    answersWithFills: true,
  },
  trialParams: { test: true },
  readRights: readBinanceRights,
  keyFaults: {
    key: ['-2014'],
    'key-or-address': ['-2015'],
    secret: ['-1022'],
    clock: ['-1021'],
  },
  credentials: ['apiKey', 'secret'],
  prepare: (exchange) => {
    exchange.options['warnOnFetchOpenOrdersWithoutSymbol'] = false;
  },
  toCreateCall: ({ clientOrderId, kind, price, stopPrice }) => {
    if (kind === 'limit-ioc')
      return { type: 'limit', params: { clientOrderId, timeInForce: 'IOC' } };
    if (kind === 'market') return { type: 'market', params: { clientOrderId } };
    const type = price === undefined ? 'market' : 'limit';
    return { type, params: { clientOrderId, stopLossPrice: stopPrice?.toFixed() } };
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
  fillsOf: (exchange, { symbol, venueOrderId }) =>
    exchange.fetchMyTrades(symbol, undefined, 1000, { orderId: venueOrderId }),
  readRules: readBinanceRules,
  readRefusal: (body) => readCodeAndMessage(body, { code: 'code', message: 'msg' }),
  meanings: [
    { codes: ['-2010'], message: /duplicate/i, means: 'duplicate', why: 'the id is in use' },
    { codes: ['-2010', '-1013'], means: 'rejected', why: 'funds, filters, market closed' },
    {
      codes: [
        '-1100',
        '-1101',
        '-1102',
        '-1103',
        '-1104',
        '-1105',
        '-1106',
        '-1108',
        '-1111',
        '-1112',
        '-1114',
        '-1115',
        '-1116',
        '-1117',
        '-1121',
        '-1128',
        '-1130',
        '-1131',
      ],
      means: 'rejected',
      why: 'a parameter or symbol that it does not take',
    },
    { codes: ['-1021', '-1022'], means: 'rejected', why: 'time or signature' },
    { codes: ['-1002', '-2014', '-2015'], means: 'rejected', why: 'key or its rights' },
    { codes: ['-2013'], means: 'absent', why: 'no such order' },
    { codes: ['-2011'], means: 'gone', why: 'nothing left to cancel' },
  ],
  fillPages: { windowMs: DAY_MS, limit: 1000, isNewestFirst: false },
  rehearsal:
    'the demo exchange, Spot Test Network (EXCHANGE_BASE_URL=https://testnet.binance.vision)',
  remarks: ['Fees may be taken in BNB: what a purchase brings is then whole.'],
};

interface BinanceRestrictions {
  readonly ipRestrict?: boolean;
  readonly enableSpotAndMarginTrading?: boolean;
  readonly enableWithdrawals?: boolean;
  readonly tradingAuthorityExpirationTime?: number;
}

/** The key's own rights, less what the account itself may not do. */
async function readBinanceRights(exchange: CcxtTrading): Promise<KeyRights> {
  const { info } = await exchange.fetchBalance();
  const { canTrade } = info as { readonly canTrade?: boolean };
  const answer = await callVenue(exchange, 'sapiGetAccountApiRestrictions');
  const { ipRestrict, ...own } = answer as BinanceRestrictions;
  return {
    trade: canTrade === false ? false : own.enableSpotAndMarginTrading,
    withdraw: own.enableWithdrawals,
    isSubAccount: undefined,
    expiresAt: own.tradingAuthorityExpirationTime,
    isBoundToAddress: ipRestrict,
  };
}

interface BinanceMarket {
  readonly orderTypes?: readonly string[];
  readonly filters?: readonly Readonly<Record<string, string>>[];
}

/** Price filter by side, and whether the pair takes stops. */
function readBinanceRules(info: unknown): Pick<VenueRules, 'pricePercent' | 'stops'> {
  const { filters = [], orderTypes = [] } = info as BinanceMarket;
  const filter = filters.find(({ filterType }) => filterType === 'PERCENT_PRICE_BY_SIDE');
  const hasLimitStop = orderTypes.includes('STOP_LOSS_LIMIT');
  const hasMarketStop = orderTypes.includes('STOP_LOSS');
  return {
    pricePercent:
      filter === undefined
        ? undefined
        : { buy: bandOf(filter, 'bid'), sell: bandOf(filter, 'ask') },
    stops: !hasLimitStop ? 'none' : hasMarketStop ? 'limit-or-market' : 'limit',
  };
}

function bandOf(filter: Readonly<Record<string, string>>, side: 'bid' | 'ask'): PriceBand {
  return {
    lowest: new Money(filter[`${side}MultiplierDown`] ?? 0),
    highest: new Money(filter[`${side}MultiplierUp`] ?? Infinity),
  };
}
