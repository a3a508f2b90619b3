import { ALLOW, type RiskRule } from './risk-rule.js';

/** The venue refuses orders below its minimum, so they are not sent. */
export const minimumOrder: RiskRule = (entry, context) => {
  const { minCost, minSize, currency } = context;
  if (entry.sizeBase.lte(0)) {
    const reason = `below the venue's minimum order: less than one step of ${context.sizeStep.toString()}`;
    return { kind: 'veto', reason };
  }
  if (minSize !== undefined && entry.sizeBase.lt(minSize)) {
    const sizes = `${entry.sizeBase.toString()} of ${minSize.toString()}`;
    return { kind: 'veto', reason: `below the venue's minimum order: a size of ${sizes}` };
  }
  const cost = entry.sizeBase.times(entry.price);
  if (minCost === undefined || cost.gte(minCost)) return ALLOW;
  const amounts = `${cost.toFixed(2)} of ${minCost.toString()} ${currency}`;
  return { kind: 'veto', reason: `below the venue's minimum order: ${amounts}` };
};
