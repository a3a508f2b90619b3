import type { Settings } from '../../config/settings.js';
import { Money } from '../domain/money.js';
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
    positionFraction: new Money(settings.positionFraction),
    feeRate: new Money(settings.feeRate),
    stopLossPct: settings.stopLossPct,
    takeProfitPct: settings.takeProfitPct,
    maxHoldBars: settings.maxHoldBars,
    minEdgeCosts: settings.minEdgeCosts,
    maxDecisionLagSec: settings.maxDecisionLagSec,
    allowFallbackExecution: settings.allowFallbackExecution,
    minModelConfidence: settings.minModelConfidence,
    minFallbackConfidence: settings.minFallbackConfidence,
  };
}
