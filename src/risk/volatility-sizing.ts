import { ALLOW, limitTo, veto, type RiskRule } from './risk-rule.js';

/**
 * `POSITION_SIZING=volatility`: a position is so large that it moves by `VOLATILITY_TARGET_PCT` of the
 * equity on a usual day.
 */
export const volatilitySizing: RiskRule = (entry, context) => {
  const { limits, dailyVolatility, equity, currency } = context;
  const target = limits.volatilityTargetPct;
  if (limits.positionSizing !== 'volatility' || target === 0) return ALLOW;
  if (dailyVolatility === undefined) {
    return veto(`too few candles of ${entry.symbol} to know its volatility`);
  }
  if (dailyVolatility === 0) return ALLOW;
  const budget = equity.times(target).div(100).div(dailyVolatility);
  const percent = (100 * dailyVolatility).toFixed(2);
  const amount = `${budget.toFixed(2)} ${currency}`;
  return limitTo(
    budget,
    entry,
    `volatility of ${percent} % a day for a target of ${target} %: ${amount}`,
  );
};
