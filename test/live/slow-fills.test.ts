import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import { heldBaseOf } from '../../src/domain/trade.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { audit } from './audit.js';
import { LiveWorld, ORDER_PATH, SYMBOL } from './live-world.js';
import { SlowFills } from './slow-fills.js';

let world: LiveWorld;
beforeEach(async () => {
  world = await LiveWorld.open();
});
afterEach(() => world.close());

async function startWith(slow: SlowFills): Promise<TradingService> {
  const service = await world.start({ venue: slow.venue, reconcileEveryMs: 30_000 });
  await world.quote(service);
  return service;
}

async function sizeStep(): Promise<Money> {
  return Promise.resolve(assertDefined(world.venue.rulesOf(SYMBOL).sizeStep, 'size step'));
}

describe('an order that is seen open with a part filled', () => {
  it('was sent: once the exchange has forgotten it, its fills are asked for and it is not sent again', async () => {
    const slow = new SlowFills(world.venue, 'buy', () => new Money(0));
    const service = await startWith(slow);
    const effect = { kind: 'order-partial', share: 0.4 } as const;
    world.fault({ path: ORDER_PATH, method: 'POST', count: 1, effect });
    await world.signal(service, 'BUY');
    expect(await world.orders()).toMatchObject([{ side: 'buy', status: 'sent' }]);
    slow.isForgotten = true;
    await world.pass(130, service);
    const purchases = (await world.orders()).filter(({ side }) => side === 'buy');
    expect(purchases).toMatchObject([{ status: 'filled' }]);
    const bought = (await world.atVenue()).fills.filter(({ side }) => side === 'buy');
    expect(new Set(bought.map(({ venueOrderId }) => venueOrderId)).size).toBe(1);
  });

  it('gets a stop over all of it once it is filled further', async () => {
    const slow = new SlowFills(world.venue, 'buy', (filled) =>
      filled.times('0.6').toDecimalPlaces(5),
    );
    const service = await startWith(slow);
    await world.signal(service, 'BUY');
    await world.pass(3, service);
    const [small] = (await world.atVenue()).open;
    expect(small?.kind).toBe('stop');
    slow.isWhole = true;
    await world.pass(60, service);
    const [position] = await world.positions();
    const held = heldBaseOf(assertDefined(position, 'a position'));
    expect(small?.sizeBase.lt(held.div(2))).toBe(true);
    const open = (await world.atVenue()).open;
    expect(open).toMatchObject([{ kind: 'stop' }]);
    expect(held.minus(open[0]?.sizeBase ?? 0).lt(await sizeStep())).toBe(true);
    const stops = (await world.orders()).filter(({ kind }) => kind === 'stop');
    expect(stops).toMatchObject([{ status: 'canceled' }, { status: 'sent' }]);
  });

  it('is a sale of which so little is left that it were dust: it goes on to its end', async () => {
    const step = await sizeStep();
    const slow = new SlowFills(world.venue, 'sell', () => step);
    const service = await startWith(slow);
    await world.signal(service, 'BUY');
    await world.pass(61, service);
    await world.quote(service);
    await world.signal(service, 'SELL');
    await world.pass(5, service);
    expect(await world.positions()).toMatchObject([{ status: 'closing' }]);
    slow.isWhole = true;
    await world.pass(60, service);
    expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'signal' }]);
    const sales = (await world.orders()).filter(
      ({ side, kind }) => side === 'sell' && kind !== 'stop',
    );
    expect(sales).toMatchObject([{ status: 'filled' }]);
    expect(service.status().halt).toBeUndefined();
    expect(await world.differences()).toEqual([]);
    expect((await audit(world)).filter((finding) => finding.startsWith('the account'))).toEqual([]);
  });
});
