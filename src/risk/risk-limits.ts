import type { Money } from '../domain/money.js';

/** A limit over a stretch of bars. */
export interface PerBars {
  readonly limit: number;
  readonly bars: number;
}

/** The settings that the risk rules go by. Percentages are numbers of percent; 0 and undefined are off. */
export interface RiskLimits {
  readonly positionSizing: 'fraction' | 'volatility' | 'kelly';
  /** Share of the equity that no entry is above. */
  readonly positionFraction: Money;
  /** Of the equity, a day. */
  readonly volatilityTargetPct: number;
  readonly kellyFraction: number;
  readonly maxOpenPositions: number;
  readonly maxExposurePct: number;
  /** Quote currency; undefined for no limit. */
  readonly capital: Money | undefined;
  readonly cooldownBars: number;
  readonly stopCooldownBars: number;
  /** `limit` counts stops. */
  readonly stopGuard: PerBars | undefined;
  /** `limit` is a loss in percent, below 0. */
  readonly losingSymbol: PerBars | undefined;
  readonly dailyLossPct: number;
  readonly maxDrawdownPct: number;
}

/** Bars of closed trades that the rules look back over. */
export function lookBackBars(limits: RiskLimits): number {
  const { cooldownBars, stopCooldownBars, stopGuard, losingSymbol } = limits;
  // A pause lasts as long as the window that caused it.
  const windows = [stopGuard, losingSymbol].map((one) => 2 * (one?.bars ?? 0));
  return Math.max(cooldownBars, stopCooldownBars, ...windows) + 1;
}
