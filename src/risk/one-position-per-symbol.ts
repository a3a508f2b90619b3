import { ALLOW, type RiskRule } from './risk-rule.js';

/** Spot, long only: what is held is not added to. */
export const onePositionPerSymbol: RiskRule = (entry, context) =>
  context.hasPosition ? { kind: 'veto', reason: `${entry.symbol} is already held` } : ALLOW;
