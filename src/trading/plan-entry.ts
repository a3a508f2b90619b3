import { Money } from '../domain/money.js';
import type { Quote } from '../domain/market.js';
import { assessEntry, type EntryAssessment } from '../risk/assess-entry.js';
import { bookKeyOf, type TradingParts } from './trading-parts.js';

/** Where the venue states no step: the finest that venues use. */
const DEFAULT_SIZE_STEP = '0.00000001';

/** How much of a symbol the risk rules let us buy at the quote's ask. */
export async function planEntry(parts: TradingParts, quote: Quote): Promise<EntryAssessment> {
  const { rules, stores, books, quotes } = parts;
  const key = bookKeyOf(rules);
  const positions = await stores.positions.listOpen(key);
  const unsettled = await stores.orders.listUnsettled(key);
  const instrument = parts.findInstrument(quote.symbol);
  const minCost = instrument?.minCost;
  return assessEntry(quote.symbol, new Money(quote.ask), {
    currency: rules.currency,
    equity: books.valueAt(quote.venueTime, positions, quotes).equity,
    freeCash: books.freeCash(unsettled, quotes, rules.feeRate),
    feeRate: rules.feeRate,
    positionFraction: rules.positionFraction,
    sizeStep: new Money(instrument?.sizeStep ?? DEFAULT_SIZE_STEP),
    minCost: minCost === undefined ? undefined : new Money(minCost),
    hasPosition: positions.some((position) => position.symbol === quote.symbol),
  });
}
