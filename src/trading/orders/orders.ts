import { createHash } from 'node:crypto';
import type { ExitReason, Order, Position } from '../../domain/trade.js';

/** Not `t`, which one venue keeps for itself. */
const PREFIX = 'e';
const DIGITS = 17;

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

/**
 * 18 characters of `[a-z0-9]`, the one form that every venue accepts: the same for the same `seed`
 * (a decision's or an exit order's uid), so that an order that may have been sent can be asked for.
 */
export function clientOrderId(seed: string): string {
  const digest = createHash('sha256').update(seed).digest('hex');
  return PREFIX + BigInt(`0x${digest}`).toString(36).padStart(DIGITS, '0').slice(-DIGITS);
}
