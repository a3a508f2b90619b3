import { plusPercent, type Money } from '../../domain/money.js';
import type { Position } from '../../domain/trade.js';
import type { TradingRules } from '../trading-rules.js';

type Trailing = Pick<Position, 'trailingPrice' | 'trailingAt'>;
type TrailingRules = Pick<TradingRules, 'trailingStopPct' | 'trailingStartPct'>;

/**
 * The trailing stop after the market was seen at a price, undefined where it stays as it is: it never
 * goes down. Before the start gain is reached there is none.
 *
 * @param seen.at market time; earlier prices say nothing against the new level
 */
export function raiseTrailing(
  { entryPrice, trailingPrice, trailingAt }: Pick<Position, 'entryPrice'> & Trailing,
  seen: { readonly price: Money; readonly at: number },
  { trailingStopPct, trailingStartPct }: TrailingRules,
): Trailing | undefined {
  if (trailingStopPct === 0 || entryPrice === undefined) return undefined;
  const start = plusPercent(entryPrice, trailingStartPct);
  if (seen.price.lt(start)) return undefined;
  const level = plusPercent(seen.price, -trailingStopPct);
  if (trailingPrice !== undefined && level.lte(trailingPrice)) return undefined;
  return { trailingPrice: level, trailingAt: Math.max(seen.at, trailingAt ?? seen.at) };
}

/** The stop that counts for prices from that market time on, and which of the two it is. */
export function stopLevelAt(
  { stopPrice, trailingPrice, trailingAt }: Pick<Position, 'stopPrice'> & Trailing,
  fromMs: number,
): { readonly price: Money; readonly exitReason: 'stop_loss' | 'trailing' } | undefined {
  const isTrailing =
    trailingPrice !== undefined &&
    fromMs >= (trailingAt ?? Infinity) &&
    (stopPrice === undefined || trailingPrice.gt(stopPrice));
  if (isTrailing) return { price: trailingPrice, exitReason: 'trailing' };
  return stopPrice === undefined ? undefined : { price: stopPrice, exitReason: 'stop_loss' };
}
