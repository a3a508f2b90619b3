import type { OrderRules } from '../../domain/market.js';
import type { MarketHistory } from '../history/market-history.js';

/** What a run took a market to demand of an order; what is not known was not demanded. */
export interface MarketTerms extends OrderRules {
  readonly symbol: string;
}

export function marketTerms({ symbols }: MarketHistory): readonly MarketTerms[] {
  return symbols.map(({ instrument: { symbol, sizeStep, priceTick, minSize, minCost } }) => ({
    symbol,
    sizeStep,
    priceTick,
    minSize,
    minCost,
  }));
}
