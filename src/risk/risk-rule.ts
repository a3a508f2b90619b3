import type { Money } from '../domain/money.js';

/** A purchase that is being sized. Rules see it after the reductions of the rules before them. */
export interface Entry {
  readonly symbol: string;
  /** Price that would be paid now, in quote currency. */
  readonly price: Money;
  readonly sizeBase: Money;
}

/** What the rules may know. Amounts are in the books' currency. */
export interface RiskContext {
  readonly currency: string;
  readonly equity: Money;
  /** Cash that no waiting order has claimed. */
  readonly freeCash: Money;
  readonly feeRate: Money;
  readonly positionFraction: Money;
  /** Smallest change of a size in base units. */
  readonly sizeStep: Money;
  /** Smallest cost of an order; undefined where the venue states none. */
  readonly minCost: Money | undefined;
  readonly hasPosition: boolean;
}

/** A rule only makes an entry smaller or forbids it. Reasons are sentences for a person. */
export type RiskVerdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'reduce'; readonly sizeBase: Money; readonly reason: string }
  | { readonly kind: 'veto'; readonly reason: string };

export type RiskRule = (entry: Entry, context: RiskContext) => RiskVerdict;

export const ALLOW: RiskVerdict = { kind: 'allow' };
