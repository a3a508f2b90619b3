import { hasOwnForm } from '../../domain/client-order-id.js';
import { Money } from '../../domain/money.js';
import { baseOf, type Order, type Reconciliation } from '../../domain/trade.js';
import type { OrderVenue, VenueBalance, VenueOrder } from '../../exchange/orders/order-venue.js';
import { ConfigError, RejectedError, TransientError } from '../../lib/errors.js';
import { toExecution } from '../live/to-execution.js';
import { adoptFills } from '../orders/record-answer.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import { listComparable, reduce, sumByBase, totalOf, type Found } from './missing-base.js';

/** Wall time within which an order that was given up may still turn out to be filled. */
const LATE_FILL_MS = 3_600_000;
/** Looked up at a time, the newest first: each is a request. */
const MOST_GIVEN_UP = 50;
/** A balance may lag behind the fills, in coins and in cash: it is read again before it is believed. */
const SECOND_LOOK_MS = 2_000;

const NOT_ALL_SHOWN =
  'The exchange does not show all open orders of the account: what is beyond its list is not compared';

export interface AccountCheckOptions {
  readonly venue: OrderVenue;
  readonly findPrice: (currency: string) => Money | undefined;
}

export interface Comparison {
  /** Why trading must be halted; undefined where nothing says so. */
  readonly fault: string | undefined;
  /** What kept the account from being read to the end; undefined where it was. */
  readonly unread: Error | undefined;
  /** Whether something was left for the next time, because an order's outcome is not known yet. */
  readonly isUnsure: boolean;
}

interface Stock {
  readonly balances: ReadonlyMap<string, VenueBalance>;
  /** What the books hold, by coin. */
  readonly held: ReadonlyMap<string, Money>;
  /** Coins with an order under way. */
  readonly moving: ReadonlySet<string>;
}

/** The exchange did not tell what the account holds. */
class UnreadAccountError extends Error {
  override readonly name = 'UnreadAccountError';
  /** What the exchange or its connection did. */
  readonly reason: Error;

  constructor(reason: Error) {
    super(reason.message, { cause: reason });
    this.reason = reason;
  }
}

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
  /** Coins of which an order may have sold more than the books know. */
  readonly #unsure = new Set<string>();

  constructor(options: AccountCheckOptions) {
    this.#options = options;
  }

  async run(parts: TradingParts, trigger: Reconciliation['trigger']): Promise<Comparison> {
    const found: Found[] = [];
    const unread = await this.#collect(parts, found);
    const isWhole = unread === undefined;
    if ((trigger === 'start' && isWhole) || found.length > 0) await store(parts, trigger, found);
    for (const { finding, repair } of found) {
      parts.logger.warn('The account differs from the books', { finding, repair });
    }
    const faults = found.filter(({ isFault }) => isFault === true);
    const fault = faults.length === 0 ? undefined : faults.map(({ finding }) => finding).join('; ');
    return { fault, unread, isUnsure: this.#unsure.size > 0 };
  }

  /** What was put right before the exchange stopped answering is among what was found. */
  async #collect(parts: TradingParts, found: Found[]): Promise<Error | undefined> {
    this.#unsure.clear();
    try {
      for await (const one of this.#checkOpenOrders(parts)) found.push(one);
      for await (const one of this.#checkGivenUp(parts)) found.push(one);
      for await (const one of this.#checkBalances(parts)) found.push(one);
      return undefined;
    } catch (error) {
      if (error instanceof UnreadAccountError) return error.reason;
      throw error;
    }
  }

  async *#checkOpenOrders(parts: TradingParts): AsyncGenerator<Found> {
    const { orders, unreadable, mayBeMore } = await read(this.#options.venue.openOrders());
    if (mayBeMore && !parts.said.has(NOT_ALL_SHOWN)) {
      parts.said.add(NOT_ALL_SHOWN);
      parts.logger.warn(NOT_ALL_SHOWN, { shown: orders.length + unreadable.length });
    }
    for (const id of unreadable) yield* some(this.#toForeign(id, id, 'an order'));
    for (const shown of orders) yield* some(await this.#checkOpenOrder(parts, shown));
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
    const answer = await this.#options.venue.cancel(symbol, clientOrderId);
    // It may rest there still: the next comparison comes soon.
    if (answer.status === 'unknown') this.#unsure.add(baseOf(symbol));
    const finding = `the order ${clientOrderId} to ${side} ${symbol} is open at the exchange, and over in the books`;
    const repair = answer.status === 'unknown' ? undefined : 'cancelled';
    return { kind: 'left_order', subject: symbol, finding, repair };
  }

  /** Orders that ended without a fill in the books are asked for once more, each by its own id. */
  async *#checkGivenUp(parts: TradingParts): AsyncGenerator<Found> {
    const { rules, stores, clock } = parts;
    const since = clock.marketMs() - LATE_FILL_MS * rules.marketSpeed;
    const orders = await stores.orders.listGivenUp(bookKeyOf(rules), since);
    const open = orders.filter(({ clientOrderId }) => !this.#ended.has(clientOrderId));
    for (const order of open.slice(0, MOST_GIVEN_UP)) {
      yield* some(await this.#checkLateFill(parts, order));
    }
  }

  async #checkLateFill(parts: TradingParts, order: Order): Promise<Found | undefined> {
    const { venue, findPrice } = this.#options;
    const { symbol, side, clientOrderId } = order;
    const shown = await venue.lookUp(symbol, clientOrderId);
    if (shown.status === 'unknown') this.#unsure.add(baseOf(symbol));
    if (shown.status !== 'found') return undefined;
    // The list of open orders may not have shown it: not every exchange shows all.
    if (shown.order.status === 'open') return this.#cancelLeft(shown.order);
    if (shown.order.filledBase.isZero()) {
      this.#ended.add(clientOrderId);
      return undefined;
    }
    const prices = { rules: { trading: parts.rules }, findPrice };
    const fills = (await read(venue.fillsOf(shown.order))).map((fill) => toExecution(fill, prices));
    if (!(await adoptFills(parts, order, fills))) return undefined;
    const finding = `the order ${clientOrderId} to ${side} ${symbol} was filled after it was given up`;
    return { kind: 'late_fill', subject: symbol, finding, repair: 'booked', isFault: true };
  }

  async *#checkBalances(parts: TradingParts): AsyncGenerator<Found> {
    const { venue } = this.#options;
    const { positions, moving } = await listComparable(parts);
    const held = sumByBase(positions);
    let balances = await read(venue.balances());
    const isShort = (base: string): boolean => totalOf(balances, base).lt(held.get(base) ?? 0);
    const strange = (): readonly Found[] => this.#findStrange(parts, { balances, held, moving });
    if ([...held.keys()].some(isShort) || strange().length > 0) {
      await parts.clock.sleep(SECOND_LOOK_MS);
      balances = await read(venue.balances());
    }
    for (const found of strange()) yield* some(this.#once(found.subject, found));
    for (const base of [...held.keys()].filter(isShort)) {
      if (!(await this.#isBooked(parts, base))) {
        this.#unsure.add(base);
        continue;
      }
      const own = positions.filter(({ symbol }) => baseOf(symbol) === base);
      yield* await reduce(parts, own, totalOf(balances, base));
    }
  }

  /**
   * Whether the books have all that orders sold of this coin. A stop may have been filled since it was asked
   * about: what it sold is missing in the account and is booked with its next look, not twice.
   */
  async #isBooked({ stores, rules }: TradingParts, base: string): Promise<boolean> {
    if (this.#unsure.has(base)) return false;
    const orders = await stores.orders.listUnsettled(bookKeyOf(rules));
    for (const { uid, symbol, clientOrderId } of orders) {
      if (baseOf(symbol) !== base) continue;
      const shown = await this.#options.venue.lookUp(symbol, clientOrderId);
      if (shown.status !== 'found' || shown.order.status !== 'open') return false;
      const fills = await stores.fills.listByOrder(uid);
      const booked = fills.reduce((sum, { sizeBase }) => sum.plus(sizeBase), new Money(0));
      if (!booked.eq(shown.order.filledBase)) return false;
    }
    return true;
  }

  /** What the account has beside the books and was not reported yet: more of a coin than is held here, or less cash. */
  #findStrange(
    { books, rules, broker, quotes, findInstrument }: TradingParts,
    { balances, held, moving }: Stock,
  ): readonly Found[] {
    const found: Found[] = [];
    for (const base of new Set([...held.keys(), ...balances.keys()])) {
      const symbol = `${base}/${rules.currency}`;
      if (moving.has(base) || (!held.has(base) && findInstrument(symbol) === undefined)) continue;
      const more = totalOf(balances, base).minus(held.get(base) ?? 0);
      // Closed positions leave some behind that cannot be sold.
      if (broker.isDust(symbol, more, quotes.bidOf(symbol))) continue;
      const finding = `the account has ${more.toString()} ${base} more than these books hold`;
      found.push({ kind: 'foreign_balance', subject: base, finding, repair: undefined });
    }
    const cash = totalOf(balances, rules.currency);
    // A purchase under way may have been paid for in the account and not in the books.
    if (moving.size === 0 && cash.lt(books.cash)) {
      const finding = `the account has less ${rules.currency} than the books count as cash`;
      found.push({ kind: 'less_cash', subject: rules.currency, finding, repair: undefined });
    }
    return found.filter(({ kind, subject }) => !this.#reported.has(reportKey(kind, subject)));
  }

  #once(name: string, found: Found): Found | undefined {
    const key = reportKey(found.kind, name);
    if (this.#reported.has(key)) return undefined;
    this.#reported.add(key);
    return found;
  }
}

function reportKey(kind: string, name: string): string {
  return `${kind} ${name}`;
}

function some(found: Found | undefined): readonly Found[] {
  return found === undefined ? [] : [found];
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
