import { CATALOGUE } from './catalogue.js';

/**
 * Features that are the same for every market and change over weeks: they hardly say more than which
 * week it is. In a window of months a tree learns from them what happened then, not what follows from
 * what; left out, both plain and pooled models knew more on candles that they had never seen.
 */
export const MARKET_TIMES: ReadonlySet<string> = new Set([
  'month_share',
  'reference_return_168',
  'reference_vol_12',
  'reference_vol_24',
  'reference_vol_168',
  'reference_vol_trend_24_168',
  'reference_zscore_168',
  'reference_from_high_168',
]);

/** What models choose their features from. */
export const CANDIDATE_FEATURES: readonly string[] = CATALOGUE.map(({ name }) => name).filter(
  (name) => !MARKET_TIMES.has(name),
);
