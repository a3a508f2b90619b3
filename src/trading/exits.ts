import type { Candle } from '../domain/candle.js';
import { Money } from '../domain/money.js';
import type { Quote } from '../domain/market.js';
import type { ExitReason, Position } from '../domain/trade.js';

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
  const { stopPrice, targetPrice, holdUntil } = position;
  const bid = new Money(quote.bid);
  const seen = { at: quote.venueTime, price: bid };
  if (stopPrice !== undefined && bid.lte(stopPrice)) {
    return {
      ...seen,
      exitReason: 'stop_loss',
      reason: `bid ${quote.bid} at or below the stop ${text(stopPrice)}`,
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

/**
 * The first of the closed candles (ascending) that went through stop or target. Inside one candle the
 * stop counts first. A candle that opens beyond the level fills at its open. The candle during which
 * the position was opened counts for neither: its extremes may lie before the entry. Quotes and finer
 * candles guard the position meanwhile.
 *
 * @param nowMs market time: an exit is dated when it becomes known, never in the past
 */
export function findCandleExit(
  position: Position,
  candles: readonly Candle[],
  nowMs: number,
): ExitTrigger | undefined {
  for (const candle of candles) {
    if (candle.openTime < position.openedAt) continue;
    const exit = findStop(position, candle) ?? findTarget(position, candle);
    if (exit !== undefined) return { ...exit, at: nowMs };
  }
  return undefined;
}

type CandleExit = Omit<ExitTrigger, 'at'> | undefined;

function findStop({ stopPrice }: Position, candle: Candle): CandleExit {
  if (stopPrice === undefined || stopPrice.lt(candle.low)) return undefined;
  return {
    exitReason: 'stop_loss',
    reason: `low ${candle.low} at or below the stop ${text(stopPrice)}`,
    price: Money.min(stopPrice, candle.open),
  };
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
