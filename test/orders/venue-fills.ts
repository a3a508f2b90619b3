import type { Answerer, RecordedRequest } from './venue-server.js';

/** One fill of the order with that id of the venue. */
interface FillRow {
  readonly id: string;
  readonly orderId: string;
  readonly at: number;
}

/** How a venue is asked for fills and states them, in the form of its public documentation. */
interface FillCall {
  readonly path: string;
  /** Parameters that carry the order, the beginning and the end. */
  readonly names: readonly [order: string, from: string, to: string];
  readonly toRow: (fill: FillRow) => object;
  /** The parameter that goes on below an id, or at the cursor that the answer before had. */
  readonly further: string;
  readonly toBody: (rows: readonly object[], cursor: string) => object;
}

/** As many as an answer holds. */
const PAGE = 100;
const [PRICE, SIZE] = ['60000', '0.00001'];

/** Of the venues that answer no more than 100 fills at once. */
export const FILL_CALLS: Readonly<Record<string, FillCall>> = {
  bybit: {
    path: '/v5/execution/list',
    names: ['orderId', 'startTime', 'endTime'],
    toRow: ({ id, orderId, at }) => ({
      ...{ symbol: 'BTCUSDT', orderId, execId: id, side: 'Buy', execType: 'Trade' },
      ...{ execPrice: PRICE, execQty: SIZE, execFee: '0', execTime: String(at) },
    }),
    further: 'cursor',
    toBody: (list, nextPageCursor) => ({
      retCode: 0,
      result: { category: 'spot', list, nextPageCursor },
    }),
  },
  okx: {
    path: '/api/v5/trade/fills-history',
    names: ['ordId', 'begin', 'end'],
    toRow: ({ id, orderId, at }) => ({
      ...{ instType: 'SPOT', instId: 'BTC-USDT', ordId: orderId, tradeId: id, side: 'buy' },
      ...{ fillPx: PRICE, fillSz: SIZE, fee: '0', feeCcy: 'BTC', ts: String(at), billId: id },
    }),
    further: 'after',
    toBody: (data) => ({ code: '0', msg: '', data }),
  },
  kucoin: {
    path: '/api/v1/hf/fills',
    names: ['orderId', 'startAt', 'endAt'],
    toRow: ({ id, orderId, at }) => ({
      ...{ symbol: 'BTC-USDT', orderId, tradeId: id, side: 'buy', price: PRICE, size: SIZE },
      ...{ fee: '0', feeCurrency: 'USDT', createdAt: at, id: Number(id) },
    }),
    further: 'lastId',
    toBody: (items) => ({ code: '200000', data: { items, lastId: 1 } }),
  },
  coinbase: {
    path: '/orders/historical/fills',
    names: ['order_ids', 'start_sequence_timestamp', 'end_sequence_timestamp'],
    toRow: ({ id, orderId, at }) => ({
      ...{ trade_id: id, order_id: orderId, product_id: 'BTC-USD', side: 'BUY', price: PRICE },
      ...{ size: SIZE, commission: '0', trade_time: new Date(at).toISOString() },
    }),
    further: 'cursor',
    toBody: (fills, cursor) => ({ fills, cursor }),
  },
  bitget: {
    path: '/api/v2/spot/trade/fills',
    names: ['orderId', 'startTime', 'endTime'],
    toRow: ({ id, orderId, at }) => ({
      ...{ symbol: 'BTCUSDT', orderId, tradeId: id, side: 'buy', priceAvg: PRICE, size: SIZE },
      ...{ feeDetail: { deduction: 'no', feeCoin: 'BTC', totalFee: '0' }, cTime: String(at) },
    }),
    further: 'idLessThan',
    toBody: (data) => ({ code: '00000', msg: 'success', data }),
  },
};

/** Answers the newest hundred of those that are asked for; without a beginning, of the last week. */
export function answerFills(call: FillCall, fills: readonly FillRow[]): Answerer {
  return ({ path, parameters }) => {
    if (!path.endsWith(call.path)) return undefined;
    const [order, from, to] = call.names;
    const orderId = parameters[order];
    const fromMs = timeOf(parameters, from) ?? Date.now() - 7 * 86_400_000;
    const toMs = timeOf(parameters, to) ?? Infinity;
    const belowId = Number(parameters[call.further] ?? Infinity);
    const asked = fills
      .filter((fill) => orderId === undefined || fill.orderId === orderId)
      .filter(({ at, id }) => at >= fromMs && at <= toMs && Number(id) < belowId)
      .sort((one, other) => other.at - one.at || Number(other.id) - Number(one.id));
    const page = asked.slice(0, PAGE);
    const cursor = asked.length > PAGE ? (page.at(-1)?.id ?? '') : '';
    return {
      body: call.toBody(
        page.map((fill) => call.toRow(fill)),
        cursor,
      ),
    };
  };
}

function timeOf(parameters: RecordedRequest['parameters'], name: string): number | undefined {
  const text = parameters[name];
  if (typeof text !== 'string') return undefined;
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}
