import { Money } from '../domain/money.js';
import { ALLOW, limitTo, veto, type RiskRule } from './risk-rule.js';

/**
 * `POSITION_SIZING=kelly`: `KELLY_FRACTION` of the share that makes the logarithm of the equity grow
 * fastest, expected return ÷ variance (Thorp 2006, eq. 7.4, without interest).
 */
export const kellySizing: RiskRule = (entry, { limits, model, equity, currency }) => {
  const { positionSizing, kellyFraction } = limits;
  if (positionSizing !== 'kelly' || kellyFraction === 0) return ALLOW;
  if (model === undefined) return veto('no Kelly share: the fallback expects no move');
  const { netMove, variance } = model;
  if (variance === undefined || !(variance > 0)) {
    return veto(`no Kelly share: the variance of ${entry.symbol} is not known`);
  }
  if (!(netMove > 0)) return veto('no Kelly share: the expected move does not pay for its costs');
  const share = kellyFraction * (netMove / variance);
  const budget = equity.times(new Money(share));
  const amount = `${budget.toFixed(2)} ${currency}`;
  return limitTo(budget, entry, `${kellyFraction} of the Kelly share is ${amount}`);
};
