import type { ExitReason, Fill, Order, Position } from '../../domain/trade.js';
import { heldBaseOf } from '../../domain/trade.js';
import { Money } from '../../domain/money.js';
import { assertDefined } from '../../lib/invariant.js';
import type { NumberedFill } from '../books/ledger.js';
import type { BrokerAnswer, Execution } from '../broker/broker.js';
import { stopLevelAt } from '../positions/trailing-stop.js';
import {
  toAbandoned,
  toBought,
  toClosed,
  toReduced,
  toRefused,
} from '../positions/position-states.js';
import type { TradingParts } from '../parts/trading-parts.js';
import type { StoredPosition, TradingStores } from '../trading-stores.js';
import { toFurtherSale } from './orders.js';

/** One purchase, its stops and its sales, some of them refused. */
const MAX_ORDERS_A_POSITION = 10_000;

/**
 * Stores what a broker answered about an order.
 *
 * @returns the order that goes on with a sale of which something is left; it is stored and not sent yet
 */
export async function recordAnswer(
  parts: TradingParts,
  order: Order,
  answer: BrokerAnswer,
): Promise<Order | undefined> {
  if (answer.status === 'filled') return recordFills(parts, order, answer.fills, true);
  if (answer.status === 'waiting') {
    const { fills = [], sent } = answer;
    if (sent !== undefined && order.status === 'intended') {
      await parts.ledger.store({ sent: { orderUid: order.uid, venueOrderId: sent.venueOrderId } });
    }
    return fills.length > 0 ? recordFills(parts, order, fills, false) : undefined;
  }
  return recordEnd(parts, order, answer);
}

/** Every fill that is stored of a position. */
export async function listFills(stores: TradingStores, position: Position): Promise<Fill[]> {
  const page = { limit: MAX_ORDERS_A_POSITION, offset: 0 };
  const { rows } = await stores.orders.list({ positionUid: position.uid }, page);
  const fills = [];
  for (const order of rows) fills.push(...(await stores.fills.listByOrder(order.uid)));
  return fills;
}

export async function getPosition(stores: TradingStores, order: Order): Promise<StoredPosition> {
  const position = await stores.positions.find(order.positionUid);
  return assertDefined(position, `position ${order.positionUid} of order ${order.uid}`);
}

/**
 * Books fills of an order that is over in the books: the exchange filled it after all. A purchase that was
 * abandoned is held again.
 *
 * @returns whether there was any that the books did not have
 */
export async function adoptFills(
  parts: TradingParts,
  order: Order,
  executions: readonly Execution[],
): Promise<boolean> {
  const known = await findKnown(parts, order, executions);
  const fresh = toFresh(parts, order, { executions, known });
  if (fresh.length === 0) return false;
  const from = await getPosition(parts.stores, order);
  const filled = { known, fresh: fresh.map(({ fill }) => fill), isOver: true };
  const to = await toTraded(parts, { order, from, filled });
  await parts.ledger.store({ fills: fresh, changed: { from, to } });
  for (const { fill } of fresh) parts.books.apply(fill);
  logFills(parts, order, { fills: filled.fresh, to });
  return true;
}

async function toTraded(
  parts: TradingParts,
  of: { readonly order: Order; readonly from: Position; readonly filled: Filled },
): Promise<Position> {
  if (of.order.side === 'sell') return toSold(parts, of);
  return toBought(of.from, [...of.filled.known, ...of.filled.fresh], parts.rules);
}

async function recordFills(
  parts: TradingParts,
  order: Order,
  executions: readonly Execution[],
  isOver: boolean,
): Promise<Order | undefined> {
  const known = await findKnown(parts, order, executions);
  const fresh = toFresh(parts, order, { executions, known });
  const from = await getPosition(parts.stores, order);
  const filled: Filled = { known, fresh: fresh.map(({ fill }) => fill), isOver };
  const to = await toTraded(parts, { order, from, filled });
  if (fresh.length === 0 && !isOver) return undefined;
  const settledAt = Math.max(...executions.map(({ filledAt }) => filledAt));
  const next = isOver ? toNext(parts, order, { to, mayRepeat: true }) : undefined;
  const changed = next === undefined && isOver ? endSale(order, to) : to;
  await parts.ledger.store({
    fills: fresh,
    changed: { from, to: changed },
    settled: isOver ? { orderUid: order.uid, status: 'filled', settledAt } : undefined,
    intended: next,
  });
  for (const { fill } of fresh) parts.books.apply(fill);
  if (to.status === 'closed' && from.status !== 'closed') parts.closedTrades.note(to);
  logFills(parts, order, { fills: filled.fresh, to });
  return next;
}

interface Filled {
  readonly known: readonly Fill[];
  readonly fresh: readonly Fill[];
  readonly isOver: boolean;
}

/** On paper an order is filled once, so that nothing can be known of it before. */
async function findKnown(
  { stores }: TradingParts,
  { uid }: Order,
  executions: readonly Execution[],
): Promise<readonly Fill[]> {
  const isTraded = executions.some(({ venueTradeId }) => venueTradeId !== undefined);
  return isTraded ? stores.fills.listByOrder(uid) : [];
}

function toFresh(
  parts: TradingParts,
  order: Order,
  told: { readonly executions: readonly Execution[]; readonly known: readonly Fill[] },
): readonly NumberedFill[] {
  const ids = new Set(told.known.map(({ venueTradeId }) => venueTradeId));
  const { uid: orderUid, venue, account, symbol, side } = order;
  return told.executions
    .filter(({ venueTradeId }) => venueTradeId === undefined || !ids.has(venueTradeId))
    .map((execution, at) => ({
      fill: { uid: parts.newUid(), orderUid, venue, account, symbol, side, ...execution },
      sequence: told.known.length + at + 1,
    }));
}

async function toSold(
  parts: TradingParts,
  of: { readonly order: Order; readonly from: Position; readonly filled: Filled },
): Promise<Position> {
  const { order, from, filled } = of;
  const reduced = toReduced(from, filled.fresh);
  // The exchange still sells the rest of an order that is open, however little that is.
  if (!filled.isOver) return reduced;
  const price = order.price ?? filled.fresh.at(-1)?.price;
  const isLeft = !parts.broker.isDust(order.symbol, heldBaseOf(reduced), price);
  if (isLeft) return reduced;
  const stored = await listFills(parts.stores, from);
  const atMs = parts.clock.marketMs();
  const exitReason = order.kind === 'stop' ? stopReasonOf(from, atMs) : from.exitReason;
  return toClosed(reduced, [...stored, ...filled.fresh], { exitReason, atMs });
}

function stopReasonOf(position: Position, atMs: number): ExitReason {
  return stopLevelAt(position, atMs)?.exitReason ?? 'stop_loss';
}

/** A sale of which something is left goes on as a market order; a market order that got nothing does not. */
function toNext(
  parts: TradingParts,
  order: Order,
  { to, mayRepeat }: { readonly to: Position; readonly mayRepeat: boolean },
): Order | undefined {
  const isSale = order.side === 'sell' && order.kind !== 'stop' && to.status === 'closing';
  if (!isSale || !mayRepeat) return undefined;
  const { symbol, side } = order;
  const quote = parts.quotes.find(symbol);
  const planned = parts.broker.planExit({ symbol, side, sizeBase: heldBaseOf(to), quote }, 2);
  if (planned.status === 'impossible') return undefined;
  const intent = {
    uid: parts.newUid(),
    intendedAt: parts.clock.marketMs(),
    reason: order.reason,
  };
  return toFurtherSale(to, intent, planned.terms);
}

/** What could not be sold is held on, guarded, and offered again. */
function endSale({ side, kind }: Order, to: Position): Position {
  const isOver = side === 'sell' && kind !== 'stop' && to.status === 'closing';
  return isOver ? toRefused(to) : to;
}

async function recordEnd(
  parts: TradingParts,
  order: Order,
  answer: Extract<BrokerAnswer, { readonly status: 'rejected' | 'canceled' }>,
): Promise<Order | undefined> {
  const { status, reason } = answer;
  const from = await getPosition(parts.stores, order);
  const settledAt = parts.clock.marketMs();
  // A sale with a limit was refused, or found nobody: the market order after it takes what there is.
  const mayRepeat = status === 'rejected' && order.kind === 'limit-ioc';
  const next = toNext(parts, order, { to: from, mayRepeat });
  const to = next === undefined ? toUntraded(order, from, settledAt) : from;
  await parts.ledger.store({
    changed: to === from ? undefined : { from, to },
    settled: { orderUid: order.uid, status, settledAt, reason },
    intended: next,
  });
  const what = { symbol: order.symbol, side: order.side, kind: order.kind, reason };
  if (status === 'canceled') parts.logger.info('Order given up', what);
  else parts.logger.warn('Order refused', what);
  return next;
}

function toUntraded(order: Order, from: Position, atMs: number): Position {
  if (order.side === 'buy') return from.status === 'opening' ? toAbandoned(from, atMs) : from;
  return order.kind !== 'stop' && from.status === 'closing' ? toRefused(from) : from;
}

function logFills(
  { logger }: TradingParts,
  { symbol, side, reason }: Order,
  { fills, to }: { readonly fills: readonly Fill[]; readonly to: Position },
): void {
  if (fills.length === 0) return;
  const size = fills.reduce((sum, { sizeBase }) => sum.plus(sizeBase), new Money(0));
  const value = fills.reduce(
    (sum, fill) => sum.plus(fill.price.times(fill.sizeBase)),
    new Money(0),
  );
  const isOne = fills.length === 1;
  logger.info(side === 'buy' ? 'Bought' : 'Sold', {
    symbol,
    price: (isOne ? fills[0]?.price : value.div(size).toSignificantDigits(12))?.toString(),
    size: size.toString(),
    pnl: to.realizedPnl?.toFixed(2),
    why: reason,
  });
}
