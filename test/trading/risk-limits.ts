import { Money } from '../../src/domain/money.js';
import type { RiskLimits } from '../../src/risk/risk-limits.js';

/** Every limit off but the size of a position. */
export const NO_LIMITS: RiskLimits = {
  positionSizing: 'fraction',
  positionFraction: new Money('0.1'),
  volatilityTargetPct: 0,
  kellyFraction: 0,
  maxOpenPositions: 0,
  maxExposurePct: 0,
  capital: undefined,
  cooldownBars: 0,
  stopCooldownBars: 0,
  stopGuard: undefined,
  losingSymbol: undefined,
  dailyLossPct: 0,
  maxDrawdownPct: 0,
};

/** The settings' defaults. */
export const DEFAULT_LIMITS: RiskLimits = {
  ...NO_LIMITS,
  volatilityTargetPct: 1,
  kellyFraction: 0.25,
  maxOpenPositions: 5,
  maxExposurePct: 50,
  stopCooldownBars: 2,
  stopGuard: { limit: 3, bars: 24 },
  losingSymbol: { limit: -5, bars: 168 },
  dailyLossPct: 3,
  maxDrawdownPct: 15,
};
