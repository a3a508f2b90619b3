import { limitTo, type RiskRule } from './risk-rule.js';

/** `POSITION_FRACTION`: no entry costs more than a fixed fraction of the equity. */
export const positionFraction: RiskRule = (entry, { equity, limits, currency }) => {
  const budget = equity.times(limits.positionFraction);
  const percent = limits.positionFraction.times(100).toString();
  return limitTo(budget, entry, `${percent} % of the equity is ${budget.toFixed(2)} ${currency}`);
};
