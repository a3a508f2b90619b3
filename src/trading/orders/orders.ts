import { clientOrderId } from '../../domain/client-order-id.js';
import type { ExitReason, Order, Position } from '../../domain/trade.js';
import type { OrderTerms } from '../broker/broker.js';

interface Intent {
  readonly uid: string;
  /** Market time. */
  readonly intendedAt: number;
  readonly reason: string;
}

/** The order that makes a position of a decision to open. */
export function toEntryOrder(position: Position, intent: Intent, terms: OrderTerms): Order {
  return toOrder(position, intent, { side: 'buy', seed: position.decisionUid, terms });
}

/** The order that sells a position. `decisionUid` is undefined for stop, target and holding time. */
export function toExitOrder(
  position: Position,
  intent: Intent & { readonly exitReason: ExitReason; readonly decisionUid?: string },
  terms: OrderTerms,
): Order {
  const { decisionUid, exitReason, ...plain } = intent;
  const reason = exitReason === 'signal' ? plain.reason : `${exitReason}: ${plain.reason}`;
  const seed = decisionUid ?? intent.uid;
  return toOrder(position, { ...plain, reason }, { side: 'sell', seed, terms });
}

/** The order that goes on with a sale, or the stop that rests at the exchange. */
export function toFurtherSale(position: Position, intent: Intent, terms: OrderTerms): Order {
  return toOrder(position, intent, { side: 'sell', seed: intent.uid, terms });
}

function toOrder(
  position: Position,
  intent: Intent,
  order: { readonly side: Order['side']; readonly seed: string; readonly terms: OrderTerms },
): Order {
  const { venue, account, symbol } = position;
  const { side, seed, terms } = order;
  return {
    ...intent,
    venue,
    account,
    clientOrderId: clientOrderId(seed),
    positionUid: position.uid,
    symbol,
    side,
    kind: terms.kind,
    sizeBase: terms.sizeBase,
    price: terms.price,
    stopPrice: terms.stopPrice,
    venueOrderId: undefined,
    status: 'intended',
    settledAt: undefined,
  };
}
