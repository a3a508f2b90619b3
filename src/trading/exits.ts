import type { Candle } from '../domain/candle.js';
import { Money } from '../domain/money.js';
import type { Quote } from '../domain/market.js';
import { closeTimeOf, type Timeframe } from '../domain/timeframe.js';
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

/** Stop before target before holding time, at the price that a sale would fetch. */
export function findQuoteExit(
  position: Position,
  quote: Quote,
  mayHoldOn: boolean,
): ExitTrigger | undefined {
  if (quote.venueTime < position.openedAt) return undefined;
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
 * stop counts first. A candle that opens beyond the level fills at its open. Of the candle during
 * which the position was opened only the stop counts, at its own price: what came before the entry
 * cannot be told apart, so it is read against us.
 */
export function findCandleExit(
  position: Position,
  candles: readonly Candle[],
  timeframe: Timeframe,
): ExitTrigger | undefined {
  for (const candle of candles) {
    const closeTime = closeTimeOf(candle.openTime, timeframe);
    if (closeTime <= position.openedAt) continue;
    const isEntry = candle.openTime < position.openedAt;
    const exit = findStop(position, candle, isEntry) ?? findTarget(position, candle, isEntry);
    if (exit !== undefined) return { ...exit, at: closeTime };
  }
  return undefined;
}

type CandleExit = Omit<ExitTrigger, 'at'> | undefined;

function findStop({ stopPrice }: Position, candle: Candle, isEntry: boolean): CandleExit {
  if (stopPrice === undefined || stopPrice.lt(candle.low)) return undefined;
  return {
    exitReason: 'stop_loss',
    reason: `low ${candle.low} at or below the stop ${text(stopPrice)}`,
    price: isEntry ? stopPrice : Money.min(stopPrice, candle.open),
  };
}

function findTarget({ targetPrice }: Position, candle: Candle, isEntry: boolean): CandleExit {
  if (targetPrice === undefined || isEntry || targetPrice.gt(candle.high)) return undefined;
  return {
    exitReason: 'take_profit',
    reason: `high ${candle.high} at or above the target ${text(targetPrice)}`,
    price: Money.max(targetPrice, candle.open),
  };
}

function text(price: Money): string {
  return price.toSignificantDigits(8).toString();
}
