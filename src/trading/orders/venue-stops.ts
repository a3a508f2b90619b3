import { heldBaseOf, type Order, type Position } from '../../domain/trade.js';
import type { Money } from '../../domain/money.js';
import type { BrokerAnswer, PlannedTerms } from '../broker/broker.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import { stopLevelAt } from '../positions/trailing-stop.js';
import { marketOf } from './market-of.js';
import { toFurtherSale } from './orders.js';
import { getPosition, recordAnswer } from './record-answer.js';

/** A trailing stop is moved at the exchange once it has risen by this: each move is two requests. */
const LEAST_MOVE_PCT = 0.1;

/** Whether the sale may go out now that nothing else claims what is held. */
export type Cleared =
  | {
      readonly status: 'clear';
      readonly order: Order;
      /** True where nobody can have sent it: a sale goes out only after its stop is settled. */
      readonly isUnsent: boolean;
    }
  /** The stop sold it first; the sale is settled. */
  | { readonly status: 'over' }
  /** Whether the stop is gone is not certain yet. */
  | { readonly status: 'waiting' };

/**
 * Takes the stop of a position away before its sale goes out, so that never both are filled. What the
 * stop sold meanwhile is booked, and the sale is made as much smaller.
 */
export async function clearStops(parts: TradingParts, sale: Order): Promise<Cleared> {
  const stops = await listStops(parts, sale.positionUid);
  for (const stop of stops) {
    const status = await takeAway(parts, stop);
    if (status === 'waiting') return { status };
  }
  const position = await getPosition(parts.stores, sale);
  if (position.status !== 'closing') {
    await withdraw(parts, sale, 'the stop at the exchange sold it first');
    return { status: 'over' };
  }
  if (stops.length === 0 || heldBaseOf(position).gte(sale.sizeBase)) {
    return { status: 'clear', order: sale, isUnsent: stops.length > 0 };
  }
  return replaceSale(parts, sale, position);
}

/**
 * Keeps one stop at the exchange under each open position, at its level, and none without one. Where the settings want
 * none any more, those of before are taken away.
 */
export async function keepStops(parts: TradingParts): Promise<void> {
  const { hasStops, wantsStops } = parts.broker;
  if (!hasStops) return;
  const key = bookKeyOf(parts.rules);
  const positions = await parts.stores.positions.listOpen(key);
  const stops = (await parts.stores.orders.listUnsettled(key)).filter(isStop);
  const held = new Map(positions.map((position) => [position.uid, position]));
  for (const stop of stops) {
    const position = held.get(stop.positionUid);
    if (position?.status === 'closing') continue;
    const isWanted = wantsStops && position !== undefined;
    const level = isWanted ? levelOf(parts, position) : undefined;
    if (position !== undefined && isWhereItBelongs(parts, { stop, position, level })) continue;
    await takeAway(parts, stop);
  }
  for (const { uid, status } of wantsStops ? positions : []) {
    if (status === 'open') await placeMissing(parts, uid);
  }
}

function isWhereItBelongs(
  parts: TradingParts,
  of: { readonly stop: Order; readonly position: Position; readonly level: Money | undefined },
): boolean {
  const { stop, position, level } = of;
  const { stopPrice } = stop;
  if (level === undefined || stopPrice === undefined) return false;
  if (stop.sizeBase.gt(heldBaseOf(position))) return false;
  if (level.gt(stopPrice.times(1 + LEAST_MOVE_PCT / 100))) return false;
  // Its purchase was filled further: a stop over all of it takes its place, where one can be made.
  const planned = planStop(parts, position, level);
  return planned.status === 'impossible' || planned.terms.sizeBase.lte(stop.sizeBase);
}

function planStop(
  { broker, quotes }: TradingParts,
  position: Position,
  stopPrice: Money,
): PlannedTerms {
  const { symbol } = position;
  const quote = quotes.find(symbol);
  const sizeBase = heldBaseOf(position);
  return broker.planStop({ symbol, side: 'sell', sizeBase, quote, stopPrice });
}

async function placeMissing(parts: TradingParts, positionUid: string): Promise<void> {
  const { stores, broker } = parts;
  // As it is now: what took a stop away may have booked fills.
  const position = await stores.positions.find(positionUid);
  if (position?.status !== 'open') return;
  const stopPrice = levelOf(parts, position);
  if (stopPrice === undefined || (await listStops(parts, positionUid)).length > 0) return;
  const planned = planStop(parts, position, stopPrice);
  if (planned.status === 'impossible') return;
  const intent = {
    uid: parts.newUid(),
    intendedAt: parts.clock.marketMs(),
    reason: 'stop at the exchange',
  };
  const order = toFurtherSale(position, intent, planned.terms);
  await parts.ledger.store({ intended: order });
  const market = marketOf(parts, order, { isNew: true, seen: undefined });
  await recordAnswer(parts, order, await broker.execute(order, market));
}

function levelOf({ clock }: TradingParts, position: Position): Money | undefined {
  return stopLevelAt(position, clock.marketMs())?.price;
}

async function takeAway(parts: TradingParts, stop: Order): Promise<BrokerAnswer['status']> {
  const market = marketOf(parts, stop, { isNew: false, seen: undefined });
  const answer = await parts.broker.cancel(stop, market);
  await recordAnswer(parts, stop, answer);
  return answer.status;
}

async function listStops(parts: TradingParts, positionUid: string): Promise<readonly Order[]> {
  const orders = await parts.stores.orders.listUnsettled(bookKeyOf(parts.rules));
  return orders.filter((order) => isStop(order) && order.positionUid === positionUid);
}

function isStop({ kind }: Order): boolean {
  return kind === 'stop';
}

async function withdraw(parts: TradingParts, sale: Order, reason: string): Promise<void> {
  const settledAt = parts.clock.marketMs();
  await parts.ledger.store({
    settled: { orderUid: sale.uid, status: 'canceled', settledAt, reason },
  });
}

/** The stop sold a part: what is left is sold by another order, because an order's size never changes. */
async function replaceSale(parts: TradingParts, sale: Order, position: Position): Promise<Cleared> {
  const { symbol } = sale;
  const sizeBase = heldBaseOf(position);
  const quote = parts.quotes.find(symbol);
  const planned = parts.broker.planExit({ symbol, side: 'sell', sizeBase, quote }, 1);
  if (planned.status === 'impossible') return { status: 'waiting' };
  const intendedAt = parts.clock.marketMs();
  const intent = { uid: parts.newUid(), intendedAt, reason: sale.reason };
  const order = toFurtherSale(position, intent, planned.terms);
  const reason = 'the stop at the exchange sold a part of it first';
  await parts.ledger.store({
    settled: { orderUid: sale.uid, status: 'canceled', settledAt: intendedAt, reason },
    intended: order,
  });
  return { status: 'clear', order, isUnsent: true };
}
