import type { OrderState } from '../account/demo-order.js';
import type { DemoAccount, OrderFaults } from '../account/demo-account.js';
import { FEE_RATE } from '../account/commission.js';
import type { DemoKeys, KeyRight } from '../account/keys.js';
import { refuse } from '../dialect/binance-refusal.js';
import type { FaultEffect } from './faults.js';
import { toOrderAnswer, toPlacedAnswer, toTradeAnswer } from './order-answers.js';
import { readClientId, readOrderRequest } from './order-request.js';
import { assertPassesChange } from './pair-changes.js';
import type { Query } from './query.js';
import { getInstrument, type Route, type RouteRequest } from './route.js';
import { assertSigned } from './signature.js';

const MOST_ROWS = 1000;
const DEFAULT_ROWS = 500;

interface SignedRoute {
  readonly method: Route['method'];
  readonly path: string;
  readonly weight: number;
  readonly right: KeyRight;
  readonly answer: (account: DemoAccount, request: RouteRequest, keys: DemoKeys) => unknown;
}

/** Calls that only the account's key may make. Whatever happened by now has happened before the answer. */
function signedRoute({ method, path, weight, right, answer }: SignedRoute): Route {
  return {
    method,
    path,
    weightOf: () => weight,
    answer: (request) => {
      const { signed, account, query, nowMs, speed } = request;
      const keys = assertSigned(signed, { keys: request.readKeys(), right, nowMs, speed });
      for (const name of ['timestamp', 'recvWindow', 'signature']) query.findText(name);
      account.deposit(keys.balances);
      account.advance(nowMs);
      return answer(account, request, keys);
    },
  };
}

const accountRoute = signedRoute({
  method: 'GET',
  path: '/api/v3/account',
  weight: 20,
  right: 'read',
  answer: (account, { query, nowMs, effects }, { rights }) => {
    const isLocked = effects.some(({ kind }) => kind === 'trading-locked');
    const omitsZero = query.findText('omitZeroBalances') === 'true';
    const balances = account.balances().filter(({ free, locked }) => {
      return !omitsZero || !free.isZero() || !locked.isZero();
    });
    return {
      makerCommission: 10,
      takerCommission: 10,
      buyerCommission: 0,
      sellerCommission: 0,
      commissionRates: { maker: FEE_RATE, taker: FEE_RATE, buyer: '0', seller: '0' },
      canTrade: rights.includes('trade') && !isLocked,
      canWithdraw: rights.includes('withdraw'),
      canDeposit: true,
      updateTime: nowMs,
      accountType: 'SPOT',
      balances: balances.map(({ asset, free, locked }) => ({
        asset,
        free: free.toFixed(8),
        locked: locked.toFixed(8),
      })),
      permissions: ['SPOT'],
      uid: 1,
    };
  },
});

const placeRoute = signedRoute({
  method: 'POST',
  path: '/api/v3/order',
  weight: 1,
  right: 'trade',
  answer: (account, { query, nowMs, effects }) => {
    const order = readOrderRequest(query);
    query.assertAllRead();
    assertPassesChange(order, effects);
    return toPlacedAnswer(account.place(order, nowMs, orderFaults(effects)));
  },
});

const testRoute = signedRoute({
  method: 'POST',
  path: '/api/v3/order/test',
  weight: 1,
  right: 'trade',
  answer: (account, { query, nowMs, effects }) => {
    const order = readOrderRequest(query);
    assertPassesChange(order, effects);
    account.assertPlaceable(order, nowMs);
    return {};
  },
});

const queryRoute = signedRoute({
  method: 'GET',
  path: '/api/v3/order',
  weight: 4,
  right: 'read',
  answer: (account, { query }) => {
    const order = findAskedOrder(account, query);
    if (order === undefined) throw refuse(-2013, 'Order does not exist.');
    return toOrderAnswer(order);
  },
});

const cancelRoute = signedRoute({
  method: 'DELETE',
  path: '/api/v3/order',
  weight: 1,
  right: 'trade',
  answer: (account, { query, nowMs }) => {
    const order = findAskedOrder(account, query);
    query.findText('newClientOrderId');
    query.assertAllRead();
    if (order === undefined) throw refuse(-2011, 'Unknown order sent.');
    const cancelled = account.cancel(order, nowMs);
    return { ...toOrderAnswer(cancelled), origClientOrderId: order.placed.clientOrderId };
  },
});

const openOrdersRoute = signedRoute({
  method: 'GET',
  path: '/api/v3/openOrders',
  weight: 80,
  right: 'read',
  answer: (account, { query }) => {
    const symbol = query.findSymbol();
    return account
      .openOrders()
      .filter(({ placed }) => symbol === undefined || placed.symbol === symbol)
      .map(toOrderAnswer);
  },
});

const allOrdersRoute = signedRoute({
  method: 'GET',
  path: '/api/v3/allOrders',
  weight: 20,
  right: 'read',
  answer: (account, request) => {
    const { query } = request;
    const { id: symbol } = getInstrument(request, query.getSymbol());
    const range = readRange(query, 'orderId');
    const orders = account
      .orders()
      .filter(
        ({ placed: { symbol: of, orderId, time } }) => of === symbol && isIn(range, orderId, time),
      );
    return page(orders, range).map(toOrderAnswer);
  },
});

const tradesRoute = signedRoute({
  method: 'GET',
  path: '/api/v3/myTrades',
  weight: 20,
  right: 'read',
  answer: (account, request) => {
    const { query } = request;
    const { id: symbol } = getInstrument(request, query.getSymbol());
    const range = readRange(query, 'fromId');
    const orderId = query.findInteger('orderId');
    const trades = account
      .orders()
      .filter(({ placed }) => placed.symbol === symbol)
      .filter(({ placed }) => orderId === undefined || placed.orderId === orderId)
      .flatMap((order) => order.fills.map((fill) => ({ order, fill })))
      .filter(({ fill }) => isIn(range, fill.tradeId, fill.time))
      .sort((one, other) => one.fill.tradeId - other.fill.tradeId);
    return page(trades, range).map(({ order, fill }) => toTradeAnswer(order, fill));
  },
});

const restrictionsRoute = signedRoute({
  method: 'GET',
  path: '/sapi/v1/account/apiRestrictions',
  weight: 1,
  right: 'read',
  answer: (_account, _request, { rights }) => {
    return {
      ipRestrict: false,
      createTime: 0,
      enableReading: rights.includes('read'),
      enableSpotAndMarginTrading: rights.includes('trade'),
      enableWithdrawals: rights.includes('withdraw'),
      enableInternalTransfer: false,
      enableMargin: false,
      enableFutures: false,
      permitsUniversalTransfer: false,
      enableVanillaOptions: false,
      enablePortfolioMarginTrading: false,
    };
  },
});

const tradeFeeRoute = signedRoute({
  method: 'GET',
  path: '/sapi/v1/asset/tradeFee',
  weight: 1,
  right: 'read',
  answer: (_, request) => {
    const { query, market, nowMs } = request;
    const symbol = query.findSymbol();
    const asked = symbol === undefined ? market.listedAt(nowMs) : [getInstrument(request, symbol)];
    return asked.map(({ id }) => ({
      symbol: id,
      makerCommission: FEE_RATE,
      takerCommission: FEE_RATE,
    }));
  },
});

/** The account's calls, all signed. */
export const accountRoutes: readonly Route[] = [
  accountRoute,
  placeRoute,
  testRoute,
  queryRoute,
  cancelRoute,
  openOrdersRoute,
  allOrdersRoute,
  tradesRoute,
  restrictionsRoute,
  tradeFeeRoute,
];

function findAskedOrder(account: DemoAccount, query: Query): OrderState | undefined {
  const symbol = query.getSymbol();
  const orderId = query.findInteger('orderId');
  const clientOrderId = readClientId(query, 'origClientOrderId');
  if (orderId !== undefined) return account.findOrder(symbol, { orderId });
  if (clientOrderId !== undefined) return account.findOrder(symbol, { clientOrderId });
  throw refuse(
    -1102,
    "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
  );
}

interface Range {
  readonly fromId: number;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Whether a beginning was asked for: then the first rows are answered, else the newest. */
  readonly isForward: boolean;
}

function readRange(query: Query, idName: 'orderId' | 'fromId'): Range {
  const fromId = query.findInteger(idName);
  const from = query.findInteger('startTime') ?? 0;
  return {
    fromId: fromId ?? 0,
    from,
    to: query.findInteger('endTime') ?? Infinity,
    limit: query.limit(DEFAULT_ROWS, MOST_ROWS),
    isForward: fromId !== undefined || from > 0,
  };
}

function isIn({ fromId, from, to }: Range, id: number, time: number): boolean {
  return id >= fromId && time >= from && time <= to;
}

function page<T>(rows: T[], { limit, isForward }: Range): T[] {
  return isForward ? rows.slice(0, limit) : rows.slice(-limit);
}

function orderFaults(effects: readonly FaultEffect[]): OrderFaults {
  const late = effects.find((effect) => effect.kind === 'order-late');
  const partial = effects.find((effect) => effect.kind === 'order-partial');
  return { delayMs: late?.delayMs ?? 0, takerShare: partial?.share ?? 1 };
}
