import { Money } from '../../src/domain/money.js';
import { heldBaseOf } from '../../src/domain/trade.js';
import { hasOwnForm } from '../../src/domain/client-order-id.js';
import type { LiveWorld } from './live-world.js';

/** What must hold of books and exchange once nothing is under way. Every sentence is a finding. */
export async function audit(world: LiveWorld): Promise<readonly string[]> {
  const found: string[] = [];
  const { open, fills: venueFills, balances } = await world.atVenue();
  const orders = await world.orders();
  const fills = await world.fills();
  const positions = await world.positions();
  const held = positions
    .filter(({ status }) => status === 'open' || status === 'closing')
    .reduce((sum, position) => sum.plus(heldBaseOf(position)), new Money(0));

  // No purchase was made twice: each decision's order is at most once at the exchange.
  const byId = new Map(orders.map((order) => [order.venueOrderId, order]));
  const dust = positions
    .filter(({ status }) => status === 'closed')
    .reduce((sum, position) => sum.plus(heldBaseOf(position)), new Money(0));
  const inAccount = balances.get('BTC') ?? new Money(0);
  if (!inAccount.eq(held.plus(dust))) {
    found.push(
      `the account has ${inAccount.toString()} BTC, the books ${held.toString()} and ${dust.toString()} of dust`,
    );
  }
  // Every fill of the exchange is booked once, to the digit, and nothing else is.
  const booked = new Map(fills.map((fill) => [fill.venueTradeId, fill]));
  if (booked.size !== fills.length) found.push('a trade of the exchange is booked twice');
  for (const fill of venueFills) {
    const own = booked.get(fill.venueTradeId);
    if (own === undefined) found.push(`trade ${fill.venueTradeId} of ${fill.side} is not booked`);
    else if (!own.price.eq(fill.price) || !own.sizeBase.eq(fill.sizeBase)) {
      found.push(`trade ${fill.venueTradeId} is booked differently`);
    }
  }
  if (fills.length > venueFills.length) found.push('more is booked than was traded');
  const purchases = new Map<string, Set<string>>();
  for (const { venueOrderId, side } of venueFills) {
    if (side === 'sell') continue;
    const position = byId.get(venueOrderId)?.positionUid ?? `order ${venueOrderId}`;
    purchases.set(position, (purchases.get(position) ?? new Set()).add(venueOrderId));
  }
  for (const [position, ids] of purchases) {
    if (ids.size > 1) found.push(`${position} was bought by ${ids.size} orders`);
  }
  // No order is left without a position, no stop without stock.
  for (const order of open) {
    if (!hasOwnForm(order.clientOrderId)) continue;
    const own = orders.find(({ clientOrderId }) => clientOrderId === order.clientOrderId);
    const position = positions.find(({ uid }) => uid === own?.positionUid);
    if (position?.status !== 'open') found.push(`a ${order.kind} is left without a position`);
    else if (heldBaseOf(position).lt(order.sizeBase.minus(order.filledBase))) {
      found.push('a stop would sell more than is held');
    }
  }
  if (open.length > positions.filter(({ status }) => status === 'open').length) {
    found.push('a position has more than one stop');
  }
  const cash = fills.reduce((sum, { side, price, sizeBase, feeQuote, fee }) => {
    const value = price.times(sizeBase);
    const paid = fee === undefined ? feeQuote : new Money(0);
    return (side === 'sell' ? sum.plus(value) : sum.minus(value)).minus(paid);
  }, new Money(10_000));
  const usdt = balances.get('USDT') ?? new Money(0);
  if (!usdt.eq(cash))
    found.push(`the account has ${usdt.toString()} USDT, the books ${cash.toString()}`);
  const unsettled = orders.filter(({ status, kind }) => {
    return kind !== 'stop' && (status === 'intended' || status === 'sent');
  });
  for (const { side, status } of unsettled) found.push(`an order to ${side} is still ${status}`);
  return found;
}
