import { floorToStep } from '../domain/money.js';
import { ALLOW, type RiskRule } from './risk-rule.js';

/** The venue takes sizes in whole steps: rounded down, so that no limit above is exceeded. */
export const sizeStep: RiskRule = (entry, context) => {
  const sizeBase = floorToStep(entry.sizeBase, context.sizeStep);
  if (sizeBase.eq(entry.sizeBase)) return ALLOW;
  return { kind: 'reduce', sizeBase, reason: `in steps of ${context.sizeStep.toString()}` };
};
