import { BITGET, COINBASE, KUCOIN, OKX } from './more-venue-cases.js';
import { ID, ok, TIME, type VenueCase } from './venue-case.js';
import type { Answer } from './venue-server.js';

function binanceOrder(clientOrderId: string): object {
  return {
    symbol: 'BTCUSDT',
    orderId: 7,
    clientOrderId,
    price: '60000.01',
    origQty: '0.01',
    executedQty: '0.004',
    cummulativeQuoteQty: '240',
    status: 'EXPIRED',
    timeInForce: 'IOC',
    type: 'LIMIT',
    side: 'BUY',
    time: TIME,
    updateTime: TIME,
  };
}

const BINANCE: VenueCase = {
  exchangeId: 'binance',
  symbol: 'BTC/USDT',
  createPath: '/api/v3/order',
  limitIoc: {
    newClientOrderId: ID,
    type: 'LIMIT',
    timeInForce: 'IOC',
    side: 'BUY',
    quantity: '0.01',
    price: '60000.01',
  },
  marketSell: { newClientOrderId: ID, type: 'MARKET', side: 'SELL', quantity: '0.01' },
  stop: { newClientOrderId: ID, type: 'STOP_LOSS_LIMIT', stopPrice: '50000', price: '49000' },
  accepted: ok(binanceOrder(ID)),
  rejected: { status: 400, body: { code: -2010, msg: 'Account has insufficient balance.' } },
  rejectedCode: '-2010',
  ambiguous: [
    { status: 400, body: { code: -1006, msg: 'Unexpected response; execution status unknown.' } },
    { status: 504, body: { code: -1007, msg: 'Timeout.' } },
    { status: 400, body: { code: -2010, msg: 'Duplicate order sent.' } },
  ],
  lookUpPaths: ['/api/v3/order'],
  lookUpParameter: { origClientOrderId: ID },
  found: [ok(binanceOrder(ID))],
  foreign: [ok(binanceOrder('other'))],
  absent: [{ status: 400, body: { code: -2013, msg: 'Order does not exist.' } }],
  cancelPath: '/api/v3/order',
  cancelParameter: { origClientOrderId: ID },
  canceled: ok({ ...binanceOrder('cancel'), origClientOrderId: ID, status: 'CANCELED' }),
  gone: { status: 400, body: { code: -2011, msg: 'Unknown order sent.' } },
};

function krakenOrder(clientOrderId: string): object {
  return {
    cl_ord_id: clientOrderId,
    status: 'canceled',
    opentm: TIME / 1000,
    descr: { pair: 'XBTUSDT', type: 'buy', ordertype: 'limit', price: '60000.01' },
    vol: '0.01',
    vol_exec: '0.004',
    cost: '240',
    fee: '0.6',
    price: '60000',
    misc: '',
    oflags: 'fciq',
  };
}

const NO_OPEN_KRAKEN = ok({ error: [], result: { open: {} } });

function krakenClosed(clientOrderId: string): Answer {
  return ok({
    error: [],
    result: { closed: { 'OABCDE-12345-FGHIJK': krakenOrder(clientOrderId) } },
  });
}

const KRAKEN: VenueCase = {
  exchangeId: 'kraken',
  symbol: 'BTC/USDT',
  createPath: '/0/private/AddOrder',
  limitIoc: {
    cl_ord_id: ID,
    ordertype: 'limit',
    timeinforce: 'IOC',
    type: 'buy',
    volume: '0.01',
    price: '60000.01',
  },
  marketSell: { cl_ord_id: ID, ordertype: 'market', type: 'sell', volume: '0.01' },
  stop: { cl_ord_id: ID, ordertype: 'stop-loss-limit', price: '50000', price2: '49000' },
  accepted: ok({
    error: [],
    result: {
      txid: ['OABCDE-12345-FGHIJK'],
      descr: { order: 'buy 0.01 XBTUSDT @ limit 60000.01' },
    },
  }),
  rejected: ok({ error: ['EOrder:Insufficient funds'] }),
  rejectedCode: 'EOrder:Insufficient funds',
  ambiguous: [
    ok({ error: ['EService:Timeout'] }),
    ok({ error: ['EService:Deadline elapsed'] }),
    ok({ error: ['EGeneral:Internal error'] }),
    ok({ error: ['EService:Busy'] }),
  ],
  lookUpPaths: ['/0/private/OpenOrders', '/0/private/ClosedOrders'],
  lookUpParameter: { cl_ord_id: ID },
  found: [NO_OPEN_KRAKEN, krakenClosed(ID)],
  foreign: [NO_OPEN_KRAKEN, krakenClosed('other')],
  absent: [NO_OPEN_KRAKEN, ok({ error: [], result: { closed: {} } })],
  cancelPath: '/0/private/CancelOrder',
  cancelParameter: { cl_ord_id: ID },
  canceled: ok({ error: [], result: { count: 1 } }),
  gone: ok({ error: ['EOrder:Unknown order'] }),
};

function bybitList(...orderLinkIds: readonly string[]): Answer {
  const list = orderLinkIds.map((orderLinkId) => ({
    orderId: '9',
    orderLinkId,
    symbol: 'BTCUSDT',
    side: 'Buy',
    orderType: 'Limit',
    timeInForce: 'IOC',
    orderStatus: 'PartiallyFilledCanceled',
    price: '60000.01',
    qty: '0.01',
    cumExecQty: '0.004',
    cumExecValue: '240',
    avgPrice: '60000',
    createdTime: String(TIME),
    updatedTime: String(TIME),
  }));
  return ok({ retCode: 0, retMsg: 'OK', result: { category: 'spot', list, nextPageCursor: '' } });
}

const BYBIT: VenueCase = {
  exchangeId: 'bybit',
  symbol: 'BTC/USDT',
  createPath: '/v5/order/create',
  limitIoc: {
    orderLinkId: ID,
    orderType: 'Limit',
    timeInForce: 'IOC',
    side: 'Buy',
    qty: '0.01',
    price: '60000.01',
    category: 'spot',
  },
  marketSell: {
    orderLinkId: ID,
    orderType: 'Market',
    side: 'Sell',
    qty: '0.01',
    marketUnit: 'baseCoin',
  },
  stop: { orderLinkId: ID, orderFilter: 'tpslOrder', triggerPrice: '50000', price: '49000' },
  accepted: ok({ retCode: 0, retMsg: 'OK', result: { orderId: '9', orderLinkId: ID } }),
  rejected: ok({ retCode: 170131, retMsg: 'Insufficient balance.', result: {} }),
  rejectedCode: '170131',
  ambiguous: [
    ok({ retCode: 10000, retMsg: 'Server Timeout', result: {} }),
    ok({ retCode: 10016, retMsg: 'System error.', result: {} }),
    ok({ retCode: 170146, retMsg: 'Order creation timeout', result: {} }),
    ok({ retCode: 170141, retMsg: 'Duplicate clientOrderId', result: {} }),
  ],
  lookUpPaths: ['/v5/order/realtime', '/v5/order/history'],
  lookUpParameter: { orderLinkId: ID, category: 'spot' },
  found: [bybitList(), bybitList(ID)],
  // What the venue answers to a parameter that it does not know: the newest order of anybody.
  foreign: [bybitList('other'), bybitList('another')],
  absent: [bybitList(), bybitList()],
  cancelPath: '/v5/order/cancel',
  cancelParameter: { orderLinkId: ID, orderFilter: 'Order' },
  canceled: ok({ retCode: 0, retMsg: 'OK', result: { orderId: '9', orderLinkId: ID } }),
  gone: ok({ retCode: 170213, retMsg: 'Order does not exist.', result: {} }),
};

export const VENUE_CASES: readonly VenueCase[] = [
  BINANCE,
  KRAKEN,
  BYBIT,
  OKX,
  KUCOIN,
  COINBASE,
  BITGET,
];
