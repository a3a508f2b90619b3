import { Money } from '../domain/money.js';
import { ALLOW, type RiskRule } from './risk-rule.js';

const INFINITE = new Money(Infinity);

/** The venue refuses orders above its maximum, so no entry is larger. */
export const maximumOrder: RiskRule = (
  entry,
  { maxSize = INFINITE, maxCost = INFINITE, currency },
) => {
  const affordable = maxCost.div(entry.price);
  const sizeBase = Money.min(maxSize, affordable);
  if (entry.sizeBase.lte(sizeBase)) return ALLOW;
  const most = maxSize.lte(affordable)
    ? `a size of ${maxSize.toString()}`
    : `${maxCost.toString()} ${currency}`;
  return { kind: 'reduce', sizeBase, reason: `the venue's maximum order: ${most}` };
};
