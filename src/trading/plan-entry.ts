import { Money } from '../domain/money.js';
import type { Quote } from '../domain/market.js';
import type { Signal } from '../domain/signal.js';
import { closeTimeOf, timeframeMs } from '../domain/timeframe.js';
import type { EquityPoint, Position } from '../domain/trade.js';
import { assessEntry, type EntryAssessment } from '../risk/assess-entry.js';
import type { ModelView } from '../risk/risk-rule.js';
import { roundTripCost } from './decide.js';
import type { Quotes } from './quote-board.js';
import type { SignalContext } from './signal-context.js';
import { bookKeyOf, type TradingParts } from './trading-parts.js';

/** Where the venue states no step: the finest that venues use. */
const DEFAULT_SIZE_STEP = '0.00000001';

const DAY_MS = 86_400_000;

interface Subject {
  readonly signal: Signal;
  readonly context: SignalContext;
}

/**
 * Gathers what the risk rules may know; amounts are worked out when a rule asks for them, as most entries are vetoed by
 * one of the first.
 *
 * @returns how much of a symbol they let us buy at the quote's ask
 */
export async function planEntry(
  parts: TradingParts,
  quote: Quote,
  subject: Subject,
): Promise<EntryAssessment> {
  const { rules, stores, books, quotes, closedTrades } = parts;
  const { symbol } = quote;
  const key = bookKeyOf(rules);
  const positions = await stores.positions.listOpen(key);
  const unsettled = await stores.orders.listUnsettled(key);
  const instrument = parts.findInstrument(symbol);
  const minCost = instrument?.minCost;
  const candleCloseAt = closeTimeOf(subject.signal.candleOpenTime, subject.signal.timeframe);
  const dailyVolatility = await findVolatility(parts, symbol, candleCloseAt);
  let value: EquityPoint | undefined;
  const valueNow = (): EquityPoint => {
    value ??= books.valueAt(quote.venueTime, positions, quotes);
    return value;
  };
  const results = closedTrades.of(symbol);
  return assessEntry(symbol, quote.ask, {
    limits: rules.risk,
    currency: rules.currency,
    get equity() {
      return valueNow().equity;
    },
    get dayStart() {
      return parts.equityMarks.factsAt(valueNow()).dayStart;
    },
    get peak() {
      return parts.equityMarks.factsAt(valueNow()).peak;
    },
    get freeCash() {
      return books.freeCash(unsettled, quotes, rules.feeRate);
    },
    feeRate: rules.feeRate,
    get sizeStep() {
      return new Money(instrument?.sizeStep ?? DEFAULT_SIZE_STEP);
    },
    get minCost() {
      return minCost === undefined ? undefined : new Money(minCost);
    },
    hasPosition: positions.some((position) => position.symbol === symbol),
    openPositions: positions.length,
    get exposure() {
      return sumOf(positions, (position) => valueOf(position, quotes));
    },
    get usedCapital() {
      return sumOf(positions, (position) => costOf(position, quotes));
    },
    candleCloseAt,
    barMs: timeframeMs(rules.timeframe),
    lastExit: results.at(-1),
    get lastStop() {
      return results.findLast(({ isStop }) => isStop);
    },
    stopTimes: closedTrades.stopTimes,
    results,
    dailyVolatility,
    get model() {
      return toModelView(parts, quote, { subject, dailyVolatility });
    },
  });
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
  const { entryPrice, sizeBase, symbol } = position;
  if (entryPrice === undefined) return costOf(position, quotes);
  return sizeBase.times(quotes.find(symbol)?.bid ?? entryPrice);
}

function costOf({ entryPrice, sizeBase, symbol }: Position, quotes: Quotes): Money {
  return sizeBase.times(entryPrice ?? quotes.find(symbol)?.ask ?? 0);
}

function sumOf(positions: readonly Position[], amountOf: (position: Position) => Money): Money {
  return positions.reduce((sum, position) => sum.plus(amountOf(position)), new Money(0));
}
