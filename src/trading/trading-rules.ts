import type { Money } from '../domain/money.js';
import type { Signal } from '../domain/signal.js';
import { closeTimeOf, timeframeMs, type Timeframe } from '../domain/timeframe.js';
import type { BookKey } from '../domain/trade.js';
import type { RiskLimits } from '../risk/risk-limits.js';

/** The settings that trading goes by. */
export interface TradingRules extends BookKey {
  /** Quote currency of the primary symbol: the one the books are kept in. */
  readonly currency: string;
  /** The one timeframe and bot whose signals trade. */
  readonly timeframe: Timeframe;
  readonly bot: string;
  readonly paperEquity: Money;
  /** Of each side's value: 0.001 is 0.1 %. */
  readonly feeRate: Money;
  /** Percent below the entry price; 0 is off. */
  readonly stopLossPct: number;
  /** Percent above the entry price; 0 is off. */
  readonly takeProfitPct: number;
  /** Percent below the highest price since the entry; 0 is off. */
  readonly trailingStopPct: number;
  /** Percent above the entry price from which on the trailing stop follows. */
  readonly trailingStartPct: number;
  /** `auto`: the model's horizon, prolonged by each further BUY. 0 is off. */
  readonly maxHoldBars: number | 'auto';
  /** A model's expected move must reach this many times the cost of the round trip. */
  readonly minEdgeCosts: number;
  /** Market seconds after a candle's close within which its signal is acted on. */
  readonly maxDecisionLagSec: number | 'auto';
  /** Market seconds that pass in one second: 1 outside the demo. */
  readonly marketSpeed: number;
  readonly allowFallbackExecution: boolean;
  readonly minModelConfidence: number;
  readonly minFallbackConfidence: number;
  readonly risk: RiskLimits;
}

/** However short the bar, a decision has this much wall time. */
const SHORTEST_LAG_MS = 30_000;

/** Market time after a candle's close within which its signal is acted on. */
export function decisionLagMs(rules: TradingRules): number {
  if (rules.maxDecisionLagSec !== 'auto') return rules.maxDecisionLagSec * 1_000;
  return Math.max(timeframeMs(rules.timeframe) / 2, SHORTEST_LAG_MS * rules.marketSpeed);
}

/** Until when a position is held that the signal opens or affirms; undefined without a limit. */
export function findHoldUntil(
  rules: TradingRules,
  { candleOpenTime, timeframe }: Pick<Signal, 'candleOpenTime' | 'timeframe'>,
  horizonBars: number,
): number | undefined {
  const bars = rules.maxHoldBars === 'auto' ? horizonBars : rules.maxHoldBars;
  if (bars === 0) return undefined;
  return closeTimeOf(candleOpenTime, timeframe) + bars * timeframeMs(rules.timeframe);
}
