import { Money } from '../domain/money.js';
import { ALLOW, limitTo, veto, type RiskRule } from './risk-rule.js';

/** `CAPITAL`: no more than that amount is in positions, counted at what was paid for them. */
export const capitalLimit: RiskRule = (entry, { limits, usedCapital, currency }) => {
  const { capital } = limits;
  if (capital === undefined) return ALLOW;
  const budget = Money.max(0, capital.minus(usedCapital));
  const left = `${budget.toFixed(2)} ${currency} are left of CAPITAL=${capital.toString()}`;
  return budget.isZero() ? veto(left) : limitTo(budget, entry, left);
};
