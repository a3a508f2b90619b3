import { ALLOW, veto, type EntryVeto } from './risk-rule.js';

/** Spot, long only: what is held is not added to. */
export const onePositionPerSymbol: EntryVeto = (symbol, context) =>
  context.hasPosition ? veto(`${symbol} is already held`) : ALLOW;
