import { Money } from '../../domain/money.js';
import type { Instrument, Quote } from '../../domain/market.js';
import type { Signal } from '../../domain/signal.js';
import { closeTimeOf, timeframeMs } from '../../domain/timeframe.js';
import { heldBaseOf, type EquityPoint, type Order, type Position } from '../../domain/trade.js';
import { assessEntry, type EntryAssessment } from '../../risk/assess-entry.js';
import type { ClosedTrade } from '../../risk/closed-trades.js';
import type { RiskLimits } from '../../risk/risk-limits.js';
import type { ModelView, RiskContext } from '../../risk/risk-rule.js';
import { roundTripCost } from './decide.js';
import type { Quotes } from '../books/quote-board.js';
import type { SignalContext } from '../signal-context.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';

/** Where the venue states no step: the finest that venues use. */
const DEFAULT_SIZE_STEP = '0.00000001';

const DAY_MS = 86_400_000;

interface Subject {
  readonly signal: Signal;
  readonly context: SignalContext;
}

/** @returns how much of a symbol the risk rules let us buy at the quote's ask */
export async function planEntry(
  parts: TradingParts,
  quote: Quote,
  subject: Subject,
): Promise<EntryAssessment> {
  const { rules, stores } = parts;
  const key = bookKeyOf(rules);
  const positions = await stores.positions.listOpen(key);
  const unsettled = await stores.orders.listUnsettled(key);
  const { candleOpenTime, timeframe } = subject.signal;
  const candleCloseAt = closeTimeOf(candleOpenTime, timeframe);
  const dailyVolatility = await findVolatility(parts, quote.symbol, candleCloseAt);
  const known = { positions, unsettled, candleCloseAt, dailyVolatility };
  return assessEntry(
    quote.symbol,
    quote.ask,
    new EntryContext(parts, quote, { ...known, subject }),
  );
}

interface Known {
  readonly subject: Subject;
  readonly positions: readonly Position[];
  readonly unsettled: readonly Order[];
  readonly candleCloseAt: number;
  readonly dailyVolatility: number | undefined;
}

/** What the risk rules may know, worked out when a rule asks for it: one of the first vetoes most entries. */
class EntryContext implements RiskContext {
  readonly #parts: TradingParts;
  readonly #quote: Quote;
  readonly #known: Known;
  #value: EquityPoint | undefined;

  constructor(parts: TradingParts, quote: Quote, known: Known) {
    this.#parts = parts;
    this.#quote = quote;
    this.#known = known;
  }

  get limits(): RiskLimits {
    return this.#parts.rules.risk;
  }

  get currency(): string {
    return this.#parts.rules.currency;
  }

  get feeRate(): Money {
    return this.#parts.rules.feeRate;
  }

  get equity(): Money {
    return this.#valueNow().equity;
  }

  get dayStart(): Money | undefined {
    return this.#parts.equityMarks.factsAt(this.#valueNow()).dayStart;
  }

  get peak(): Money | undefined {
    return this.#parts.equityMarks.factsAt(this.#valueNow()).peak;
  }

  get freeCash(): Money {
    const { books, quotes } = this.#parts;
    return books.freeCash(this.#known.unsettled, quotes, this.feeRate);
  }

  get sizeStep(): Money {
    return new Money(this.#instrument?.sizeStep ?? DEFAULT_SIZE_STEP);
  }

  get minCost(): Money | undefined {
    const minCost = this.#instrument?.minCost;
    return minCost === undefined ? undefined : new Money(minCost);
  }

  get hasPosition(): boolean {
    return this.#known.positions.some(({ symbol }) => symbol === this.#quote.symbol);
  }

  get openPositions(): number {
    return this.#known.positions.length;
  }

  get exposure(): Money {
    return sumOf(this.#known.positions, (position) => valueOf(position, this.#parts.quotes));
  }

  get usedCapital(): Money {
    return sumOf(this.#known.positions, (position) => costOf(position, this.#parts.quotes));
  }

  get candleCloseAt(): number {
    return this.#known.candleCloseAt;
  }

  get barMs(): number {
    return timeframeMs(this.#parts.rules.timeframe);
  }

  get lastExit(): ClosedTrade | undefined {
    return this.results.at(-1);
  }

  get lastStop(): ClosedTrade | undefined {
    return this.results.findLast(({ isStop }) => isStop);
  }

  get stopTimes(): readonly number[] {
    return this.#parts.closedTrades.stopTimes;
  }

  get results(): readonly ClosedTrade[] {
    return this.#parts.closedTrades.of(this.#quote.symbol);
  }

  get dailyVolatility(): number | undefined {
    return this.#known.dailyVolatility;
  }

  get model(): ModelView | undefined {
    return toModelView(this.#parts, this.#quote, this.#known);
  }

  get #instrument(): Instrument | undefined {
    return this.#parts.findInstrument(this.#quote.symbol);
  }

  #valueNow(): EquityPoint {
    const { books, quotes } = this.#parts;
    this.#value ??= books.valueAt(this.#quote.venueTime, this.#known.positions, quotes);
    return this.#value;
  }
}

/** Only where it sizes the entry: it takes a look at a week of candles. */
async function findVolatility(
  parts: TradingParts,
  symbol: string,
  closedBy: number,
): Promise<number | undefined> {
  if (parts.rules.risk.positionSizing === 'fraction') return undefined;
  return parts.findVolatility(symbol, closedBy);
}

/**
 * The variance is the larger of the model's own and the symbol's over the same bars: where a model's
 * errors are not known, or were small by luck, a position must not grow.
 */
function toModelView(
  { rules }: TradingParts,
  quote: Quote,
  known: { readonly subject: Subject; readonly dailyVolatility: number | undefined },
): ModelView | undefined {
  const { signal, context } = known.subject;
  if (signal.source === 'fallback') return undefined;
  const netMove = signal.expectedMove - roundTripCost(quote, rules.feeRate);
  if (known.dailyVolatility === undefined) return { netMove, variance: undefined };
  const days = (context.horizonBars * timeframeMs(signal.timeframe)) / DAY_MS;
  const variance = Math.max(context.moveVariance ?? 0, known.dailyVolatility ** 2 * days);
  return { netMove, variance };
}

/** At the bid once it is held, at the ask while it is being bought. */
function valueOf(position: Position, quotes: Quotes): Money {
  const { entryPrice, symbol } = position;
  if (entryPrice === undefined) return costOf(position, quotes);
  return heldBaseOf(position).times(quotes.find(symbol)?.bid ?? entryPrice);
}

function costOf(position: Position, quotes: Quotes): Money {
  const { entryPrice, sizeBase, symbol } = position;
  if (entryPrice !== undefined) return heldBaseOf(position).times(entryPrice);
  return sizeBase.times(quotes.find(symbol)?.ask ?? 0);
}

function sumOf(positions: readonly Position[], amountOf: (position: Position) => Money): Money {
  return positions.reduce((sum, position) => sum.plus(amountOf(position)), new Money(0));
}
