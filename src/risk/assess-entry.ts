import { Money } from '../domain/money.js';
import type { Entry, RiskContext, VetoContext } from './risk-rule.js';
import { ENTRY_VETOES, SIZE_RULES } from './rules.js';

export type EntryAssessment =
  | {
      readonly status: 'allowed';
      readonly sizeBase: Money;
      /** What made it smaller than the whole equity, in the order of the rules. */
      readonly reductions: readonly string[];
    }
  | { readonly status: 'vetoed'; readonly reason: string };

/**
 * Asks whether to buy at all, then starts from everything the equity could buy and lets each rule take its
 * part away.
 *
 * @param ask price that would be paid now, as decimal text
 */
export function assessEntry(symbol: string, ask: string, context: RiskContext): EntryAssessment {
  const reason = findVeto(symbol, context);
  if (reason !== undefined) return { status: 'vetoed', reason };
  const price = new Money(ask);
  const reductions: string[] = [];
  let entry: Entry = { symbol, price, sizeBase: context.equity.div(price) };
  for (const rule of SIZE_RULES) {
    const verdict = rule(entry, context);
    if (verdict.kind === 'veto') return { status: 'vetoed', reason: verdict.reason };
    if (verdict.kind === 'allow') continue;
    entry = { ...entry, sizeBase: verdict.sizeBase };
    reductions.push(verdict.reason);
  }
  return { status: 'allowed', sizeBase: entry.sizeBase, reductions };
}

/** Why nothing of a symbol is bought, whatever its size; undefined where it may be. */
export function findVeto(symbol: string, context: VetoContext): string | undefined {
  for (const isAllowed of ENTRY_VETOES) {
    const verdict = isAllowed(symbol, context);
    if (verdict.kind === 'veto') return verdict.reason;
  }
  return undefined;
}
