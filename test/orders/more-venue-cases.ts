import { ID, ok, TIME, type VenueCase } from './venue-case.js';
import type { Answer } from './venue-server.js';

function okxOrder(clOrdId: string): Answer {
  const order = {
    instType: 'SPOT',
    instId: 'BTC-USDT',
    ordId: '5',
    clOrdId,
    side: 'buy',
    ordType: 'ioc',
    state: 'canceled',
    px: '60000.01',
    sz: '0.01',
    accFillSz: '0.004',
    avgPx: '60000',
    fee: '-0.000004',
    feeCcy: 'BTC',
    cTime: String(TIME),
    uTime: String(TIME),
  };
  return ok({ code: '0', msg: '', data: [order] });
}

function okxFailure(sCode: string, sMsg: string): Answer {
  return ok({ code: '1', msg: '', data: [{ clOrdId: ID, ordId: '', sCode, sMsg }] });
}

export const OKX: VenueCase = {
  exchangeId: 'okx',
  symbol: 'BTC/USDT',
  createPath: '/api/v5/trade/order',
  limitIoc: {
    clOrdId: ID,
    ordType: 'ioc',
    side: 'buy',
    sz: '0.01',
    px: '60000.01',
    tdMode: 'cash',
    instId: 'BTC-USDT',
  },
  marketSell: { clOrdId: ID, ordType: 'market', side: 'sell', sz: '0.01', tgtCcy: 'base_ccy' },
  accepted: ok({
    code: '0',
    msg: '',
    data: [{ clOrdId: ID, ordId: '5', sCode: '0', sMsg: 'Order placed' }],
  }),
  rejected: okxFailure('51008', 'Order failed. Insufficient USDT balance.'),
  rejectedCode: '51008',
  ambiguous: [
    okxFailure('51054', 'Getting information timeout, please try again later'),
    okxFailure('51016', 'Duplicated client order ID'),
    ok({ code: '50004', msg: 'Endpoint request timeout', data: [] }),
    ok({ code: '50013', msg: 'System is busy', data: [] }),
  ],
  lookUpPaths: ['/api/v5/trade/order'],
  lookUpParameter: { clOrdId: ID, instId: 'BTC-USDT' },
  found: [okxOrder(ID)],
  foreign: [okxOrder('other')],
  absent: [ok({ code: '51603', msg: 'Order does not exist', data: [] })],
  cancelPath: '/api/v5/trade/cancel-order',
  cancelParameter: { clOrdId: ID },
  canceled: ok({ code: '0', msg: '', data: [{ clOrdId: ID, ordId: '5', sCode: '0' }] }),
  gone: okxFailure('51402', 'Cancellation failed as the order is already completed'),
};

function kucoinOrder(clientOid: string): Answer {
  const data = {
    id: '3',
    clientOid,
    symbol: 'BTC-USDT',
    type: 'limit',
    side: 'buy',
    price: '60000.01',
    size: '0.01',
    dealSize: '0.004',
    dealFunds: '240',
    fee: '0.24',
    feeCurrency: 'USDT',
    timeInForce: 'IOC',
    active: false,
    inOrderBook: false,
    cancelledSize: '0.006',
    cancelExist: true,
    createdAt: TIME,
    lastUpdatedAt: TIME,
  };
  return ok({ code: '200000', data });
}

export const KUCOIN: VenueCase = {
  exchangeId: 'kucoin',
  symbol: 'BTC/USDT',
  createPath: '/api/v1/hf/orders',
  limitIoc: {
    clientOid: ID,
    type: 'limit',
    timeInForce: 'IOC',
    side: 'buy',
    size: '0.01',
    price: '60000.01',
    symbol: 'BTC-USDT',
  },
  marketSell: { clientOid: ID, type: 'market', side: 'sell', size: '0.01' },
  accepted: ok({ code: '200000', data: { orderId: '3', clientOid: ID } }),
  rejected: ok({ code: '200004', msg: 'Balance insufficient!' }),
  rejectedCode: '200004',
  ambiguous: [
    ok({ code: '500000', msg: 'Internal Server Error' }),
    ok({ code: '200000', data: null }),
    ok({ code: '400100', msg: 'Duplicate clientOid' }),
  ],
  lookUpPaths: [`/api/v1/hf/orders/client-order/${ID}`],
  lookUpParameter: { symbol: 'BTC-USDT' },
  found: [kucoinOrder(ID)],
  foreign: [kucoinOrder('other')],
  absent: [ok({ code: '400100', msg: 'order not exist.' })],
  cancelPath: `/api/v1/hf/orders/client-order/${ID}`,
  cancelParameter: { symbol: 'BTC-USDT' },
  canceled: ok({ code: '200000', data: { clientOid: ID } }),
  gone: ok({ code: '400100', msg: 'order_not_exist_or_not_allow_to_cancel' }),
};

function coinbaseOrders(...ids: readonly string[]): Answer {
  const orders = ids.map((client_order_id) => ({
    order_id: '2',
    client_order_id,
    product_id: 'BTC-USD',
    side: 'BUY',
    status: 'CANCELLED',
    order_type: 'LIMIT',
    time_in_force: 'IMMEDIATE_OR_CANCEL',
    order_configuration: { sor_limit_ioc: { base_size: '0.01', limit_price: '60000.01' } },
    filled_size: '0.004',
    filled_value: '240',
    average_filled_price: '60000',
    total_fees: '0.6',
    created_time: new Date(TIME).toISOString(),
    last_fill_time: new Date(TIME).toISOString(),
  }));
  return ok({ orders, has_next: false, cursor: '' });
}

function coinbaseFailure(error: string): Answer {
  return ok({ success: false, error_response: { error, message: error, error_details: '' } });
}

export const COINBASE: VenueCase = {
  exchangeId: 'coinbase',
  symbol: 'BTC/USD',
  createPath: '/api/v3/brokerage/orders',
  limitIoc: {
    client_order_id: ID,
    side: 'BUY',
    product_id: 'BTC-USD',
    order_configuration: { sor_limit_ioc: { base_size: '0.01', limit_price: '60000.01' } },
  },
  marketSell: {
    client_order_id: ID,
    side: 'SELL',
    order_configuration: { market_market_ioc: { base_size: '0.01' } },
  },
  stop: {
    client_order_id: ID,
    order_configuration: {
      stop_limit_stop_limit_gtc: {
        base_size: '0.01',
        limit_price: '49000',
        stop_price: '50000',
        stop_direction: 'STOP_DIRECTION_STOP_DOWN',
      },
    },
  },
  accepted: ok({
    success: true,
    success_response: { order_id: '2', client_order_id: ID, product_id: 'BTC-USD', side: 'BUY' },
  }),
  rejected: coinbaseFailure('INSUFFICIENT_FUND'),
  rejectedCode: 'INSUFFICIENT_FUND',
  ambiguous: [coinbaseFailure('UNKNOWN_FAILURE_REASON'), coinbaseFailure('INTERNAL'), ok({})],
  lookUpPaths: ['/orders/historical/batch', '/orders/historical/batch'],
  found: [coinbaseOrders(), coinbaseOrders('other', ID)],
  foreign: [coinbaseOrders('other'), coinbaseOrders('other', 'another')],
  absent: [coinbaseOrders(), coinbaseOrders()],
  cancelPath: '/orders/batch_cancel',
  cancelParameter: { order_ids: ['2'] },
  canceled: ok({ results: [{ success: true, failure_reason: '', order_id: '2' }] }),
  gone: ok({
    results: [{ success: false, failure_reason: 'UNKNOWN_CANCEL_ORDER', order_id: '2' }],
  }),
};

function bitgetOrder(clientOid: string): Answer {
  const order = {
    symbol: 'BTCUSDT',
    orderId: '4',
    clientOid,
    side: 'buy',
    orderType: 'limit',
    status: 'cancelled',
    price: '60000.01',
    size: '0.01',
    baseVolume: '0.004',
    quoteVolume: '240',
    priceAvg: '60000',
    cTime: String(TIME),
    uTime: String(TIME),
  };
  return ok({ code: '00000', msg: 'success', data: [order] });
}

function bitgetFailure(code: string, msg: string): Answer {
  return { status: 400, body: { code, msg, data: null } };
}

export const BITGET: VenueCase = {
  exchangeId: 'bitget',
  symbol: 'BTC/USDT',
  createPath: '/api/v2/spot/trade/place-order',
  limitIoc: {
    clientOid: ID,
    orderType: 'limit',
    force: 'IOC',
    side: 'buy',
    size: '0.01',
    price: '60000.01',
    symbol: 'BTCUSDT',
  },
  marketSell: { clientOid: ID, orderType: 'market', side: 'sell', size: '0.01' },
  accepted: ok({ code: '00000', msg: 'success', data: { orderId: '4', clientOid: ID } }),
  rejected: bitgetFailure('43012', 'Insufficient balance'),
  rejectedCode: '43012',
  ambiguous: [
    bitgetFailure('40015', 'System is abnormal, please try again later'),
    bitgetFailure('40604', 'Server is busy'),
    bitgetFailure('40786', 'Duplicate clientOid'),
  ],
  lookUpPaths: ['/api/v2/spot/trade/orderInfo'],
  lookUpParameter: { clientOid: ID },
  found: [bitgetOrder(ID)],
  foreign: [bitgetOrder('other')],
  absent: [bitgetFailure('43001', 'The order does not exist')],
  cancelPath: '/api/v2/spot/trade/cancel-order',
  cancelParameter: { clientOid: ID, symbol: 'BTCUSDT' },
  canceled: ok({ code: '00000', msg: 'success', data: { orderId: '4', clientOid: ID } }),
  gone: bitgetFailure('43001', 'The order does not exist'),
};
