import type { Candle } from '../../domain/candle.js';
import { Money } from '../../domain/money.js';
import type { Quote } from '../../domain/market.js';
import { closeTimeOf, type Timeframe } from '../../domain/timeframe.js';
import type { ExitReason, Position } from '../../domain/trade.js';
import { raiseTrailing, stopLevelAt } from '../positions/trailing-stop.js';
import type { TradingRules } from '../trading-rules.js';

/** Why an open position must be closed, other than by a signal. */
export interface ExitTrigger {
  readonly exitReason: Exclude<ExitReason, 'signal'>;
  /** A sentence for a person. */
  readonly reason: string;
  /** Market time at which it was seen. */
  readonly at: number;
  /** The bid that showed it, or where a closed candle shows that the level was met. */
  readonly price: Money;
}

/**
 * Stop before target before holding time, at the price that a sale would fetch. Only quotes after the
 * one that filled the entry count.
 */
export function findQuoteExit(
  position: Position,
  quote: Quote,
  mayHoldOn: boolean,
): ExitTrigger | undefined {
  if (quote.venueTime <= position.openedAt) return undefined;
  const { targetPrice, holdUntil } = position;
  const stop = stopLevelAt(position, quote.venueTime);
  const bid = new Money(quote.bid);
  const seen = { at: quote.venueTime, price: bid };
  if (stop !== undefined && bid.lte(stop.price)) {
    return {
      ...seen,
      exitReason: stop.exitReason,
      reason: `bid ${quote.bid} at or below the ${nameOf(stop)} ${text(stop.price)}`,
    };
  }
  if (targetPrice !== undefined && bid.gte(targetPrice)) {
    return {
      ...seen,
      exitReason: 'take_profit',
      reason: `bid ${quote.bid} at or above the target ${text(targetPrice)}`,
    };
  }
  if (holdUntil === undefined || quote.venueTime < holdUntil || mayHoldOn) return undefined;
  return {
    ...seen,
    exitReason: 'max_hold',
    reason: `held until ${new Date(holdUntil).toISOString()}`,
  };
}

export interface CandleWalk {
  /** The first candle that went through stop or target. */
  readonly exit: ExitTrigger | undefined;
  /** The position with the trailing stop as these candles have left it. */
  readonly position: Position;
}

/**
 * Compares closed candles (ascending) with stop and target. Inside one candle the stop counts first, then the
 * target; then its high raises the trailing stop, which counts from the next candle on. A candle that opens
 * beyond the level fills at its open. The candle during which the position was opened counts for none of it: its
 * extremes may lie before the entry. For the same reason the candle during which a quote raised the trailing
 * stop does not count against that. Quotes and finer candles guard the position meanwhile.
 *
 * @param options.nowMs market time: an exit is dated when it becomes known, never in the past
 */
export function walkCandles(
  held: Position,
  candles: readonly Candle[],
  options: {
    readonly nowMs: number;
    readonly timeframe: Timeframe;
    readonly rules: Pick<TradingRules, 'trailingStopPct' | 'trailingStartPct'>;
  },
): CandleWalk {
  const { nowMs, timeframe, rules } = options;
  let position = held;
  for (const candle of candles) {
    if (candle.openTime < position.openedAt) continue;
    const exit = findStop(position, candle) ?? findTarget(position, candle);
    if (exit !== undefined) return { exit: { ...exit, at: nowMs }, position };
    if (rules.trailingStopPct === 0) continue;
    const seen = { price: new Money(candle.high), at: closeTimeOf(candle.openTime, timeframe) };
    const raised = raiseTrailing(position, seen, rules);
    if (raised !== undefined) position = { ...position, ...raised };
  }
  return { exit: undefined, position };
}

type CandleExit = Omit<ExitTrigger, 'at'> | undefined;

function findStop(position: Position, candle: Candle): CandleExit {
  const stop = stopLevelAt(position, candle.openTime);
  if (stop === undefined || stop.price.lt(candle.low)) return undefined;
  return {
    exitReason: stop.exitReason,
    reason: `low ${candle.low} at or below the ${nameOf(stop)} ${text(stop.price)}`,
    price: Money.min(stop.price, candle.open),
  };
}

function nameOf({ exitReason }: { readonly exitReason: 'stop_loss' | 'trailing' }): string {
  return exitReason === 'trailing' ? 'trailing stop' : 'stop';
}

function findTarget({ targetPrice }: Position, candle: Candle): CandleExit {
  if (targetPrice === undefined || targetPrice.gt(candle.high)) return undefined;
  return {
    exitReason: 'take_profit',
    reason: `high ${candle.high} at or above the target ${text(targetPrice)}`,
    price: Money.max(targetPrice, candle.open),
  };
}

function text(price: Money): string {
  return price.toSignificantDigits(8).toString();
}
