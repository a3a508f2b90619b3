import { Money } from '../../domain/money.js';
import type { Quote } from '../../domain/market.js';
import type { Order } from '../../domain/trade.js';
import { decisionLagMs, type TradingRules } from '../trading-rules.js';
import type { BrokerAnswer, Market } from './broker.js';
import { SimulatedBroker, toExecution } from './simulated-broker.js';

/**
 * Fills at the first quote after the decision: purchases at the ask, sales at the bid; a stop or target
 * that the market was seen to meet fills there. A purchase
 * that met no quote within the decision lag is refused; a sale waits for as long as it takes, since giving it up
 * would keep what was decided to be left.
 */
export class PaperBroker extends SimulatedBroker {
  readonly #rules: TradingRules;

  constructor(rules: TradingRules) {
    super();
    this.#rules = rules;
  }

  override execute(order: Order, market: Market): Promise<BrokerAnswer> {
    return Promise.resolve(this.#answer(order, market));
  }

  /** What waits for a quote is not filled. */
  override cancel(): Promise<BrokerAnswer> {
    return Promise.resolve({ status: 'canceled', reason: 'given up before a quote came' });
  }

  #answer(order: Order, market: Market): BrokerAnswer {
    if (market.seen !== undefined) {
      const { price, at: filledAt } = market.seen;
      const fill = toExecution({ sizeBase: order.sizeBase, price, filledAt }, this.#rules.feeRate);
      return { status: 'filled', fills: [fill] };
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
    const { sizeBase } = order;
    const fill = { sizeBase, price, filledAt: quote.venueTime };
    const execution = toExecution(fill, this.#rules.feeRate);
    const cost = price.times(sizeBase).plus(execution.feeQuote);
    if (order.side === 'buy' && cost.gt(cash)) {
      const reason = `not enough cash: ${cash.toFixed(2)} at an ask of ${quote.ask}`;
      return { status: 'rejected', reason };
    }
    return { status: 'filled', fills: [execution] };
  }
}
