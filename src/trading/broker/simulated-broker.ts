import { Money } from '../../domain/money.js';
import type { Order } from '../../domain/trade.js';
import type { Broker, BrokerAnswer, Execution, Market, OrderWish, PlannedTerms } from './broker.js';

/** Digits after the point that a fee is kept to; no venue charges finer. */
const FEE_DECIMALS = 12;

/** What paper and backtest have in common: nothing is sent, nothing is rounded, and no stop rests anywhere. */
export abstract class SimulatedBroker implements Broker {
  readonly hasStops = false;
  readonly wantsStops = false;
  readonly unknownOrders = 0;
  readonly refusedSales = [];

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

  isUnderWay(): boolean {
    return false;
  }

  abstract execute(order: Order, market: Market): Promise<BrokerAnswer>;

  abstract cancel(order: Order): Promise<BrokerAnswer>;
}

/** A market order of just that size. */
function marketTerms({ sizeBase }: OrderWish): PlannedTerms {
  const terms = { kind: 'market', sizeBase, price: undefined, stopPrice: undefined } as const;
  return { status: 'possible', terms };
}

export interface SimulatedFill {
  readonly sizeBase: Money;
  readonly price: Money;
  /** Price times size, where it is known exactly and the price is a mean of several. */
  readonly value?: Money;
  readonly filledAt: number;
}

/** The fee is rounded up, so that the books are never better than a venue's. */
export function toExecution(
  { sizeBase, price, value = price.times(sizeBase), filledAt }: SimulatedFill,
  feeRate: Money,
): Execution {
  const feeQuote = value.times(feeRate).toDecimalPlaces(FEE_DECIMALS, Money.ROUND_UP);
  return { price, sizeBase, feeQuote, fee: undefined, venueTradeId: undefined, filledAt };
}
