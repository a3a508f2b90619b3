import { ALLOW, veto, type EntryVeto } from './risk-rule.js';

/**
 * `LOSING_SYMBOL`: when the results of a symbol's trades within so many bars add up to that loss, it is
 * not bought for as many bars.
 */
export const losingSymbol: EntryVeto = (symbol, { limits, results, candleCloseAt, barMs }) => {
  if (limits.losingSymbol === undefined) return ALLOW;
  const { limit, bars } = limits.losingSymbol;
  const windowMs = bars * barMs;
  for (const [at, { closedAt: to }] of results.entries()) {
    if (candleCloseAt > to + windowMs) continue;
    const window = results.slice(0, at + 1).filter(({ closedAt }) => to - closedAt < windowMs);
    const sum = window.reduce((total, { resultPct }) => total + resultPct, 0);
    if (sum > limit) continue;
    const loss = `${sum.toFixed(2)} % in ${window.length} trades`;
    return veto(`${symbol} lost ${loss} within ${bars} bars: LOSING_SYMBOL pauses it`);
  }
  return ALLOW;
};
