import { afterEach, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import type { OrderVenue } from '../../src/exchange/orders/order-venue.js';
import type { Market } from '../../src/trading/broker/broker.js';
import { buildOrder } from '../trading/build-trading.js';
import { forEachEngine } from '../database.js';
import { audit } from './audit.js';
import { LiveWorld, ORDER_PATH, SYMBOL, type WorldOptions } from './live-world.js';

forEachEngine((engine) => {
  function openWorld(options: WorldOptions = {}): Promise<LiveWorld> {
    return LiveWorld.open({ ...options, openDatabase: engine.open });
  }

  let world: LiveWorld;
  afterEach(() => world.close());

  it('a halt freezes purchases at once, and follows one that may have been sent to its end', async () => {
    world = await openWorld();
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
    world = await openWorld();
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
    world = await openWorld({ rules: { stopLossPct: 5, trailingStopPct: 3 } });
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

  it('a purchase that never arrived is not sent again while entries are frozen', async () => {
    world = await openWorld();
    const service = await world.start();
    await world.quote(service);
    world.fault({ path: ORDER_PATH, method: 'POST', count: 1, effect: { kind: 'reset' } });
    await world.signal(service, 'BUY');
    await service.control.halt({ reason: 'enough', author: 'test', isCloseAll: true });
    await world.pass(120, service);
    const [order, ...others] = await world.orders();
    expect(order).toMatchObject({ side: 'buy', status: 'rejected' });
    expect(order?.reason).toMatch(/^entries frozen: /);
    expect(others).toEqual([]);
    expect((await world.atVenue()).fills).toEqual([]);
    expect(await audit(world)).toEqual([]);
  });

  it('a sale that never arrived is not sent again once less is held', async () => {
    world = await openWorld();
    const broker = world.createBroker();
    const quote = await world.readQuote();
    const market: Market = {
      nowMs: world.clock.marketMs(),
      quote,
      cash: new Money(0),
      seen: undefined,
      isNew: false,
      entryFreeze: undefined,
      heldBase: new Money('0.6'),
    };
    const sale = buildOrder({
      symbol: SYMBOL,
      side: 'sell',
      kind: 'limit-ioc',
      price: new Money(quote.bid),
      sizeBase: new Money(1),
      clientOrderId: 'e0000000000000sale',
      intendedAt: market.nowMs,
    });
    expect(await broker.execute(sale, market)).toEqual({ status: 'waiting' });
    await world.clock.advance(61_000);
    const reason = 'a part of it has been sold meanwhile';
    expect(await broker.execute(sale, market)).toEqual({ status: 'rejected', reason });
  });

  it('a stop that rests from before is taken away where the settings want none, and the sale goes out', async () => {
    world = await openWorld();
    const before = await world.start();
    await world.quote(before);
    await world.signal(before, 'BUY');
    await world.pass(2, before);
    expect((await world.atVenue()).open).toHaveLength(1);
    await before.stop();
    world.drop(before);
    const service = await world.start({ live: { areStopsAtExchange: false } });
    await world.quote(service);
    await service.control.halt({ reason: 'out', author: 'test', isCloseAll: true });
    await world.pass(5, service);
    expect((await world.atVenue()).open).toEqual([]);
    expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'halt' }]);
    expect(await audit(world)).toEqual([]);
  });

  it('a stop that did not leave this machine is placed again within seconds', async () => {
    world = await openWorld();
    const submit = async () => ({ status: 'rejected', code: 'not-sent', reason: 'wait' }) as const;
    const blocked: OrderVenue = new Proxy(world.venue, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name, of);
        if (name === 'submit') return submit;
        return typeof member === 'function' ? (member.bind(of) as unknown) : member;
      },
    });
    const broker = world.createBroker(blocked);
    const quote = await world.readQuote();
    const stopPrice = new Money(quote.bid).times('0.95');
    const wish = {
      symbol: SYMBOL,
      side: 'sell',
      sizeBase: new Money(1),
      quote,
      stopPrice,
    } as const;
    const planned = broker.planStop(wish);
    if (planned.status === 'impossible') throw new Error(planned.reason);
    const market = { nowMs: world.clock.marketMs(), quote, cash: new Money(0), seen: undefined };
    const frozen = { entryFreeze: undefined, heldBase: undefined };
    const order = buildOrder({ ...planned.terms, symbol: SYMBOL, side: 'sell' });
    await broker.execute(order, { ...market, ...frozen, isNew: true });
    expect(broker.planStop({ ...wish, stopPrice: order.stopPrice ?? stopPrice }).status).toBe(
      'impossible',
    );
    await world.clock.advance(4_000);
    expect(broker.planStop({ ...wish, stopPrice: order.stopPrice ?? stopPrice }).status).toBe(
      'possible',
    );
  });
});
