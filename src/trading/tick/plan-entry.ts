import { Money } from '../../domain/money.js';
import type { Instrument, Quote } from '../../domain/market.js';
import type { Signal } from '../../domain/signal.js';
import { closeTimeOf, timeframeMs } from '../../domain/timeframe.js';
import { heldBaseOf, type EquityPoint, type Order, type Position } from '../../domain/trade.js';
import { assessEntry, findVeto, type EntryAssessment } from '../../risk/assess-entry.js';
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
  { signal, context }: Subject,
): Promise<EntryAssessment> {
  const { rules, stores } = parts;
  const key = bookKeyOf(rules);
  const positions = await stores.positions.listOpen(key);
  const unsettled = await stores.orders.listUnsettled(key);
  const candleCloseAt = closeTimeOf(signal.candleOpenTime, signal.timeframe);
  const dailyVolatility = await findVolatility(parts, quote.symbol, candleCloseAt);
  const known = { signal, context, positions, unsettled, dailyVolatility };
  return assessEntry(quote.symbol, quote.ask, new EntryContext(parts, quote, known));
}

/**
 * Why the risk rules forbid an entry whatever its size; undefined where they may allow one. For who knows what is held
 * without asking a database.
 *
 * @param positions all that is held, or on its way in or out
 */
export function findEntryVeto(
  parts: TradingParts,
  quote: Quote,
  { signal, context, positions }: Subject & Pick<Known, 'positions'>,
): string | undefined {
  // What these two are is asked for by the rules that size an entry alone.
  const known = { signal, context, positions, unsettled: [], dailyVolatility: undefined };
  return findVeto(quote.symbol, new EntryContext(parts, quote, known));
}

interface Known extends Subject {
  readonly positions: readonly Position[];
  readonly unsettled: readonly Order[];
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

  get equity(): Money {
    return this.#valueNow().equity;
  }

  get dayStart(): Money | undefined {
    return this.#parts.equityMarks.factsAt(this.#valueNow()).dayStart;
  }

  get peak(): Money | undefined {
    return this.#parts.equityMarks.factsAt(this.#valueNow()).peak;
  }

  get hasPosition(): boolean {
    return this.#known.positions.some(({ symbol }) => symbol === this.#quote.symbol);
  }

  get openPositions(): number {
    return this.#known.positions.length;
  }

  get candleCloseAt(): number {
    const { candleOpenTime, timeframe } = this.#known.signal;
    return closeTimeOf(candleOpenTime, timeframe);
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

  get currency(): string {
    return this.#parts.rules.currency;
  }

  get feeRate(): Money {
    return this.#parts.rules.feeRate;
  }

  get freeCash(): Money {
    const { books, quotes } = this.#parts;
    return books.freeCash(this.#known.unsettled, quotes, this.feeRate);
  }

  get sizeStep(): Money {
    return new Money(this.#instrument?.sizeStep ?? DEFAULT_SIZE_STEP);
  }

  get minSize(): Money | undefined {
    const minSize = this.#instrument?.minSize;
    return minSize === undefined ? undefined : new Money(minSize);
  }

  get minCost(): Money | undefined {
    const minCost = this.#instrument?.minCost;
    return minCost === undefined ? undefined : new Money(minCost);
  }

  get maxSize(): Money | undefined {
    const maxSize = this.#instrument?.maxSize;
    return maxSize === undefined ? undefined : new Money(maxSize);
  }

  get maxCost(): Money | undefined {
    const maxCost = this.#instrument?.maxCost;
    return maxCost === undefined ? undefined : new Money(maxCost);
  }

  get exposure(): Money {
    return sumOf(this.#known.positions, (position) => valueOf(position, this.#parts.quotes));
  }

  get usedCapital(): Money {
    return sumOf(this.#known.positions, (position) => costOf(position, this.#parts.quotes));
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
  { signal, context, dailyVolatility }: Known,
): ModelView | undefined {
  if (signal.source === 'fallback') return undefined;
  const netMove = signal.expectedMove - roundTripCost(quote, rules.feeRate);
  if (dailyVolatility === undefined) return { netMove, variance: undefined };
  const days = (context.horizonBars * timeframeMs(signal.timeframe)) / DAY_MS;
  const variance = Math.max(context.moveVariance ?? 0, dailyVolatility ** 2 * days);
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
