import { afterEach, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import { audit } from './audit.js';
import { LiveWorld, ORDER_PATH, SYMBOL } from './live-world.js';

let world: LiveWorld;
afterEach(() => world.close());

it('a halt freezes purchases at once, and follows one that may have been sent to its end', async () => {
  world = await LiveWorld.open();
  const service = await world.start();
  await world.quote(service);
  world.fault({
    path: ORDER_PATH,
    method: 'POST',
    count: 1,
    after: true,
    effect: { kind: 'reset' },
  });
  await world.signal(service, 'BUY');
  await service.control.halt({ reason: 'enough', author: 'test', isCloseAll: false });
  expect(await world.orders()).toMatchObject([{ side: 'buy', status: 'intended' }]);
  await world.pass(5, service);
  expect(await world.positions()).toMatchObject([{ status: 'open' }]);
  await world.pass(60, service);
  await world.quote(service);
  await service.control.halt({ reason: 'out', author: 'test', isCloseAll: true });
  await world.pass(60, service);
  await world.quote(service);
  await world.signal(service, 'BUY');
  expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'halt' }]);
  expect(await audit(world)).toEqual([]);
});

it('a halt that sells everything says what could not be sold, and sells it once the exchange answers', async () => {
  world = await LiveWorld.open();
  const service = await world.start();
  await world.quote(service);
  await world.signal(service, 'BUY');
  await world.pass(2, service);
  world.fault({ path: ORDER_PATH, method: 'DELETE', effect: { kind: 'html', status: 502 } });
  await service.control.halt({ reason: 'out', author: 'test', isCloseAll: true });
  expect(service.unsold()).toMatchObject([{ symbol: SYMBOL }]);
  await world.pass(5, service);
  expect(service.unsold()).toHaveLength(1);
  world.demo.faults.clear();
  await world.pass(5, service);
  expect(service.unsold()).toEqual([]);
  expect(await audit(world)).toEqual([]);
});

it('the stop at the exchange follows the trailing stop, and never more than one rests', async () => {
  world = await LiveWorld.open({ rules: { stopLossPct: 5, trailingStopPct: 3 } });
  const service = await world.start();
  await world.quote(service);
  await world.signal(service, 'BUY');
  await world.pass(2, service);
  const before = (await world.orders()).find(({ kind }) => kind === 'stop');
  // The level as a later quote would have raised it.
  const [position] = await world.positions();
  const { entryPrice = new Money(0), trailingPrice = new Money(0) } = position ?? {};
  expect(before?.stopPrice?.minus(trailingPrice).abs().lt(1)).toBe(true);
  await world.pass(2, service);
  const quote = await world.readQuote();
  const higher = {
    ...quote,
    bid: new Money(quote.bid).times('1.01').toFixed(),
    ask: new Money(quote.ask).times('1.01').toFixed(),
  };
  await service.onQuotes([{ ...higher, venueTime: world.clock.marketMs() }]);
  await world.pass(2, service);
  const { open } = await world.atVenue();
  expect(open).toHaveLength(1);
  const stops = (await world.orders()).filter(({ kind }) => kind === 'stop');
  expect(stops).toMatchObject([{ status: 'canceled' }, { status: 'sent' }]);
  expect(stops[1]?.stopPrice?.gt(before?.stopPrice ?? entryPrice)).toBe(true);
});
