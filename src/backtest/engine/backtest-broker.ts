import { floorToStep, Money } from '../../domain/money.js';
import type { Instrument } from '../../domain/market.js';
import type { Order } from '../../domain/trade.js';
import type { BrokerAnswer, Market } from '../../trading/broker/broker.js';
import { SimulatedBroker, toExecution } from '../../trading/broker/simulated-broker.js';
import { toFillPrice } from './fill-price.js';

const DEFAULT_SIZE_STEP = '0.00000001';

export interface FillModel {
  readonly feeRate: Money;
  /** Worse than the quote by this, in percent of the price. */
  readonly slippagePct: number;
  /** Largest part of a bar's volume that an order takes; 0 for no limit. */
  readonly volumeShare: number;
  /** A purchase that met no bar within this is given up, as on paper. */
  readonly maxWaitMs: number;
}

/** The bar whose trades an order can take part in. */
export interface FillBar {
  /** Number of the bar: what its open has taken is gone for a stop inside it. */
  readonly index: number;
  /** Time at which fills are booked: its open, or its close for what is met inside it. */
  readonly at: number;
  /** In base units; undefined where the symbol has no bar then. */
  volumeOf(symbol: string): number | undefined;
}

interface Part {
  readonly sizeBase: Money;
  readonly value: Money;
}

/**
 * Fills at the open of the bar after the decision, at the quote's side, worse by the slippage, on the venue's tick, and
 * never more than a share of the bar's volume. A purchase that a bar cannot fill is filled as far as it can, unless what
 * it got were too little to be sold again; a sale goes on in the bars after it and is one fill at the mean price once it
 * is complete.
 */
export class BacktestBroker extends SimulatedBroker {
  readonly #model: FillModel;
  readonly #findInstrument: (symbol: string) => Instrument | undefined;
  readonly #sold = new Map<string, Part>();
  /** Volume of the current bar that orders have taken, by symbol. */
  readonly #taken = new Map<string, Money>();
  /** Number of the bar in which each order was filled to its end: times alone do not tell a close from the next open. */
  readonly #barOf = new Map<string, number>();
  #bar: FillBar | undefined;
  #takenOf = NaN;

  constructor(model: FillModel, findInstrument: (symbol: string) => Instrument | undefined) {
    super();
    this.#model = model;
    this.#findInstrument = findInstrument;
  }

  /** From now on orders take part in this bar; without one they wait. */
  showBar(bar: FillBar | undefined): void {
    this.#bar = bar;
    if (bar === undefined || bar.index === this.#takenOf) return;
    this.#taken.clear();
    this.#takenOf = bar.index;
  }

  barOf(orderUid: string): number | undefined {
    return this.#barOf.get(orderUid);
  }

  override execute(order: Order, market: Market): Promise<BrokerAnswer> {
    return Promise.resolve(this.#answer(order, market));
  }

  /** A purchase waits without a fill. A sale that is filled in part goes on to its end. */
  override cancel(order: Order): Promise<BrokerAnswer> {
    if (this.#sold.has(order.uid)) return Promise.resolve({ status: 'waiting' });
    return Promise.resolve({ status: 'canceled', reason: 'given up before a bar came' });
  }

  #answer(order: Order, market: Market): BrokerAnswer {
    const bar = this.#bar;
    const volume = bar?.volumeOf(order.symbol);
    const isLate = market.nowMs - order.intendedAt > this.#model.maxWaitMs;
    if (bar !== undefined && order.side === 'buy' && isLate) {
      return { status: 'rejected', reason: 'no bar to be filled in' };
    }
    if (bar === undefined || volume === undefined) return { status: 'waiting' };
    const { quote, seen } = market;
    const text = order.side === 'buy' ? quote?.ask : quote?.bid;
    const price = seen?.price ?? (text === undefined ? undefined : new Money(text));
    if (price === undefined) return { status: 'waiting' };
    const instrument = this.#findInstrument(order.symbol);
    const { slippagePct } = this.#model;
    const worse = toFillPrice(order.side, price, { slippagePct, instrument });
    const sizeBase = this.#available(order, volume);
    const answer =
      order.side === 'buy'
        ? this.#buy(order, { price: worse, sizeBase, at: bar.at, cash: market.cash })
        : this.#sell(order, { price: worse, sizeBase, at: bar.at });
    if (answer.status === 'filled') this.#barOf.set(order.uid, bar.index);
    return answer;
  }

  #buy(
    order: Order,
    fill: {
      readonly price: Money;
      readonly sizeBase: Money;
      readonly at: number;
      readonly cash: Money;
    },
  ): BrokerAnswer {
    const sizeBase = this.#inSteps(order.symbol, fill.sizeBase);
    if (sizeBase.lte(0)) {
      return { status: 'rejected', reason: 'the bar traded less than one step of the size' };
    }
    if (sizeBase.lt(order.sizeBase) && this.#isTooSmall(order.symbol, sizeBase, fill.price)) {
      const reason = "the bar traded less than the venue's minimum order";
      return { status: 'rejected', reason };
    }
    const execution = toExecution(
      { sizeBase, price: fill.price, filledAt: fill.at },
      this.#model.feeRate,
    );
    const cost = sizeBase.times(fill.price).plus(execution.feeQuote);
    if (cost.gt(fill.cash)) {
      const reason = `not enough cash: ${fill.cash.toFixed(2)} at an ask of ${fill.price.toString()}`;
      return { status: 'rejected', reason };
    }
    this.#take(order.symbol, sizeBase);
    return { status: 'filled', fills: [execution] };
  }

  #sell(
    order: Order,
    fill: { readonly price: Money; readonly sizeBase: Money; readonly at: number },
  ): BrokerAnswer {
    const before = this.#sold.get(order.uid) ?? { sizeBase: new Money(0), value: new Money(0) };
    const left = order.sizeBase.minus(before.sizeBase);
    const size = fill.sizeBase.gte(left) ? left : this.#inSteps(order.symbol, fill.sizeBase);
    const sizeBase = before.sizeBase.plus(size);
    const value = before.value.plus(size.times(fill.price));
    this.#take(order.symbol, size);
    if (sizeBase.lt(order.sizeBase)) {
      this.#sold.set(order.uid, { sizeBase, value });
      return { status: 'waiting' };
    }
    this.#sold.delete(order.uid);
    const mean = { sizeBase, price: value.div(sizeBase), value, filledAt: fill.at };
    return { status: 'filled', fills: [toExecution(mean, this.#model.feeRate)] };
  }

  /** What the bar still has for an order of that size. */
  #available({ symbol, sizeBase }: Order, volume: number): Money {
    const { volumeShare } = this.#model;
    if (volumeShare === 0) return sizeBase;
    const taken = this.#taken.get(symbol) ?? new Money(0);
    const left = new Money(volume).times(volumeShare).minus(taken);
    return Money.max(0, Money.min(sizeBase, left));
  }

  #inSteps(symbol: string, sizeBase: Money): Money {
    const step = this.#findInstrument(symbol)?.sizeStep ?? DEFAULT_SIZE_STEP;
    return floorToStep(sizeBase, new Money(step));
  }

  /** What a bar leaves of a purchase could not be sold again. */
  #isTooSmall(symbol: string, sizeBase: Money, price: Money): boolean {
    const { minSize = 0, minCost = 0 } = this.#findInstrument(symbol) ?? {};
    return sizeBase.lt(minSize) || sizeBase.times(price).lt(minCost);
  }

  #take(symbol: string, sizeBase: Money): void {
    this.#taken.set(symbol, (this.#taken.get(symbol) ?? new Money(0)).plus(sizeBase));
  }
}
