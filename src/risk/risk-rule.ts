import type { Money } from '../domain/money.js';
import type { ClosedTrade } from './closed-trades.js';
import type { RiskLimits } from './risk-limits.js';

/** A purchase that is being sized. Rules see it after the reductions of the rules before them. */
export interface Entry {
  readonly symbol: string;
  /** Price that would be paid now, in quote currency. */
  readonly price: Money;
  readonly sizeBase: Money;
}

/** What the books were worth, as the limits on losses see it. In the books' currency. */
export interface EquityFacts {
  readonly equity: Money;
  /** First value of the UTC day; undefined while there is none. */
  readonly dayStart: Money | undefined;
  /** Highest value since the beginning, or since a person last resumed trading. */
  readonly peak: Money | undefined;
}

/** What a model expects of the symbol. */
export interface ModelView {
  /** Expected log return less the costs of the round trip. */
  readonly netMove: number;
  /** Of the log return over the same bars; undefined where it is not known. */
  readonly variance: number | undefined;
}

/** What the rules about whether to buy at all may know: no price, no size. Times are market time. */
export interface VetoContext extends EquityFacts {
  readonly limits: RiskLimits;
  readonly hasPosition: boolean;
  /** Positions that are held or on their way in or out. */
  readonly openPositions: number;
  /** Close of the candle that the entry is decided on. */
  readonly candleCloseAt: number;
  readonly barMs: number;
  /** Of the symbol; undefined when it was not sold within the bars that the rules look back over. */
  readonly lastExit: ClosedTrade | undefined;
  /** Of the symbol, since its last stop. */
  readonly lastStop: ClosedTrade | undefined;
  /** When stops of any symbol were met, ascending. */
  readonly stopTimes: readonly number[];
  /** Trades of the symbol, oldest first. */
  readonly results: readonly ClosedTrade[];
}

/** What the rules may know. Amounts are in the books' currency. */
export interface RiskContext extends VetoContext {
  readonly currency: string;
  /** Cash that no waiting order has claimed. */
  readonly freeCash: Money;
  readonly feeRate: Money;
  /** Smallest change of a size in base units. */
  readonly sizeStep: Money;
  /** Smallest size of an order in base units; undefined where the venue states none. */
  readonly minSize?: Money | undefined;
  /** Smallest cost of an order; undefined where the venue states none. */
  readonly minCost: Money | undefined;
  /** Largest size of an order in base units; undefined where the venue states none. */
  readonly maxSize?: Money | undefined;
  /** Largest cost of an order; undefined where the venue states none. */
  readonly maxCost?: Money | undefined;
  /** Value of the open positions at the newest prices. */
  readonly exposure: Money;
  /** What was paid for these positions, or will be at the newest prices. */
  readonly usedCapital: Money;
  /** Standard deviation of the symbol's log return over a day; undefined where it is not known. */
  readonly dailyVolatility: number | undefined;
  /** Undefined for a signal of the fallback. */
  readonly model: ModelView | undefined;
}

export interface Reduction {
  readonly kind: 'reduce';
  readonly sizeBase: Money;
  readonly reason: string;
}

/** A rule only makes an entry smaller or forbids it. Reasons are sentences for a person. */
export type RiskVerdict =
  { readonly kind: 'allow' } | Reduction | { readonly kind: 'veto'; readonly reason: string };

export type RiskRule = (entry: Entry, context: RiskContext) => RiskVerdict;

/** A rule about whether to buy at all. It is asked before anything is sized. */
export type EntryVeto = (symbol: string, context: VetoContext) => Exclude<RiskVerdict, Reduction>;

export const ALLOW = { kind: 'allow' } as const;

export function veto(reason: string): { readonly kind: 'veto'; readonly reason: string } {
  return { kind: 'veto', reason };
}

/** Reduces the entry to what the budget buys, where that is less. @param reason why the budget is what it is */
export function limitTo(budget: Money, entry: Entry, reason: string): RiskVerdict {
  const sizeBase = budget.div(entry.price);
  return entry.sizeBase.lte(sizeBase) ? ALLOW : { kind: 'reduce', sizeBase, reason };
}
