import { TIMEFRAMES } from '../../domain/timeframe.js';
import { toAbandoned, toHeldOn } from '../positions/position-states.js';
import { guardByCandles } from '../exits/guard-positions.js';
import { settleOrder } from '../orders/settle-order.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';

/**
 * Puts the books in order after a stop at any point, before anything new is decided.
 *
 * - An order without an outcome is asked about again: it is filled by the next quote, or refused when
 *   a purchase has waited too long.
 * - A position on its way in or out without such an order cannot have traded: a purchase is
 *   abandoned, a sale is taken back, and stop, target and holding time guard it again.
 * - Where orders go to an exchange, the books are compared with the account there.
 * - Candles that closed meanwhile are compared with stop and target.
 */
export async function reconcile(
  parts: TradingParts,
  checkAccount: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await settleUnsettled(parts);
  await mendPositions(parts);
  await checkAccount();
  await catchUpOnCandles(parts);
}

/** Carries out what is intended and not settled yet, oldest first. */
export async function settleUnsettled(parts: TradingParts): Promise<void> {
  for (const order of await parts.stores.orders.listUnsettled(bookKeyOf(parts.rules))) {
    await settleOrder(parts, order);
  }
}

async function mendPositions(parts: TradingParts): Promise<void> {
  const key = bookKeyOf(parts.rules);
  const orders = await parts.stores.orders.listUnsettled(key);
  const trading = orders.filter(({ kind }) => kind !== 'stop');
  const withOrder = new Set(trading.map((order) => order.positionUid));
  for (const from of await parts.stores.positions.listOpen(key)) {
    if (from.status === 'open' || withOrder.has(from.uid)) continue;
    const to =
      from.status === 'opening' ? toAbandoned(from, parts.clock.marketMs()) : toHeldOn(from);
    await parts.ledger.store({ changed: { from, to } });
    parts.logger.error('A position had no order under way', {
      position: from.uid,
      symbol: from.symbol,
      was: from.status,
      is: to.status,
    });
  }
}

async function catchUpOnCandles(parts: TradingParts): Promise<void> {
  const { rules, stores } = parts;
  for (const { symbol, openedAt, status } of await stores.positions.listOpen(bookKeyOf(rules))) {
    if (status !== 'open') continue;
    // Finest first: its candles cover the bar of the entry of a coarser timeframe.
    for (const timeframe of TIMEFRAMES) {
      const series = await stores.series.find({ venue: rules.venue, symbol, timeframe });
      if (series === undefined) continue;
      const candles = await stores.candles.read(series.id, { fromOpenTime: openedAt });
      await guardByCandles(parts, { symbol, timeframe }, candles);
    }
  }
}
