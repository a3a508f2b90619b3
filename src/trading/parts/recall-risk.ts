import { closeTimeOf, timeframeMs } from '../../domain/timeframe.js';
import type { BookKey } from '../../domain/trade.js';
import { ClosedTrades } from '../../risk/closed-trades.js';
import { dailyVolatilityOf, VOLATILITY_BARS } from '../../risk/daily-volatility.js';
import { dayStartOf, EquityMarks } from '../../risk/equity-marks.js';
import { lookBackBars } from '../../risk/risk-limits.js';
import type { TradingParts } from './trading-parts.js';
import type { TradingRules } from '../trading-rules.js';
import type { TradingStores } from '../trading-stores.js';

/** What the risk rules remember, read from the books as an earlier process left them. */
export async function recallRisk(
  stores: Pick<TradingStores, 'halts' | 'equity' | 'positions'>,
  {
    key,
    rules,
    nowMs,
  }: { readonly key: BookKey; readonly rules: TradingRules; readonly nowMs: number },
): Promise<Pick<TradingParts, 'closedTrades' | 'equityMarks'>> {
  const closedTrades = createClosedTrades(rules);
  const sinceMs = nowMs - lookBackMs(rules);
  for (const position of await stores.positions.listClosedSince(key, sinceMs)) {
    closedTrades.note(position);
  }
  const resumedAt = (await stores.halts.lastResumedAt(key)) ?? 0;
  const firstFrom = Math.max(resumedAt, dayStartOf(nowMs));
  const marks = await stores.equity.marksSince(key, { peakFrom: resumedAt, firstFrom });
  const equityMarks = new EquityMarks({ peak: marks.highest?.equity, dayFirst: marks.first });
  return { closedTrades, equityMarks };
}

/** An empty memory of closed trades that reaches as far back as the rules look. */
export function createClosedTrades(rules: TradingRules): ClosedTrades {
  return new ClosedTrades(lookBackMs(rules));
}

function lookBackMs({ risk, timeframe }: TradingRules): number {
  return lookBackBars(risk) * timeframeMs(timeframe);
}

/** Reads the candles of the last days whenever it is asked. */
export function volatilityReader(
  stores: Pick<TradingStores, 'series' | 'candles'>,
  { venue, timeframe }: TradingRules,
): TradingParts['findVolatility'] {
  return async (symbol, closedBy) => {
    const series = await stores.series.find({ venue, symbol, timeframe });
    if (series === undefined) return undefined;
    const barMs = timeframeMs(timeframe);
    const fromOpenTime = closedBy - VOLATILITY_BARS * barMs;
    const candles = await stores.candles.read(series.id, { fromOpenTime });
    const closed = candles.filter(({ openTime }) => closeTimeOf(openTime, timeframe) <= closedBy);
    return dailyVolatilityOf(
      closed.map(({ close }) => close),
      barMs,
    );
  };
}
