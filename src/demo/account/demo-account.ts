import { floorToStep, Money } from '../../domain/money.js';
import { refuse } from '../dialect/binance-refusal.js';
import { bookLevels } from '../market/book.js';
import { isTrading, type Instrument } from '../market/instrument.js';
import type { Market } from '../market/market.js';
import type { AccountEvent } from './account-event.js';
import { AccountState } from './account-state.js';
import { commissionOf } from './commission.js';
import { isOpen, remainingOf, type OrderRequest, type OrderState } from './demo-order.js';
import type { Journal } from './journal.js';
import type { Balance } from './ledger.js';
import { findTouch, takeFromBook, type Match, type Touch } from './matching.js';
import { assertPassesFilters, stepSize } from './order-filters.js';

const BOOK_DEPTH = 500;

/** What a fault does to an order. */
export interface OrderFaults {
  /** Market time by which it meets the market later. Default 0. */
  readonly delayMs?: number;
  /** Share of its quantity that it takes from the book at once. Default 1. */
  readonly takerShare?: number;
}

/** Something that happens to an open order without being asked for. */
interface NextStep {
  readonly atMs: number;
  readonly order: OrderState;
  readonly what:
    | { readonly kind: 'take' }
    | { readonly kind: 'trigger' }
    | { readonly kind: 'fill'; readonly touch: Touch }
    | { readonly kind: 'expire' };
}

/**
 * The demo exchange's one account: orders, fills and balances over the demo's market. What happens to
 * an order follows from the market's path alone, not from when somebody asks. Every step is on the
 * disk before it is answered.
 */
export class DemoAccount {
  readonly #market: Market;
  readonly #journal: Journal;
  readonly #state: AccountState;
  /** Market time from which each open order is to be compared with the price: before it nothing happens to it. */
  readonly #comparedMs = new Map<number, number>();

  constructor(market: Market, journal: Journal) {
    this.#market = market;
    this.#journal = journal;
    this.#state = new AccountState((symbol) => this.#instrumentOf(symbol));
    for (const event of journal.read()) this.#state.apply(event);
  }

  /** What the account holds at the beginning of a run; later calls do nothing. */
  deposit(balances: Readonly<Record<string, string>>): void {
    if (!this.#state.isNew) return;
    this.#record(
      Object.entries(balances).map(([asset, amount]) => ({ kind: 'deposited', asset, amount })),
    );
  }

  /** Lets everything happen that has happened by then. */
  advance(nowMs: number): void {
    for (;;) {
      const step = this.#findNext(nowMs);
      if (step === undefined) return;
      this.#carryOut(step);
    }
  }

  /** @throws BinanceRefusal when the order is not taken; then nothing of it is kept */
  place(request: OrderRequest, nowMs: number, faults: OrderFaults = {}): OrderState {
    const instrument = this.assertPlaceable(request, nowMs);
    const orderId = this.#state.nextOrderId;
    const origQty = request.quantity ?? this.#quantityFor(request, instrument, nowMs);
    const { delayMs = 0, takerShare = 1 } = faults;
    const activeFrom = nowMs + delayMs;
    const placed = { ...request, orderId, origQty, time: nowMs, activeFrom, takerShare };
    const events: AccountEvent[] = [{ kind: 'placed', order: placed }];
    const isMet = activeFrom <= nowMs && request.stopPrice === undefined;
    this.#record(events, () => (isMet ? this.#take(this.#state.getOrder(orderId), nowMs) : []));
    return this.#state.getOrder(orderId);
  }

  /** The checks of an order, as `order/test` makes them. */
  assertPlaceable(request: OrderRequest, nowMs: number): Instrument {
    const instrument = this.#instrumentOf(request.symbol);
    if (!isTrading(instrument, nowMs)) throw refuse(-1013, 'Market is closed.');
    const open = this.#state.openOrders().filter(({ placed }) => placed.symbol === request.symbol);
    assertPassesFilters(request, {
      instrument,
      lastPrice: this.#market.priceAt(instrument, nowMs),
      openOrders: open.length,
      openStops: open.filter(({ placed }) => placed.stopPrice !== undefined).length,
    });
    if (open.some(({ placed }) => placed.clientOrderId === request.clientOrderId)) {
      throw refuse(-2010, 'Duplicate order sent.');
    }
    this.#assertPrices(request, instrument, nowMs);
    this.#assertFunds(request, instrument, nowMs);
    return instrument;
  }

  cancel(order: OrderState, nowMs: number): OrderState {
    const { orderId } = order.placed;
    if (!isOpen(order)) throw refuse(-2011, 'Unknown order sent.');
    this.#record([{ kind: 'ended', orderId, time: nowMs, as: 'CANCELED' }]);
    return this.#state.getOrder(orderId);
  }

  balances(): Balance[] {
    return this.#state.ledger.balances();
  }

  orders(): OrderState[] {
    return this.#state.orders();
  }

  openOrders(): OrderState[] {
    return this.#state.openOrders();
  }

  findOrder(
    symbol: string,
    id: { orderId?: number; clientOrderId?: string },
  ): OrderState | undefined {
    const { orderId, clientOrderId = '' } = id;
    if (orderId === undefined) return this.#state.findByClientId(symbol, clientOrderId);
    const order = this.#state.findOrder(orderId);
    return order?.placed.symbol === symbol ? order : undefined;
  }

  #instrumentOf(symbol: string): Instrument {
    const instrument = this.#market.source.instruments.find(({ id }) => id === symbol);
    if (instrument === undefined) throw refuse(-1121, 'Invalid symbol.');
    return instrument;
  }

  /** The step of an open order that comes first, by then. */
  #findNext(nowMs: number): NextStep | undefined {
    let first: NextStep | undefined;
    for (const order of this.#state.openOrders()) {
      const step = this.#nextOf(order, nowMs);
      if (step !== undefined && step.atMs < (first?.atMs ?? Infinity)) first = step;
    }
    return first;
  }

  #nextOf(order: OrderState, nowMs: number): NextStep | undefined {
    const { placed } = order;
    const instrument = this.#instrumentOf(placed.symbol);
    const endMs = instrument.delistedAtMs ?? Infinity;
    const fromMs = this.#comparedMs.get(placed.orderId) ?? placed.activeFrom;
    const toMs = Math.min(nowMs, endMs);
    if (order.isTriggered && !order.hasTaken) {
      const atMs = Math.max(placed.activeFrom, order.updateTime);
      return atMs > nowMs ? undefined : { atMs, order, what: { kind: 'take' } };
    }
    const touch = fromMs > toMs ? undefined : this.#touchOf(order, { instrument, fromMs, toMs });
    if (touch !== undefined) {
      const what = order.isTriggered
        ? ({ kind: 'fill', touch } as const)
        : ({ kind: 'trigger' } as const);
      return { atMs: touch.atMs, order, what };
    }
    this.#comparedMs.set(placed.orderId, Math.max(fromMs, toMs + 1));
    return nowMs > endMs ? { atMs: endMs, order, what: { kind: 'expire' } } : undefined;
  }

  #touchOf(
    { placed, isTriggered }: OrderState,
    span: { instrument: Instrument; fromMs: number; toMs: number },
  ): Touch | undefined {
    const { instrument } = span;
    const isPurchase = placed.side === 'BUY';
    const market = this.#market;
    if (!isTriggered) {
      const direction = isPurchase ? 'rise' : 'fall';
      return findTouch({ ...span, market, direction, level: Number(placed.stopPrice) });
    }
    const price = Number(placed.price);
    const half = (price * instrument.spreadBps) / 20_000;
    const direction = isPurchase ? 'fall' : 'rise';
    return findTouch({
      ...span,
      market,
      direction,
      level: isPurchase ? price - half : price + half,
    });
  }

  #carryOut({ atMs, order, what }: NextStep): void {
    const { orderId, price } = order.placed;
    switch (what.kind) {
      case 'take':
        this.#record([], () => this.#take(order, atMs));
        break;
      case 'trigger':
        this.#comparedMs.set(orderId, atMs);
        this.#record([{ kind: 'triggered', orderId, time: atMs }], () =>
          this.#take(this.#state.getOrder(orderId), atMs),
        );
        break;
      case 'expire':
        this.#record([{ kind: 'ended', orderId, time: atMs, as: 'EXPIRED' }]);
        break;
      case 'fill': {
        this.#comparedMs.set(orderId, what.touch.legEndMs);
        const quantity = Money.min(remainingOf(order), what.touch.quantity);
        if (quantity.lte(0)) break;
        const match = { price: new Money(price ?? 0), quantity };
        this.#record(this.#toFills(order, [match], { atMs, isMaker: true }));
      }
    }
  }

  /** The order meets the book for the first time; what a market or IOC order does not get is given up. */
  #take(order: OrderState, atMs: number): AccountEvent[] {
    const { placed } = order;
    const { orderId, side } = placed;
    const instrument = this.#instrumentOf(placed.symbol);
    const step = stepSize(instrument);
    const levels = this.#levelsFor(placed, instrument, atMs);
    const limit = placed.price === undefined ? undefined : new Money(placed.price);
    const matches = takeFromBook(levels, {
      quantity: floorToStep(remainingOf(order).times(placed.takerShare), step),
      limit,
      side,
      budget: side === 'BUY' && limit === undefined ? this.#budgetOf(order, instrument) : undefined,
      step,
    });
    const filled = matches.reduce((sum, { quantity }) => sum.plus(quantity), new Money(0));
    const isWhole = filled.eq(remainingOf(order));
    const isAllOrNone = placed.timeInForce === 'FOK' && !isWhole;
    const events: AccountEvent[] = [{ kind: 'taken', orderId, time: atMs }];
    if (!isAllOrNone) events.push(...this.#toFills(order, matches, { atMs, isMaker: false }));
    const isResting = limit !== undefined && placed.timeInForce === 'GTC';
    if ((!isWhole || isAllOrNone) && !isResting) {
      events.push({ kind: 'ended', orderId, time: atMs, as: 'EXPIRED' });
    }
    return events;
  }

  /** What a purchase without a limit may spend: what is free, and what it has claimed. */
  #budgetOf({ placed }: OrderState, { quote }: Instrument): Money {
    const claimed = new Money(placed.stopPrice ?? 0).times(placed.origQty);
    return this.#state.ledger.free(quote).plus(claimed);
  }

  #levelsFor({ side }: Pick<OrderRequest, 'side'>, instrument: Instrument, nowMs: number) {
    const book = bookLevels(instrument, { market: this.#market, nowMs, depth: BOOK_DEPTH });
    return side === 'BUY' ? book.asks : book.bids;
  }

  #toFills(
    { placed }: OrderState,
    matches: readonly Match[],
    { atMs, isMaker }: { atMs: number; isMaker: boolean },
  ): AccountEvent[] {
    const instrument = this.#instrumentOf(placed.symbol);
    let { nextTradeId } = this.#state;
    const bnbSymbol = `BNB${instrument.quote}`;
    const bnb = this.#market.findInstrument(bnbSymbol, atMs);
    let freeBnb = this.#state.ledger.free('BNB');
    return matches.map(({ price, quantity }) => {
      const commission = commissionOf({
        side: placed.side,
        instrument,
        price,
        quantity,
        freeBnb,
        bnbPrice: bnb === undefined ? undefined : this.#market.priceAt(bnb, atMs),
      });
      if (commission.asset === 'BNB') freeBnb = freeBnb.minus(commission.amount);
      const fill = {
        tradeId: nextTradeId++,
        time: atMs,
        price: price.toString(),
        quantity: quantity.toString(),
        commission: commission.amount.toString(),
        commissionAsset: commission.asset,
        isMaker,
      };
      return { kind: 'filled', orderId: placed.orderId, fill };
    });
  }

  /** How much of the base a market order by `quoteOrderQty` gets. */
  #quantityFor(request: OrderRequest, instrument: Instrument, nowMs: number): string {
    const step = stepSize(instrument);
    const budget = new Money(request.quoteOrderQty ?? 0);
    const matches = takeFromBook(this.#levelsFor(request, instrument, nowMs), {
      quantity: new Money(Infinity),
      limit: undefined,
      side: request.side,
      budget,
      step,
    });
    const total = matches.reduce((sum, { quantity }) => sum.plus(quantity), new Money(0));
    if (total.lte(0)) throw refuse(-1013, 'Filter failure: LOT_SIZE');
    return total.toString();
  }

  /** A stop must not be met already, and a maker order must rest. */
  #assertPrices(request: OrderRequest, instrument: Instrument, nowMs: number): void {
    const { side, type, price, stopPrice } = request;
    if (stopPrice !== undefined) {
      const last = this.#market.priceAt(instrument, nowMs);
      const isMet = side === 'BUY' ? last >= Number(stopPrice) : last <= Number(stopPrice);
      if (isMet) throw refuse(-2010, 'Stop price would trigger immediately.');
    }
    if (type !== 'LIMIT_MAKER' || price === undefined) return;
    const [best] = this.#levelsFor(request, instrument, nowMs);
    const isTaking =
      best !== undefined && (side === 'BUY' ? best[0] <= Number(price) : best[0] >= Number(price));
    if (isTaking) throw refuse(-2010, 'Order would immediately match and take.');
  }

  #assertFunds(request: OrderRequest, instrument: Instrument, nowMs: number): void {
    const { side, price, stopPrice, quantity, quoteOrderQty } = request;
    const { ledger } = this.#state;
    const worst = price ?? stopPrice ?? this.#market.quote(instrument, nowMs).ask;
    const cost = quoteOrderQty ?? new Money(worst).times(quantity ?? 0);
    const [held, needed] =
      side === 'BUY'
        ? [ledger.free(instrument.quote), cost]
        : [ledger.free(instrument.base), quantity];
    if (held.lt(needed ?? 0)) {
      throw refuse(-2010, 'Account has insufficient balance for requested action.');
    }
  }

  /** Applies what is given and what follows from it, as one line of the journal. */
  #record(events: readonly AccountEvent[], follow: () => AccountEvent[] = () => []): void {
    for (const event of events) this.#state.apply(event);
    const following = follow();
    for (const event of following) this.#state.apply(event);
    this.#journal.append([...events, ...following]);
  }
}
