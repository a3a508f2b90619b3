import { ALLOW, veto, type EntryVeto } from './risk-rule.js';

/** `COOLDOWN_BARS`: on that many candles after an exit the symbol is not bought. */
export const cooldown: EntryVeto = (symbol, { limits, lastExit, candleCloseAt, barMs }) => {
  const { cooldownBars: bars } = limits;
  if (bars === 0 || lastExit === undefined) return ALLOW;
  if (candleCloseAt > lastExit.closedAt + bars * barMs) return ALLOW;
  return veto(`${symbol} was sold within ${bars} bars: COOLDOWN_BARS`);
};
