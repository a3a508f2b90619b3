import {
  orderRulesOf,
  type Instrument,
  type OrderRules,
  type Series,
} from '../../domain/market.js';
import { Money } from '../../domain/money.js';
import type { Order } from '../../domain/trade.js';
import { groupBy } from '../../lib/group-by.js';

type StoredRules = Pick<Series, 'marketId'> & Partial<OrderRules>;

export interface InstrumentsOf {
  readonly symbols: Iterable<string>;
  readonly orders: readonly Pick<Order, 'symbol' | 'sizeBase'>[];
  readonly currency: string;
  readonly findSeries: (symbol: string) => Promise<StoredRules | undefined>;
}

/** What the venue demands of orders is what a daemon was told last. */
export async function instrumentsOf({
  symbols,
  orders,
  currency,
  findSeries,
}: InstrumentsOf): Promise<ReadonlyMap<string, Instrument>> {
  const ordersOf = groupBy(orders, ({ symbol }) => symbol);
  const instruments = new Map<string, Instrument>();
  for (const symbol of symbols) {
    const [base = symbol, quote = currency] = symbol.split('/');
    const series = await findSeries(symbol);
    const sizes = (ordersOf.get(symbol) ?? []).map(({ sizeBase }) => sizeBase);
    instruments.set(symbol, {
      symbol,
      marketId: series?.marketId ?? symbol,
      base,
      quote,
      ...orderRulesOf(series ?? {}),
      sizeStep: findStep(sizes, series?.sizeStep)?.toFixed(),
    });
  }
  return instruments;
}

/** Where a recorded order is finer than the step, the venue has changed it since: the order's digits bound it. */
function findStep(sizes: readonly Money[], told: string | undefined): Money | undefined {
  const step = told === undefined ? undefined : new Money(told);
  if (step !== undefined && sizes.every((size) => size.mod(step).isZero())) return step;
  if (sizes.length === 0) return undefined;
  return new Money(10).pow(-Math.max(...sizes.map((size) => size.decimalPlaces())));
}
