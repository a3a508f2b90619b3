import type { Settings } from '../../config/settings.js';
import { Money } from '../domain/money.js';
import type { PerBars, RiskLimits } from '../risk/risk-limits.js';
import type { TradingRules } from '../trading/trading-rules.js';

/** What the settings alone do not say: whose books, on what, by which clock. */
export type TradingPlace = Pick<
  TradingRules,
  'venue' | 'account' | 'currency' | 'timeframe' | 'bot' | 'marketSpeed'
>;

/** The rules of trading as the settings want them, for the daemon and for a backtest. */
export function toTradingRules(settings: Settings, place: TradingPlace): TradingRules {
  return {
    venue: place.venue,
    account: place.account,
    currency: place.currency,
    timeframe: place.timeframe,
    bot: place.bot,
    marketSpeed: place.marketSpeed,
    paperEquity: new Money(settings.paperEquity),
    feeRate: new Money(settings.feeRate),
    stopLossPct: settings.stopLossPct,
    takeProfitPct: settings.takeProfitPct,
    trailingStopPct: settings.trailingStopPct,
    trailingStartPct: settings.trailingStartPct,
    maxHoldBars: settings.maxHoldBars,
    minEdgeCosts: settings.minEdgeCosts,
    maxDecisionLagSec: settings.maxDecisionLagSec,
    allowFallbackExecution: settings.allowFallbackExecution,
    minModelConfidence: settings.minModelConfidence,
    minFallbackConfidence: settings.minFallbackConfidence,
    risk: toRiskLimits(settings),
  };
}

function toRiskLimits(settings: Settings): RiskLimits {
  const { capital, stopGuard, losingSymbol } = settings;
  return {
    positionSizing: settings.positionSizing,
    positionFraction: new Money(settings.positionFraction),
    volatilityTargetPct: settings.volatilityTargetPct,
    kellyFraction: settings.kellyFraction,
    maxOpenPositions: settings.maxOpenPositions,
    maxExposurePct: settings.maxExposurePct,
    capital: capital === 'auto' || capital === 0 ? undefined : new Money(capital),
    cooldownBars: settings.cooldownBars,
    stopCooldownBars: settings.stopCooldownBars,
    stopGuard: toPerBars(stopGuard),
    losingSymbol: toPerBars(losingSymbol),
    dailyLossPct: settings.dailyLossPct,
    maxDrawdownPct: settings.maxDrawdownPct,
  };
}

function toPerBars(setting: Settings['stopGuard']): PerBars | undefined {
  if (setting === 'off') return undefined;
  const [limit, bars] = setting;
  return { limit, bars };
}
