import { ALLOW, veto, type EquityFacts, type EntryVeto } from './risk-rule.js';
import type { RiskLimits } from './risk-limits.js';

/** `DAILY_LOSS_PCT`: after such a loss since the beginning of the UTC day nothing is bought until the next. */
export const dailyLoss: EntryVeto = (_, context) => {
  const reason = findDailyLoss(context, context.limits);
  return reason === undefined ? ALLOW : veto(reason);
};

/** The loss of the day in words, once it has reached the limit. */
export function findDailyLoss(
  { equity, dayStart }: EquityFacts,
  { dailyLossPct: limit }: RiskLimits,
): string | undefined {
  if (limit === 0 || dayStart === undefined || dayStart.lte(0)) return undefined;
  const loss = dayStart.minus(equity).div(dayStart).times(100);
  if (loss.lt(limit)) return undefined;
  return `the day has lost ${loss.toFixed(2)} %: DAILY_LOSS_PCT=${limit}`;
}
