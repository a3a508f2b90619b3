import { ALLOW, veto, type EntryVeto } from './risk-rule.js';

/** `STOP_GUARD`: after so many stops of any symbol within so many bars nothing is bought for as many bars. */
export const stopGuard: EntryVeto = (_, { limits, stopTimes, candleCloseAt, barMs }) => {
  if (limits.stopGuard === undefined) return ALLOW;
  const { limit, bars } = limits.stopGuard;
  const windowMs = bars * barMs;
  for (let last = stopTimes.length - 1; last >= limit - 1; last--) {
    const [from, to] = [stopTimes[last - limit + 1] ?? NaN, stopTimes[last] ?? NaN];
    if (candleCloseAt > to + windowMs) return ALLOW;
    if (to - from < windowMs) {
      return veto(`${limit} stops within ${bars} bars: STOP_GUARD pauses entries for as many`);
    }
  }
  return ALLOW;
};
