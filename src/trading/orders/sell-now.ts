import type { Decision } from '../../domain/decision.js';
import { Money } from '../../domain/money.js';
import { heldBaseOf, type ExitReason, type Position } from '../../domain/trade.js';
import type { Market, RefusedSale } from '../broker/broker.js';
import { toExitOrder } from './orders.js';
import { isToBeSold, toClosed, toClosing, toRefused } from '../positions/position-states.js';
import { listFills } from './record-answer.js';
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

export interface Sale {
  readonly exitReason: ExitReason;
  /** A sentence for a person. */
  readonly reason: string;
  /** The decision behind a sale by signal, which is stored with it. */
  readonly decision?: Decision;
}

export interface SaleMoment {
  /** Market time. */
  readonly intendedAt: number;
  /** Where and when the market showed that a level was met. */
  readonly seen?: Market['seen'];
}

/** Sells a position that is open, at the next price that the broker takes. The first reason to sell it stands. */
export async function sellNow(
  parts: TradingParts,
  from: StoredPosition,
  sale: Sale,
  { intendedAt, seen }: SaleMoment = { intendedAt: parts.clock.marketMs() },
): Promise<void> {
  const { reason, decision } = sale;
  const { symbol, exitReason = sale.exitReason } = from;
  const sizeBase = heldBaseOf(from);
  const quote = parts.quotes.find(symbol);
  if (parts.broker.isDust(symbol, sizeBase, quote && new Money(quote.bid))) {
    await leaveDust(parts, from, { ...sale, exitReason });
    return;
  }
  const planned = parts.broker.planExit({ symbol, side: 'sell', sizeBase, quote }, 1);
  if (planned.status === 'impossible') {
    await leaveUnsold(parts, toClosing(from, exitReason), { from, decision });
    sayOnce(parts, symbol, planned.reason);
    return;
  }
  const intent = { uid: parts.newUid(), intendedAt, reason, exitReason };
  const named = decision === undefined ? intent : { ...intent, decisionUid: decision.uid };
  const order = toExitOrder(from, named, planned.terms);
  const changed = { from, to: toClosing(from, exitReason) };
  await parts.ledger.store({ decision, changed, intended: order });
  await settleOrder(parts, order, { seen, isNew: true });
}

/** No order can be made of it now: why it was to be sold is kept. */
async function leaveUnsold(
  { ledger }: TradingParts,
  closing: Position,
  { from, decision }: { readonly from: StoredPosition; readonly decision: Decision | undefined },
): Promise<void> {
  const to = toRefused(closing);
  const changed = to.exitReason === from.exitReason ? undefined : { from, to };
  if (decision !== undefined || changed !== undefined) await ledger.store({ decision, changed });
}

/** Offers again what nobody took, with the broker's pauses: what was decided to be left is left, as on paper. */
export async function sellAgain(parts: TradingParts): Promise<void> {
  for (const position of await parts.stores.positions.listOpen(bookKeyOf(parts.rules))) {
    const { exitReason } = position;
    if (exitReason === undefined || !isToBeSold(position)) continue;
    await sellNow(parts, position, { exitReason, reason: 'its sale was refused before' });
  }
}

function sayOnce({ logger, said }: TradingParts, symbol: string, reason: string): void {
  const key = `${symbol} ${reason}`;
  if (said.has(key)) return;
  said.add(key);
  logger.error('A position cannot be sold', { symbol, reason });
}

/** So little that no order may be as small: the position ends, and what is left is shown with it. */
async function leaveDust(
  parts: TradingParts,
  from: StoredPosition,
  { exitReason, decision }: Sale,
): Promise<void> {
  const atMs = parts.clock.marketMs();
  const to = toClosed(from, await listFills(parts.stores, from), { exitReason, atMs });
  await parts.ledger.store({ decision, changed: { from, to } });
  parts.closedTrades.note(to);
  const left = heldBaseOf(to).toString();
  parts.logger.warn('What is left is too little to be sold', { symbol: from.symbol, left });
}

/** Sells everything that is open, for a halt. */
export async function sellAll(parts: TradingParts, reason: string): Promise<void> {
  for (const position of await parts.stores.positions.listOpen(bookKeyOf(parts.rules))) {
    if (position.status !== 'open') continue;
    await sellNow(parts, position, { exitReason: 'halt', reason });
  }
}

/** What is still there, each with the reason. */
export function toUnsold(
  held: readonly Position[],
  refused: readonly RefusedSale[],
): readonly Unsold[] {
  const reasons = new Map(refused.map(({ symbol, reason }) => [symbol, reason]));
  return held.map(({ uid, symbol, status }) => {
    const usual = REASONS[status] ?? status;
    const reason = status === 'open' ? reasons.get(symbol) : undefined;
    return { uid, symbol, reason: reason === undefined ? usual : `${usual}: ${reason}` };
  });
}

const REASONS: Partial<Record<Position['status'], string>> = {
  opening: 'its purchase is under way and will be refused',
  open: 'it could not be sold yet; it is tried again by itself',
  closing: 'its sale waits for a quote of the venue',
};
