import { createHash } from 'node:crypto';
import type { ExitReason, Order, Position } from '../../domain/trade.js';
import type { OrderTerms } from '../broker/broker.js';

/** Not `t`, which one venue keeps for itself. */
const PREFIX = 'e';
const DIGITS = 17;
const OWN_FORM = new RegExp(`^${PREFIX}[0-9a-z]{${DIGITS}}$`);

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

/**
 * 18 characters of `[a-z0-9]`, the one form that every venue accepts: the same for the same `seed`
 * (a decision's or an exit order's uid), so that an order that may have been sent can be asked for.
 */
export function clientOrderId(seed: string): string {
  const digest = createHash('sha256').update(seed).digest('hex');
  return PREFIX + BigInt(`0x${digest}`).toString(36).padStart(DIGITS, '0').slice(-DIGITS);
}

/** Whether an order's id has the form of ours, whichever installation made it. */
export function hasOwnForm(id: string): boolean {
  return OWN_FORM.test(id);
}
