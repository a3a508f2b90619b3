import { Money } from '../../domain/money.js';
import type { Order } from '../../domain/trade.js';
import {
  NOT_SENT,
  type LookUpAnswer,
  type OrderRequest,
  type OrderVenue,
  type VenueOrder,
} from '../../exchange/orders/order-venue.js';
import type { Clock } from '../../lib/clock.js';
import { TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type {
  Broker,
  BrokerAnswer,
  Execution,
  Market,
  OrderWish,
  PlannedTerms,
  RefusedSale,
} from '../broker/broker.js';
import { decisionLagMs } from '../trading-rules.js';
import type { LiveRules } from './live-rules.js';
import { entryTerms, exitTerms, isTooSmall, stopTerms, type TermsContext } from './order-terms.js';
import { steadyMs } from './steady-time.js';
import { toExecution } from './to-execution.js';
import { OrderWaits } from './order-waits.js';
import { RefusedSales } from './refused-sales.js';

/** A stop that the exchange refused is not offered again before. */
const REFUSED_STOP_MS = 300_000;
/** One that did not leave this machine, because the exchange wants no requests for a while, is. */
const UNSENT_STOP_MS = 3_000;

export interface LiveBrokerOptions {
  readonly venue: OrderVenue;
  readonly rules: LiveRules;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this process may send anything: true only while no other can have been given the lease. */
  readonly mayTrade: () => boolean;
  /** Price of a currency in the books' currency, for fees in a third one; undefined where it is not known. */
  readonly findPrice: (currency: string) => Money | undefined;
}

/**
 * Trades at an exchange. An order is sent once. Where the answer is missing, the exchange is asked by the
 * order's own id until it says what became of it; only an order that it twice says it does not know, with
 * the time between that a request may be under way, is sent again, under the same id.
 */
export class LiveBroker implements Broker {
  readonly #options: LiveBrokerOptions;
  readonly #waits: OrderWaits;
  readonly #refusedSales: RefusedSales;
  readonly #refusedStops = new Map<string, { readonly price: Money; readonly untilMs: number }>();

  constructor(options: LiveBrokerOptions) {
    this.#options = options;
    this.#waits = new OrderWaits(() => this.#steadyMs(), options.rules.unknownOrderMs);
    this.#refusedSales = new RefusedSales(options.clock, () => this.#steadyMs());
  }

  /** Also where the settings place none: one of before may still rest. */
  get hasStops(): boolean {
    return this.#options.venue.abilities.stops !== 'none';
  }

  get wantsStops(): boolean {
    return this.#options.rules.areStopsAtExchange && this.hasStops;
  }

  /** Orders of which the exchange has not said yet what became of them. */
  get unknownOrders(): number {
    return this.#waits.unknown;
  }

  get refusedSales(): readonly RefusedSale[] {
    return this.#refusedSales.list();
  }

  planEntry(wish: OrderWish): PlannedTerms {
    return this.#planned(wish.symbol, (context) => entryTerms(wish, context));
  }

  planExit(wish: OrderWish, attempt: number): PlannedTerms {
    const { symbol } = wish;
    // The second attempt belongs to the first.
    const reason = attempt === 1 ? this.#refusedSales.findPause(symbol) : undefined;
    if (reason !== undefined) return { status: 'impossible', reason };
    const planned = this.#planned(symbol, (context) => exitTerms(wish, attempt, context));
    if (planned.status === 'impossible') this.#refusedSales.impossible(symbol, planned.reason);
    return planned;
  }

  planStop(wish: OrderWish & { readonly stopPrice: Money }): PlannedTerms {
    const planned = this.#planned(wish.symbol, (context) => stopTerms(wish, context));
    const refused = this.#refusedStops.get(wish.symbol);
    const isRecent = refused !== undefined && this.#steadyMs() < refused.untilMs;
    if (!isRecent || planned.status === 'impossible') return planned;
    // Compared as it goes out: rounded to the tick.
    if (planned.terms.stopPrice?.eq(refused.price) !== true) return planned;
    return { status: 'impossible', reason: 'it could not be placed just now' };
  }

  isDust(symbol: string, sizeBase: Money, price: Money | undefined): boolean {
    if (sizeBase.lte(0)) return true;
    const context = this.#contextOf(symbol);
    // What does not trade any more is not dust: it is held until somebody decides.
    return context !== undefined && isTooSmall(sizeBase, price, context.rules);
  }

  /** Once its intent is stored, an order may have been sent: by this process or an earlier one. */
  isUnderWay(): boolean {
    return true;
  }

  async execute(order: Order, market: Market): Promise<BrokerAnswer> {
    if (market.isNew) return this.#send(order, market);
    if (!this.#waits.isDue(order.uid) && !isStopMet(order, market)) return { status: 'waiting' };
    const { venue } = this.#options;
    return this.#learn(order, market, await venue.lookUp(order.symbol, order.clientOrderId));
  }

  async cancel(order: Order, market: Market): Promise<BrokerAnswer> {
    if (!this.#options.mayTrade()) return { status: 'waiting' };
    const { venue, logger } = this.#options;
    const { symbol, clientOrderId } = order;
    const answer = await venue.cancel(symbol, clientOrderId);
    if (answer.status === 'unknown') {
      logger.warn('Whether an order is cancelled is not known yet', {
        symbol,
        order: clientOrderId,
        reason: answer.reason,
      });
      return { status: 'waiting' };
    }
    // What it filled before is known only afterwards.
    const found = await venue.lookUp(symbol, clientOrderId);
    if (found.status === 'found') return this.#conclude(order, found.order);
    return this.#learn(order, { ...market, isNew: false }, found);
  }

  #planned(symbol: string, plan: (context: TermsContext) => PlannedTerms): PlannedTerms {
    const context = this.#contextOf(symbol);
    if (context !== undefined) return plan(context);
    return { status: 'impossible', reason: `the exchange does not trade ${symbol}` };
  }

  #contextOf(symbol: string): TermsContext | undefined {
    const { venue, rules: live } = this.#options;
    try {
      return { rules: venue.rulesOf(symbol), abilities: venue.abilities, live };
    } catch {
      return undefined;
    }
  }

  async #send(order: Order, market: Market): Promise<BrokerAnswer> {
    const { venue, rules, logger, mayTrade } = this.#options;
    if (order.side === 'buy' && market.nowMs - order.intendedAt > decisionLagMs(rules.trading)) {
      return { status: 'rejected', reason: 'too late to be sent' };
    }
    // Asleep while another process took over: it has asked for this order and may have sent it.
    if (!mayTrade()) return { status: 'waiting' };
    this.#waits.begin(order.uid);
    const answer = await venue.submit(toRequest(order));
    if (answer.status === 'accepted') return this.#conclude(order, answer.order);
    const { symbol, side, clientOrderId } = order;
    if (answer.status === 'rejected') {
      this.#waits.end(order.uid);
      if (order.kind === 'stop') this.#noteRefusedStop(order, answer);
      else if (isSale(order)) this.#refusedSales.refused(symbol, answer.reason);
      return { status: 'rejected', reason: answer.reason };
    }
    this.#waits.miss(order.uid);
    logger.warn('What became of an order is not known yet: the exchange is asked', {
      symbol,
      side,
      order: clientOrderId,
      reason: answer.reason,
    });
    return { status: 'waiting' };
  }

  async #learn(order: Order, market: Market, answer: LookUpAnswer): Promise<BrokerAnswer> {
    if (answer.status === 'found') return this.#conclude(order, answer.order);
    if (answer.status === 'unknown') {
      this.#waits.miss(order.uid);
      return { status: 'waiting' };
    }
    if (!this.#waits.isAbsent(order.uid)) return { status: 'waiting' };
    return this.#giveUpOrRepeat(order, market);
  }

  /** The exchange has said twice, with time between, that it does not know the order. */
  async #giveUpOrRepeat(order: Order, market: Market): Promise<BrokerAnswer> {
    const reason = 'the exchange does not know it';
    if (order.status === 'sent') {
      // It was there: exchanges forget cancelled orders.
      const fills = await this.#findForgotten(order);
      if (fills === undefined) return { status: 'waiting' };
      this.#waits.end(order.uid);
      return fills.length > 0 ? { status: 'filled', fills } : { status: 'canceled', reason };
    }
    const isLate = market.nowMs - order.intendedAt > decisionLagMs(this.#options.rules.trading);
    if (order.kind === 'stop' || (order.side === 'buy' && isLate)) {
      this.#waits.end(order.uid);
      return { status: 'rejected', reason };
    }
    const obstacle = findObstacle(order, market);
    if (obstacle !== undefined) {
      this.#waits.end(order.uid);
      return { status: 'rejected', reason: obstacle };
    }
    this.#options.logger.warn('An order never reached the exchange: it is sent again', {
      symbol: order.symbol,
      side: order.side,
      order: order.clientOrderId,
    });
    return this.#send(order, market);
  }

  async #findForgotten(order: Order): Promise<readonly Execution[] | undefined> {
    const { symbol, venueOrderId, intendedAt } = order;
    const all = await orUndefined(this.#options.venue.fillsSince(symbol, intendedAt));
    return all
      ?.filter((fill) => fill.venueOrderId === venueOrderId)
      .map((fill) => toExecution(fill, this.#options));
  }

  /** What the exchange shows of an order, with its fills where there are any. */
  async #conclude(order: Order, shown: VenueOrder): Promise<BrokerAnswer> {
    const isOpen = shown.status === 'open';
    const sent = { venueOrderId: shown.venueOrderId };
    if (isOpen) this.#waits.rest(order.uid, order.kind === 'stop');
    if (shown.filledBase.isZero()) {
      if (isOpen) return { status: 'waiting', sent };
      this.#waits.end(order.uid);
      const answer = toUnfilled(order, shown);
      if (isSale(order)) this.#refusedSales.refused(order.symbol, answer.reason);
      return answer;
    }
    if (isSale(order)) this.#refusedSales.sold(order.symbol);
    const fills = await this.#findFills(shown);
    if (fills === undefined) {
      this.#waits.miss(order.uid);
      return { status: 'waiting', sent };
    }
    if (isOpen) return { status: 'waiting', sent, fills };
    this.#waits.end(order.uid);
    return { status: 'filled', fills };
  }

  /** Undefined while the exchange does not show all of them. */
  async #findFills(shown: VenueOrder): Promise<readonly Execution[] | undefined> {
    const fills = await orUndefined(this.#options.venue.fillsOf(shown));
    if (fills === undefined) return undefined;
    const sum = fills.reduce((total, { sizeBase }) => total.plus(sizeBase), new Money(0));
    if (sum.lt(shown.filledBase)) return undefined;
    return fills.map((fill) => toExecution(fill, this.#options));
  }

  #steadyMs(): number {
    const { clock, rules } = this.#options;
    return steadyMs(clock, rules.trading.marketSpeed);
  }

  #noteRefusedStop(
    { symbol, stopPrice }: Order,
    { code, reason }: { readonly code: string; readonly reason: string },
  ): void {
    const { logger } = this.#options;
    const isSent = code !== NOT_SENT;
    if (isSent) {
      const what = { symbol, reason };
      logger.error('The exchange refused a stop: the daemon itself watches the price', what);
    }
    if (stopPrice === undefined) return;
    const untilMs = this.#steadyMs() + (isSent ? REFUSED_STOP_MS : UNSENT_STOP_MS);
    this.#refusedStops.set(symbol, { price: stopPrice, untilMs });
  }
}

/** Why an order that never arrived is not sent again as it is. */
function findObstacle(
  { side, sizeBase }: Order,
  { entryFreeze, heldBase }: Market,
): string | undefined {
  if (side === 'buy')
    return entryFreeze === undefined ? undefined : `entries frozen: ${entryFreeze}`;
  const isTooLarge = heldBase !== undefined && sizeBase.gt(heldBase);
  return isTooLarge ? 'a part of it has been sold meanwhile' : undefined;
}

/** What could not be read this time. */
async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof TransientError) return undefined;
    throw error;
  }
}

function toRequest({
  clientOrderId,
  symbol,
  side,
  kind,
  sizeBase,
  price,
  stopPrice,
}: Order): OrderRequest {
  return {
    clientOrderId,
    symbol,
    side,
    kind,
    sizeBase,
    ...(price === undefined ? undefined : { price }),
    ...(stopPrice === undefined ? undefined : { stopPrice }),
  };
}

function isSale({ side, kind }: Order): boolean {
  return side === 'sell' && kind !== 'stop';
}

function toUnfilled(
  { kind, price }: Order,
  { status }: VenueOrder,
): Extract<BrokerAnswer, { readonly status: 'rejected' | 'canceled' }> {
  if (kind === 'stop' && status !== 'rejected') {
    return { status: 'canceled', reason: `${status} at the exchange` };
  }
  const at = price === undefined ? '' : ` at ${price.toString()}`;
  return { status: 'rejected', reason: `nothing was filled${at}: ${status} at the exchange` };
}

/** The price has reached a stop: it is asked for at once. */
function isStopMet({ kind, stopPrice }: Order, { quote }: Market): boolean {
  if (kind !== 'stop' || stopPrice === undefined || quote === undefined) return false;
  return stopPrice.gte(quote.bid);
}
