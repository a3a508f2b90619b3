import { ALLOW, veto, type RiskRule } from './risk-rule.js';

/** `COOLDOWN_BARS`: on that many candles after an exit the symbol is not bought. */
export const cooldown: RiskRule = (entry, { limits, lastExit, candleCloseAt, barMs }) => {
  const { cooldownBars: bars } = limits;
  if (bars === 0 || lastExit === undefined) return ALLOW;
  if (candleCloseAt > lastExit.closedAt + bars * barMs) return ALLOW;
  return veto(`${entry.symbol} was sold within ${bars} bars: COOLDOWN_BARS`);
};
