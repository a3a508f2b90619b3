import { capitalLimit } from './capital-limit.js';
import { cashLimit } from './cash-limit.js';
import { cooldown } from './cooldown.js';
import { dailyLoss } from './daily-loss.js';
import { exposureLimit } from './exposure-limit.js';
import { kellySizing } from './kelly-sizing.js';
import { losingSymbol } from './losing-symbol.js';
import { maxDrawdown } from './max-drawdown.js';
import { maxOpenPositions } from './max-open-positions.js';
import { maximumOrder } from './maximum-order.js';
import { minimumOrder } from './minimum-order.js';
import { onePositionPerSymbol } from './one-position-per-symbol.js';
import { positionFraction } from './position-fraction.js';
import type { EntryVeto, RiskRule } from './risk-rule.js';
import { sizeStep } from './size-step.js';
import { stopCooldown } from './stop-cooldown.js';
import { stopGuard } from './stop-guard.js';
import { volatilitySizing } from './volatility-sizing.js';

/**
 * Every rule that an entry passes, in this order: first whether to buy at all, then how much; the venue's
 * maximum, grid and minimum last. docs/risk.md is their table.
 */
export const ENTRY_VETOES: readonly EntryVeto[] = [
  onePositionPerSymbol,
  maxOpenPositions,
  cooldown,
  stopCooldown,
  stopGuard,
  losingSymbol,
  dailyLoss,
  maxDrawdown,
];

export const SIZE_RULES: readonly RiskRule[] = [
  positionFraction,
  volatilitySizing,
  kellySizing,
  exposureLimit,
  capitalLimit,
  cashLimit,
  maximumOrder,
  sizeStep,
  minimumOrder,
];
