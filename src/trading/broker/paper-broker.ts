import { Money } from '../../domain/money.js';
import type { Quote } from '../../domain/market.js';
import type { Order } from '../../domain/trade.js';
import {
  marketTerms,
  type Broker,
  type BrokerAnswer,
  type Execution,
  type Market,
  type OrderWish,
  type PlannedTerms,
} from './broker.js';
import { decisionLagMs, type TradingRules } from '../trading-rules.js';

/** Digits after the point that a fee is kept to; no venue charges finer. */
const FEE_DECIMALS = 12;

/**
 * Fills at the first quote after the decision: purchases at the ask, sales at the bid; a stop or target
 * that the market was seen to meet fills there. A purchase
 * that met no quote within the decision lag is refused; a sale waits for as long as it takes, since giving it up
 * would keep what was decided to be left.
 */
export class PaperBroker implements Broker {
  readonly hasStops = false;
  readonly wantsStops = false;
  readonly unknownOrders = 0;
  readonly #rules: TradingRules;

  constructor(rules: TradingRules) {
    this.#rules = rules;
  }

  planEntry(wish: OrderWish): PlannedTerms {
    return marketTerms(wish);
  }

  planExit(wish: OrderWish): PlannedTerms {
    return marketTerms(wish);
  }

  planStop(): PlannedTerms {
    return { status: 'impossible', reason: 'the daemon itself guards what is held' };
  }

  isDust(_: string, sizeBase: Money): boolean {
    return sizeBase.lte(0);
  }

  /** Nothing is sent anywhere. */
  isUnderWay(): boolean {
    return false;
  }

  execute(order: Order, market: Market): Promise<BrokerAnswer> {
    return Promise.resolve(this.#answer(order, market));
  }

  /** What waits for a quote is not filled. */
  cancel(): Promise<BrokerAnswer> {
    return Promise.resolve({ status: 'canceled', reason: 'given up before a quote came' });
  }

  #answer(order: Order, market: Market): BrokerAnswer {
    if (market.seen !== undefined) {
      return { status: 'filled', fills: [this.#fill(order, market.seen.price, market.seen.at)] };
    }
    const { quote } = market;
    const isMet = quote !== undefined && quote.venueTime > order.intendedAt;
    const waitMs = (isMet ? quote.venueTime : market.nowMs) - order.intendedAt;
    if (order.side === 'buy' && waitMs > decisionLagMs(this.#rules)) {
      const limit = Math.ceil(decisionLagMs(this.#rules) / 1_000);
      return { status: 'rejected', reason: `no quote within ${limit} s of the decision` };
    }
    return isMet ? this.#answerAt(quote, order, market.cash) : { status: 'waiting' };
  }

  #answerAt(quote: Quote, order: Order, cash: Money): BrokerAnswer {
    const price = new Money(order.side === 'buy' ? quote.ask : quote.bid);
    const execution = this.#fill(order, price, quote.venueTime);
    const cost = price.times(order.sizeBase).plus(execution.feeQuote);
    if (order.side === 'buy' && cost.gt(cash)) {
      const reason = `not enough cash: ${cash.toFixed(2)} at an ask of ${quote.ask}`;
      return { status: 'rejected', reason };
    }
    return { status: 'filled', fills: [execution] };
  }

  #fill(order: Order, price: Money, filledAt: number): Execution {
    const { sizeBase } = order;
    const fee = price.times(sizeBase).times(this.#rules.feeRate);
    const feeQuote = fee.toDecimalPlaces(FEE_DECIMALS, Money.ROUND_UP);
    return { price, sizeBase, feeQuote, fee: undefined, venueTradeId: undefined, filledAt };
  }
}
