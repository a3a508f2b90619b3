import { Money } from '../domain/money.js';
import { ALLOW, type RiskRule } from './risk-rule.js';

/** The venue refuses orders above its maximum, so no entry is larger. */
export const maximumOrder: RiskRule = (
  entry,
  { maxSize = INFINITE, maxCost = INFINITE, currency },
) => {
  const bySize = `the venue's maximum order: a size of ${maxSize.toString()}`;
  const byCost = `the venue's maximum order: ${maxCost.toString()} ${currency}`;
  const affordable = maxCost.div(entry.price);
  const [sizeBase, reason] = maxSize.lte(affordable) ? [maxSize, bySize] : [affordable, byCost];
  return entry.sizeBase.lte(sizeBase) ? ALLOW : { kind: 'reduce', sizeBase, reason };
};

const INFINITE = new Money(Infinity);
