import {
  MAX_NOTIONAL,
  MAX_OPEN_ORDERS,
  MAX_OPEN_STOPS,
  MAX_PRICE,
  MIN_NOTIONAL,
  PRICE_FACTOR,
} from '../account/order-filters.js';
import { isTrading, type Instrument } from '../market/instrument.js';
import { getInstrument, type Route, type RouteRequest } from './route.js';
import { decimalText } from './decimal-text.js';
import { findPairChange, type PairChange } from './pair-changes.js';

const ORDER_TYPES = [
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
];

export const pingRoute: Route = {
  method: 'GET',
  path: '/api/v3/ping',
  weightOf: () => 1,
  answer: () => ({}),
};

export const timeRoute: Route = {
  method: 'GET',
  path: '/api/v3/time',
  weightOf: () => 1,
  answer: ({ toldMs }) => ({ serverTime: toldMs }),
};

export const exchangeInfoRoute: Route = {
  method: 'GET',
  path: '/api/v3/exchangeInfo',
  weightOf: () => 20,
  answer: (request) => {
    const { market, nowMs, toldMs, query, weightPerMinute } = request;
    query.findText('permissions');
    query.findText('showPermissionSets');
    return {
      timezone: 'UTC',
      serverTime: toldMs,
      rateLimits: [
        limit('REQUEST_WEIGHT', { interval: 'MINUTE', intervalNum: 1, limit: weightPerMinute }),
        limit('ORDERS', { interval: 'SECOND', intervalNum: 10, limit: 100 }),
        limit('ORDERS', { interval: 'DAY', intervalNum: 1, limit: 200_000 }),
        limit('RAW_REQUESTS', { interval: 'MINUTE', intervalNum: 5, limit: 61_000 }),
      ],
      exchangeFilters: [],
      symbols: askedInstruments(request, market.listedAt(nowMs)).map((instrument) =>
        toSymbol(instrument, {
          isActive: isTrading(instrument, nowMs),
          changed: findPairChange(request.effects, instrument.id),
        }),
      ),
    };
  },
};

/** What an exchange client asks about margin trading: there is none. It signs the question. */
export const emptyRoutes: readonly Route[] = [
  '/sapi/v1/margin/allPairs',
  '/sapi/v1/margin/isolated/allPairs',
].map((path) => ({
  method: 'GET',
  path,
  weightOf: () => 1,
  answer: ({ query }) => {
    query.acceptAny();
    return [];
  },
}));

function askedInstruments(request: RouteRequest, listed: Instrument[]): Instrument[] {
  const asked = request.query.findSymbols();
  return asked === undefined ? listed : asked.ids.map((id) => getInstrument(request, id));
}

function limit(rateLimitType: string, amount: object): object {
  return { rateLimitType, ...amount };
}

interface PairState {
  readonly isActive: boolean;
  readonly changed: PairChange | undefined;
}

function toSymbol(instrument: Instrument, { isActive, changed }: PairState): object {
  const { id, base, quote } = instrument;
  return {
    symbol: id,
    status: isActive && changed?.isSuspended !== true ? 'TRADING' : 'BREAK',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ORDER_TYPES,
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filtersOf(instrument, changed),
    permissions: [],
    permissionSets: [['SPOT']],
    defaultSelfTradePreventionMode: 'EXPIRE_MAKER',
    allowedSelfTradePreventionModes: ['EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH'],
  };
}

function filtersOf(
  { priceDecimals, quantityDecimals }: Instrument,
  changed: PairChange | undefined,
): object[] {
  const tick = decimalText(1 / 10 ** priceDecimals);
  const step = changed?.stepSize ?? decimalText(1 / 10 ** quantityDecimals);
  const most = decimalText(1e9 / 10 ** quantityDecimals);
  return [
    {
      filterType: 'PRICE_FILTER',
      minPrice: tick,
      maxPrice: decimalText(Number(MAX_PRICE)),
      tickSize: tick,
    },
    { filterType: 'LOT_SIZE', minQty: step, maxQty: most, stepSize: step },
    { filterType: 'ICEBERG_PARTS', limit: 10 },
    { filterType: 'MARKET_LOT_SIZE', minQty: '0.00000000', maxQty: most, stepSize: '0.00000000' },
    {
      filterType: 'PERCENT_PRICE_BY_SIDE',
      bidMultiplierUp: String(PRICE_FACTOR),
      bidMultiplierDown: String(1 / PRICE_FACTOR),
      askMultiplierUp: String(PRICE_FACTOR),
      askMultiplierDown: String(1 / PRICE_FACTOR),
      avgPriceMins: 5,
    },
    {
      filterType: 'NOTIONAL',
      minNotional: changed?.minNotional ?? decimalText(Number(MIN_NOTIONAL)),
      applyMinToMarket: true,
      maxNotional: decimalText(Number(MAX_NOTIONAL)),
      applyMaxToMarket: false,
      avgPriceMins: 5,
    },
    { filterType: 'MAX_NUM_ORDERS', maxNumOrders: MAX_OPEN_ORDERS },
    { filterType: 'MAX_NUM_ALGO_ORDERS', maxNumAlgoOrders: MAX_OPEN_STOPS },
  ];
}
