import { Money } from '../domain/money.js';
import { ALLOW, limitTo, veto, type RiskRule } from './risk-rule.js';

/** `MAX_EXPOSURE_PCT`: with the entry no more than that share of the equity is in positions. */
export const exposureLimit: RiskRule = (entry, context) => {
  const { equity, exposure, currency } = context;
  const { maxExposurePct: percent } = context.limits;
  if (percent === 0) return ALLOW;
  const budget = Money.max(0, equity.times(percent).div(100).minus(exposure));
  const left = `${budget.toFixed(2)} ${currency} are left of MAX_EXPOSURE_PCT=${percent}`;
  return budget.isZero() ? veto(left) : limitTo(budget, entry, left);
};
