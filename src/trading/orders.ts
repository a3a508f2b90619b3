import type { ExitReason, Order, Position } from '../domain/trade.js';
import { clientOrderId } from './client-order-id.js';

interface Intent {
  readonly uid: string;
  /** Market time. */
  readonly intendedAt: number;
  readonly reason: string;
}

/** The order that makes a position of a decision to open. */
export function toEntryOrder(position: Position, intent: Intent): Order {
  return toOrder(position, intent, { side: 'buy', seed: position.decisionUid });
}

/** The order that sells a position. `decisionUid` is undefined for stop, target and holding time. */
export function toExitOrder(
  position: Position,
  intent: Intent & { readonly exitReason: ExitReason; readonly decisionUid?: string },
): Order {
  const { decisionUid, exitReason, ...plain } = intent;
  const reason = exitReason === 'signal' ? plain.reason : `${exitReason}: ${plain.reason}`;
  const seed = decisionUid ?? intent.uid;
  return toOrder(position, { ...plain, reason }, { side: 'sell', seed });
}

function toOrder(
  position: Position,
  intent: Intent,
  { side, seed }: { readonly side: Order['side']; readonly seed: string },
): Order {
  const { venue, account, symbol, sizeBase } = position;
  return {
    ...intent,
    venue,
    account,
    clientOrderId: clientOrderId(seed),
    positionUid: position.uid,
    symbol,
    side,
    sizeBase,
    status: 'intended',
    settledAt: undefined,
  };
}
