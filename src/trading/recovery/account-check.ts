import { hasOwnForm } from '../../domain/client-order-id.js';
import { Money } from '../../domain/money.js';
import {
  baseOf,
  heldBaseOf,
  type Difference,
  type Order,
  type Reconciliation,
} from '../../domain/trade.js';
import type { OrderVenue, VenueBalance, VenueOrder } from '../../exchange/orders/order-venue.js';
import { ConfigError, RejectedError, TransientError } from '../../lib/errors.js';
import { toExecution } from '../live/to-execution.js';
import { adoptFills, listFills } from '../orders/record-answer.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import { toClosed, toLessHeld } from '../positions/position-states.js';
import type { StoredPosition } from '../trading-stores.js';

/** Wall time within which an order that was given up may still turn out to be filled. */
const LATE_FILL_MS = 3_600_000;
const MOST_GIVEN_UP = 50;
/** A balance may lag behind the fills: it is read again before it is believed. */
const SECOND_LOOK_MS = 2_000;

const NOT_ALL_SHOWN =
  'The exchange does not show all open orders of the account: what is beyond its list is not compared';

/** The exchange did not tell what the account holds. Nothing in the books was changed by that. */
export class UnreadAccountError extends Error {
  override readonly name = 'UnreadAccountError';
  /** What the exchange or its connection did. */
  readonly reason: Error;

  constructor(reason: Error) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

export interface AccountCheckOptions {
  readonly venue: OrderVenue;
  readonly findPrice: (currency: string) => Money | undefined;
}

/** A difference, and whether a person must look at it before anything is bought. */
type Found = Difference & { readonly isFault?: boolean };

/**
 * Compares the books with the account at the exchange: open orders, orders that were given up, balances. What is
 * not ours is reported once and never touched; what is ours and different is put right, with a record of it.
 */
export class AccountCheck {
  readonly #options: AccountCheckOptions;
  /** What was reported and is not ours to change. */
  readonly #reported = new Set<string>();
  /** Client ids of orders that the exchange itself shows as over without a fill. */
  readonly #ended = new Set<string>();

  constructor(options: AccountCheckOptions) {
    this.#options = options;
  }

  /**
   * @returns why trading must be halted; undefined where nothing says so
   * @throws UnreadAccountError while the exchange does not answer
   */
  async run(parts: TradingParts, trigger: Reconciliation['trigger']): Promise<string | undefined> {
    const found = [
      ...(await this.#checkOpenOrders(parts)),
      ...(await this.#checkGivenUp(parts)),
      ...(await this.#checkBalances(parts)),
    ];
    if (trigger === 'start' || found.length > 0) await store(parts, trigger, found);
    for (const { finding, repair } of found) {
      parts.logger.warn('The account differs from the books', { finding, repair });
    }
    const faults = found.filter(({ isFault }) => isFault === true);
    return faults.length === 0 ? undefined : faults.map(({ finding }) => finding).join('; ');
  }

  async #checkOpenOrders(parts: TradingParts): Promise<readonly Found[]> {
    const { orders, unreadable, mayBeMore } = await read(this.#options.venue.openOrders());
    if (mayBeMore && !parts.said.has(NOT_ALL_SHOWN)) {
      parts.said.add(NOT_ALL_SHOWN);
      parts.logger.warn(NOT_ALL_SHOWN, { shown: orders.length + unreadable.length });
    }
    const found: (Found | undefined)[] = unreadable.map((id) =>
      this.#toForeign(id, id, 'an order'),
    );
    for (const shown of orders) found.push(await this.#checkOpenOrder(parts, shown));
    return found.filter((one) => one !== undefined);
  }

  #toForeign(name: string, subject: string, what: string): Found | undefined {
    const finding = `${what} that is not ours: ${name}`;
    return this.#once(name, { kind: 'foreign_order', subject, finding, repair: undefined });
  }

  async #checkOpenOrder(parts: TradingParts, shown: VenueOrder): Promise<Found | undefined> {
    const { clientOrderId, symbol, side } = shown;
    const name = clientOrderId === '' ? (shown.venueOrderId ?? '') : clientOrderId;
    if (!hasOwnForm(clientOrderId)) {
      return this.#toForeign(name, symbol, `an order to ${side} ${symbol}`);
    }
    const order = await parts.stores.orders.findByClientId(clientOrderId);
    if (order === undefined || order.account !== parts.rules.account) {
      const finding =
        `the order ${name} to ${side} ${symbol} has the form of ours and is not in these books: ` +
        'another installation trades with the same key';
      return {
        kind: 'other_installation',
        subject: symbol,
        finding,
        repair: undefined,
        isFault: true,
      };
    }
    if (order.status === 'intended' || order.status === 'sent') return undefined;
    return this.#cancelLeft(shown);
  }

  async #cancelLeft({ clientOrderId, symbol, side }: VenueOrder): Promise<Found> {
    await this.#options.venue.cancel(symbol, clientOrderId);
    const finding = `the order ${clientOrderId} to ${side} ${symbol} is open at the exchange, and over in the books`;
    return { kind: 'left_order', subject: symbol, finding, repair: 'cancelled' };
  }

  /** Orders that ended without a fill in the books are asked for once more, each by its own id. */
  async #checkGivenUp(parts: TradingParts): Promise<readonly Found[]> {
    const { rules, stores, clock } = parts;
    const from = clock.marketMs() - LATE_FILL_MS * rules.marketSpeed;
    const page = { limit: MOST_GIVEN_UP, offset: 0 };
    const found: Found[] = [];
    for (const status of ['rejected', 'canceled'] as const) {
      const { rows } = await stores.orders.list({ ...bookKeyOf(rules), status, from }, page);
      for (const order of rows) found.push(...(await this.#checkLateFill(parts, order)));
    }
    return found;
  }

  async #checkLateFill(parts: TradingParts, order: Order): Promise<readonly Found[]> {
    const { venue, findPrice } = this.#options;
    const { symbol, side, clientOrderId } = order;
    if (this.#ended.has(clientOrderId)) return [];
    const shown = await venue.lookUp(symbol, clientOrderId);
    if (shown.status !== 'found') return [];
    // The list of open orders may not have shown it: not every exchange shows all.
    if (shown.order.status === 'open') return [await this.#cancelLeft(shown.order)];
    if (shown.order.filledBase.isZero()) {
      this.#ended.add(clientOrderId);
      return [];
    }
    const prices = { rules: { trading: parts.rules }, findPrice };
    const fills = (await read(venue.fillsOf(shown.order))).map((fill) => toExecution(fill, prices));
    if (!(await adoptFills(parts, order, fills))) return [];
    const finding = `the order ${clientOrderId} to ${side} ${symbol} was filled after it was given up`;
    return [{ kind: 'late_fill', subject: symbol, finding, repair: 'booked', isFault: true }];
  }

  async #checkBalances(parts: TradingParts): Promise<readonly Found[]> {
    const { venue } = this.#options;
    const positions = await listComparable(parts);
    const held = sumByBase(positions);
    let balances = await read(venue.balances());
    const isShort = (base: string): boolean => totalOf(balances, base).lt(held.get(base) ?? 0);
    if ([...held.keys()].some(isShort)) {
      await parts.clock.sleep(SECOND_LOOK_MS);
      balances = await read(venue.balances());
    }
    const found: Found[] = [...this.#reportStock(parts, balances, held)];
    for (const base of [...held.keys()].filter(isShort)) {
      const own = positions.filter(({ symbol }) => baseOf(symbol) === base);
      found.push(...(await reduce(parts, own, totalOf(balances, base))));
    }
    return found;
  }

  /** What the account has beside the books: more of a coin than is held here, or less cash. */
  #reportStock(
    { books, rules }: TradingParts,
    balances: ReadonlyMap<string, VenueBalance>,
    held: ReadonlyMap<string, Money>,
  ): readonly Found[] {
    const found: (Found | undefined)[] = [];
    for (const [base, size] of held) {
      const more = totalOf(balances, base).minus(size);
      if (more.lte(0)) continue;
      const finding = `the account has ${more.toString()} ${base} more than these books hold`;
      found.push(
        this.#once(base, { kind: 'foreign_balance', subject: base, finding, repair: undefined }),
      );
    }
    const cash = totalOf(balances, rules.currency);
    if (cash.lt(books.cash)) {
      const finding = `the account has less ${rules.currency} than the books count as cash`;
      found.push(
        this.#once('', { kind: 'less_cash', subject: rules.currency, finding, repair: undefined }),
      );
    }
    return found.filter((one) => one !== undefined);
  }

  #once(name: string, found: Found): Found | undefined {
    const key = `${found.kind} ${name}`;
    if (this.#reported.has(key)) return undefined;
    this.#reported.add(key);
    return found;
  }
}

async function read<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const isOfExchange =
      error instanceof TransientError ||
      error instanceof ConfigError ||
      error instanceof RejectedError;
    throw isOfExchange ? new UnreadAccountError(error) : error;
  }
}

/** Positions with an order under way are left out: what they hold is about to change. */
async function listComparable({ stores, rules }: TradingParts): Promise<readonly StoredPosition[]> {
  const key = bookKeyOf(rules);
  const orders = await stores.orders.listUnsettled(key);
  const moving = new Set(
    orders.filter(({ kind }) => kind !== 'stop').map(({ symbol }) => baseOf(symbol)),
  );
  const open = await stores.positions.listOpen(key);
  return open.filter(
    ({ entryPrice, symbol }) => entryPrice !== undefined && !moving.has(baseOf(symbol)),
  );
}

function sumByBase(positions: readonly StoredPosition[]): ReadonlyMap<string, Money> {
  const sums = new Map<string, Money>();
  for (const position of positions) {
    const base = baseOf(position.symbol);
    sums.set(base, heldBaseOf(position).plus(sums.get(base) ?? 0));
  }
  return sums;
}

function totalOf(balances: ReadonlyMap<string, VenueBalance>, currency: string): Money {
  const balance = balances.get(currency);
  return balance === undefined ? new Money(0) : balance.free.plus(balance.used);
}

/** The positions of one coin hold together what the account has of it, the oldest ones first. */
async function reduce(
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

async function store(
  parts: TradingParts,
  trigger: Reconciliation['trigger'],
  found: readonly Found[],
): Promise<void> {
  const { venue, account } = bookKeyOf(parts.rules);
  const differences = found.map(({ kind, subject, finding, repair }) => ({
    kind,
    subject,
    finding,
    repair,
  }));
  const reconciledAt = parts.clock.marketMs();
  const uid = parts.newUid();
  await parts.ledger.store({
    reconciled: { uid, venue, account, reconciledAt, trigger, differences },
  });
}
