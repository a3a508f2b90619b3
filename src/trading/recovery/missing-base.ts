import { Money } from '../../domain/money.js';
import { baseOf, heldBaseOf, type Difference } from '../../domain/trade.js';
import type { VenueBalance } from '../../exchange/orders/order-venue.js';
import { listFills } from '../orders/record-answer.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import { toClosed, toLessHeld } from '../positions/position-states.js';
import type { StoredPosition } from '../trading-stores.js';

/** A difference, and whether a person must look at it before anything is bought. */
export type Found = Difference & { readonly isFault?: boolean };

/** Positions with an order under way are left out, and their coins named: what they hold is about to change. */
export async function listComparable({ stores, rules }: TradingParts): Promise<{
  readonly positions: readonly StoredPosition[];
  readonly moving: ReadonlySet<string>;
}> {
  const key = bookKeyOf(rules);
  const orders = await stores.orders.listUnsettled(key);
  const moving = new Set(
    orders.filter(({ kind }) => kind !== 'stop').map(({ symbol }) => baseOf(symbol)),
  );
  const open = await stores.positions.listOpen(key);
  const positions = open.filter(
    ({ entryPrice, symbol }) => entryPrice !== undefined && !moving.has(baseOf(symbol)),
  );
  return { positions, moving };
}

export function sumByBase(positions: readonly StoredPosition[]): ReadonlyMap<string, Money> {
  const sums = new Map<string, Money>();
  for (const position of positions) {
    const base = baseOf(position.symbol);
    sums.set(base, heldBaseOf(position).plus(sums.get(base) ?? 0));
  }
  return sums;
}

export function totalOf(balances: ReadonlyMap<string, VenueBalance>, currency: string): Money {
  const balance = balances.get(currency);
  return balance === undefined ? new Money(0) : balance.free.plus(balance.used);
}

/** The positions of one coin hold together what the account has of it, the oldest ones first. */
export async function reduce(
  parts: TradingParts,
  positions: readonly StoredPosition[],
  total: Money,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  let left = total;
  for (const from of positions) {
    const held = heldBaseOf(from);
    const has = Money.min(held, left);
    left = left.minus(has);
    if (has.lt(held)) found.push(await reduceOne(parts, from, has));
  }
  return found;
}

async function reduceOne(parts: TradingParts, from: StoredPosition, has: Money): Promise<Found> {
  const { symbol } = from;
  const bid = parts.quotes.bidOf(symbol);
  const missing = heldBaseOf(from).minus(has);
  const reduced = toLessHeld(from, has);
  const isGone = parts.broker.isDust(symbol, has, bid);
  const ended = { exitReason: 'closed_externally', atMs: parts.clock.marketMs() } as const;
  const to = isGone ? toClosed(reduced, await listFills(parts.stores, from), ended) : reduced;
  await parts.ledger.store({ changed: { from, to } });
  parts.closedTrades.note(to);
  const base = baseOf(symbol);
  return {
    kind: 'missing_base',
    subject: symbol,
    finding: `${missing.toString()} ${base} of the position in ${symbol} are not in the account`,
    repair: isGone
      ? 'the position is closed as closed_externally'
      : `the position is reduced to ${has.toString()}`,
    // A fee that was taken from the coin is no reason to stop.
    isFault: !parts.broker.isDust(symbol, missing, bid),
  };
}
