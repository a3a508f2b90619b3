import type { Order } from '../../domain/trade.js';
import type { Market } from '../broker/broker.js';
import type { TradingParts } from '../parts/trading-parts.js';

/** What the broker may know of the market when it carries out an order. */
export function marketOf(
  parts: TradingParts,
  { symbol }: Order,
  { isNew, seen, heldBase }: Pick<Market, 'isNew' | 'seen'> & Partial<Pick<Market, 'heldBase'>>,
): Market {
  return {
    nowMs: parts.clock.marketMs(),
    quote: parts.quotes.find(symbol),
    cash: parts.books.cash,
    seen,
    isNew,
    heldBase,
    entryFreeze: parts.findEntryFreeze(),
  };
}
