import { cashLimit } from './cash-limit.js';
import { minimumOrder } from './minimum-order.js';
import { onePositionPerSymbol } from './one-position-per-symbol.js';
import { positionFraction } from './position-fraction.js';
import type { RiskRule } from './risk-rule.js';
import { sizeStep } from './size-step.js';

/** Every rule that an entry passes, in this order: limits first, the venue's grid and minimum last. */
export const RISK_RULES: readonly RiskRule[] = [
  onePositionPerSymbol,
  positionFraction,
  cashLimit,
  sizeStep,
  minimumOrder,
];
