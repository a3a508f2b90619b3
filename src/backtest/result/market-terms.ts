import { orderRulesOf, type OrderRules } from '../../domain/market.js';
import type { MarketHistory } from '../history/market-history.js';
import type { QuotedSpread } from '../history/quoted-spread.js';
import { spreadPctOf } from '../history/spread-of.js';

/** The spread that a run took for a market, and what the market demanded; what is not known was not demanded. */
export interface MarketTerms extends OrderRules {
  readonly symbol: string;
  readonly spreadPct: number;
  /** Where the spread is from; undefined for the one that is assumed or given. */
  readonly quotedSpread: QuotedSpread | undefined;
}

export function marketTerms(
  { symbols }: MarketHistory,
  assumedSpreadPct: number,
): readonly MarketTerms[] {
  return symbols.map((one) => {
    const { instrument, quotedSpread } = one;
    const spreadPct = spreadPctOf(one, assumedSpreadPct);
    return { symbol: instrument.symbol, spreadPct, quotedSpread, ...orderRulesOf(instrument) };
  });
}
