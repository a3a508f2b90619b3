import type { Money } from '../../domain/money.js';
import type { TradingRules } from '../trading-rules.js';

/** Settings that differ from what the books began with: history is not rewritten. */
export function findDifferences(
  account: { readonly currency: string; readonly initialEquity: Money },
  { paperEquity }: TradingRules,
): string[] {
  const differences = [];
  if (!account.initialEquity.eq(paperEquity)) {
    const began = account.initialEquity.toString();
    differences.push(
      `PAPER_EQUITY=${paperEquity.toString()} is not used: these books began with ${began} ${account.currency}`,
    );
  }
  return differences;
}
