import { ALLOW, veto, type EntryVeto } from './risk-rule.js';

/** `STOP_COOLDOWN_BARS`: on that many candles after a stop the symbol is not bought. */
export const stopCooldown: EntryVeto = (symbol, { limits, lastStop, candleCloseAt, barMs }) => {
  const { stopCooldownBars: bars } = limits;
  if (bars === 0 || lastStop === undefined) return ALLOW;
  if (candleCloseAt > lastStop.closedAt + bars * barMs) return ALLOW;
  return veto(`${symbol} was stopped out within ${bars} bars: STOP_COOLDOWN_BARS`);
};
