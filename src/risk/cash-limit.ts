import { Money } from '../domain/money.js';
import { ALLOW, type RiskContext, type RiskRule } from './risk-rule.js';

/** By how much the price may rise between the decision and the fill before the cash runs out. */
const PRICE_HEADROOM = new Money('0.01');

/** An order, its fee and a small rise of the price are paid from free cash: nothing is borrowed. */
export const cashLimit: RiskRule = (entry, context) => {
  const perUnit = entry.price.times(context.feeRate.plus(1)).times(PRICE_HEADROOM.plus(1));
  const sizeBase = context.freeCash.div(perUnit);
  if (entry.sizeBase.lte(sizeBase)) return ALLOW;
  const free = `${context.freeCash.toFixed(2)} ${context.currency} free`;
  const isTooLittle = sizeBase.times(entry.price).lt(smallestCost(context, entry.price));
  if (isTooLittle) return { kind: 'veto', reason: `not enough cash: ${free}` };
  return { kind: 'reduce', sizeBase, reason: free };
};

function smallestCost(context: RiskContext, price: Money): Money {
  return Money.max(context.minCost ?? 0, context.sizeStep.times(price));
}
