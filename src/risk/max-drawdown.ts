import { ALLOW, veto, type EquityFacts, type EntryVeto } from './risk-rule.js';
import type { RiskLimits } from './risk-limits.js';

/** `MAX_DRAWDOWN_PCT`: after such a loss from the highest equity nothing is bought until a person resumes. */
export const maxDrawdown: EntryVeto = (_, context) => {
  const reason = findDrawdown(context, context.limits);
  return reason === undefined ? ALLOW : veto(reason);
};

/** The drawdown in words, once it has reached the limit. */
export function findDrawdown(
  { equity, peak }: EquityFacts,
  { maxDrawdownPct: limit }: RiskLimits,
): string | undefined {
  if (limit === 0 || peak === undefined || peak.lte(0)) return undefined;
  const drawdown = peak.minus(equity).div(peak).times(100);
  if (drawdown.lt(limit)) return undefined;
  return `drawdown of ${drawdown.toFixed(2)} %: MAX_DRAWDOWN_PCT=${limit}`;
}
