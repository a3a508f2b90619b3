import type { Candle } from '../../domain/candle.js';
import type { Decision } from '../../domain/decision.js';
import type { Instrument, Quote } from '../../domain/market.js';
import type { Money } from '../../domain/money.js';
import type { Signal } from '../../domain/signal.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { EquityPoint, Fill, Order, Position } from '../../domain/trade.js';

/** What was stored, and at which wall time. */
export type At<T> = T & { readonly createdAt: number };

export interface RecordedDecision {
  readonly decision: At<Decision>;
  readonly signal: Signal;
  /** Bars that the signal looked ahead. */
  readonly horizonBars: number;
  /** The candle that it is about; undefined where it is not stored any more. */
  readonly candle: Candle | undefined;
}

/** Quotes that came by one call. */
export interface QuoteBatch {
  readonly createdAt: number;
  readonly quotes: readonly Quote[];
}

/** Everything that a daemon stored about the trading of one account. */
export interface Recorded {
  readonly venue: string;
  readonly account: string;
  readonly currency: string;
  readonly startEquity: Money;
  readonly timeframe: Timeframe;
  readonly bot: string;
  /** In the order in which they were made; advisory ones are left out. */
  readonly decisions: readonly RecordedDecision[];
  /** In the order in which they came. */
  readonly batches: readonly QuoteBatch[];
  readonly positions: readonly Position[];
  readonly orders: readonly At<Order>[];
  readonly fills: readonly At<Fill>[];
  /** Market time at which a person last resumed trading; undefined when nobody did. */
  readonly lastResumedAt: number | undefined;
  /** Values of the books that were stored, oldest first: they are many, and seldom needed. */
  readonly readEquity: () => Promise<readonly At<EquityPoint>[]>;
  /** As trading asks for it, from the stored candles. */
  readonly findVolatility: (symbol: string, closedBy: number) => Promise<number | undefined>;
  readonly findInstrument: (symbol: string) => Instrument | undefined;
}
