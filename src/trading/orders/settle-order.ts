import { heldBaseOf, type Order } from '../../domain/trade.js';
import type { BrokerAnswer, Market } from '../broker/broker.js';
import type { TradingParts } from '../parts/trading-parts.js';
import { getPosition, recordAnswer } from './record-answer.js';
import { clearStops } from './venue-stops.js';
import { marketOf } from './market-of.js';

/** Sales in a row of one position, each of which sold something. */
const MAX_SALES_IN_A_ROW = 10;

export interface SettleOptions {
  readonly seen?: Market['seen'];
  /** True right after the intent was stored by this process. */
  readonly isNew?: boolean;
}

/** Carries out an order whose intent is stored, and stores what came of it. */
export async function settleOrder(
  parts: TradingParts,
  order: Order,
  { seen, isNew = false }: SettleOptions = {},
): Promise<BrokerAnswer['status']> {
  const { broker } = parts;
  const freeze = order.side === 'buy' ? parts.halts.findFreeze(parts.clock.marketMs()) : undefined;
  if (freeze !== undefined && (isNew || !broker.isUnderWay(order))) {
    await recordAnswer(parts, order, { status: 'rejected', reason: `entries frozen: ${freeze}` });
    return 'rejected';
  }
  if (broker.hasStops && order.side === 'sell' && order.kind !== 'stop') {
    const cleared = await clearStops(parts, order);
    if (cleared.status !== 'clear') return cleared.status === 'over' ? 'canceled' : 'waiting';
    return execute(parts, cleared.order, { isNew: isNew || cleared.isUnsent, seen });
  }
  return execute(parts, order, { isNew, seen });
}

async function execute(
  parts: TradingParts,
  order: Order,
  { isNew, seen }: { readonly isNew: boolean; readonly seen: Market['seen'] },
): Promise<BrokerAnswer['status']> {
  let current = order;
  const isSale = order.side === 'sell' && order.kind !== 'stop';
  const heldBase = isSale ? heldBaseOf(await getPosition(parts.stores, order)) : undefined;
  let market = marketOf(parts, order, { isNew, seen, heldBase });
  for (let sale = 1; ; sale++) {
    const answer = await parts.broker.execute(current, market);
    const next = await recordAnswer(parts, current, answer);
    if (next === undefined) return answer.status;
    // It stays stored and is taken up again with the orders that are not over.
    if (sale === MAX_SALES_IN_A_ROW) return 'waiting';
    current = next;
    market = marketOf(parts, next, { isNew: true, seen: undefined });
  }
}
