import type { Fill, Order, Position } from '../../domain/trade.js';
import { assertDefined } from '../../lib/invariant.js';
import type { BrokerAnswer, Execution, Market } from '../broker/broker.js';
import { toAbandoned, toClosed, toHeldOn, toOpen } from '../positions/position-states.js';
import type { TradingParts } from '../parts/trading-parts.js';
import type { StoredPosition, TradingStores } from '../trading-stores.js';

/** One purchase and its sales, some of them refused. */
const MAX_ORDERS_A_POSITION = 100;

/** Carries out an order whose intent is stored, and stores what came of it. */
export async function settleOrder(
  parts: TradingParts,
  order: Order,
  seen?: Market['seen'],
): Promise<BrokerAnswer['status']> {
  const freeze = order.side === 'buy' ? parts.halts.findFreeze(parts.clock.marketMs()) : undefined;
  if (freeze !== undefined) {
    await recordRefusal(parts, order, `entries frozen: ${freeze}`);
    return 'rejected';
  }
  const answer = await parts.broker.execute(order, {
    nowMs: parts.clock.marketMs(),
    quote: parts.quotes.find(order.symbol),
    cash: parts.books.cash,
    seen,
  });
  if (answer.status === 'filled') await recordFill(parts, order, answer.execution);
  if (answer.status === 'rejected') await recordRefusal(parts, order, answer.reason);
  return answer.status;
}

async function recordFill(parts: TradingParts, order: Order, execution: Execution): Promise<void> {
  const from = await getPosition(parts.stores, order);
  const { uid: orderUid, venue, account, symbol, side } = order;
  const fill: Fill = {
    uid: parts.newUid(),
    orderUid,
    venue,
    account,
    symbol,
    side,
    ...execution,
  };
  const to =
    side === 'buy'
      ? toOpen(from, execution, parts.rules)
      : toClosed(from, execution, [...(await listFills(parts.stores, from)), fill]);
  const settled = { orderUid, status: 'filled', settledAt: execution.filledAt } as const;
  await parts.ledger.store({ fill, changed: { from, to }, settled });
  parts.books.apply(fill);
  parts.closedTrades.note(to);
  parts.logger.info(side === 'buy' ? 'Bought' : 'Sold', {
    symbol,
    price: execution.price.toString(),
    size: execution.sizeBase.toString(),
    pnl: to.realizedPnl?.toFixed(2),
    why: order.reason,
  });
}

async function recordRefusal(parts: TradingParts, order: Order, reason: string): Promise<void> {
  const from = await getPosition(parts.stores, order);
  const settledAt = parts.clock.marketMs();
  const to = order.side === 'buy' ? toAbandoned(from, settledAt) : toHeldOn(from);
  const settled = { orderUid: order.uid, status: 'rejected', settledAt, reason } as const;
  await parts.ledger.store({ changed: { from, to }, settled });
  parts.logger.warn('Order refused', { symbol: order.symbol, side: order.side, reason });
}

async function getPosition(stores: TradingStores, order: Order): Promise<StoredPosition> {
  const position = await stores.positions.find(order.positionUid);
  return assertDefined(position, `position ${order.positionUid} of order ${order.uid}`);
}

async function listFills(stores: TradingStores, position: Position): Promise<Fill[]> {
  const page = { limit: MAX_ORDERS_A_POSITION, offset: 0 };
  const { rows } = await stores.orders.list({ positionUid: position.uid }, page);
  const fills = [];
  for (const order of rows) fills.push(...(await stores.fills.listByOrder(order.uid)));
  return fills;
}
