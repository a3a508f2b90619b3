import { ALLOW, type RiskRule } from './risk-rule.js';

/** No entry costs more than a fixed fraction of the equity. */
export const positionFraction: RiskRule = (entry, context) => {
  const budget = context.equity.times(context.positionFraction);
  const sizeBase = budget.div(entry.price);
  if (entry.sizeBase.lte(sizeBase)) return ALLOW;
  const percent = context.positionFraction.times(100).toString();
  const reason = `${percent} % of the equity is ${budget.toFixed(2)} ${context.currency}`;
  return { kind: 'reduce', sizeBase, reason };
};
