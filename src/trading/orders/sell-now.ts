import type { ExitReason, Position } from '../../domain/trade.js';
import { toExitOrder } from './orders.js';
import { toClosing } from '../positions/position-states.js';
import { settleOrder } from './settle-order.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import type { StoredPosition } from '../trading-stores.js';

/** A position that is still there after it was to be sold. */
export interface Unsold {
  readonly uid: string;
  readonly symbol: string;
  /** A sentence for a person. */
  readonly reason: string;
}

/** Sells a position that is open, at the next price that the broker takes. */
export async function sellNow(
  parts: TradingParts,
  from: StoredPosition,
  { exitReason, reason }: { readonly exitReason: ExitReason; readonly reason: string },
): Promise<void> {
  const intendedAt = parts.clock.marketMs();
  const order = toExitOrder(from, { uid: parts.newUid(), intendedAt, reason, exitReason });
  const changed = { from, to: toClosing(from, exitReason) };
  await parts.ledger.store({ changed, intended: order });
  await settleOrder(parts, order);
}

/** Sells everything that is open, for a halt. */
export async function sellAll(parts: TradingParts, reason: string): Promise<void> {
  for (const position of await parts.stores.positions.listOpen(bookKeyOf(parts.rules))) {
    if (position.status !== 'open') continue;
    await sellNow(parts, position, { exitReason: 'halt', reason });
  }
}

/** What is still there, each with the reason. */
export function toUnsold(held: readonly Position[]): readonly Unsold[] {
  return held.map(({ uid, symbol, status }) => ({
    uid,
    symbol,
    reason: REASONS[status] ?? status,
  }));
}

const REASONS: Partial<Record<Position['status'], string>> = {
  opening: 'its purchase is under way and will be refused',
  open: 'it could not be sold yet; it is tried again every second',
  closing: 'its sale waits for a quote of the venue',
};
