import { afterEach, describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../src/exchange/orders/order-venue.js';
import { Money } from '../../src/domain/money.js';
import { heldBaseOf } from '../../src/domain/trade.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import type { TradingStores } from '../../src/trading/trading-stores.js';
import { forEachEngine } from '../database.js';
import { audit } from './audit.js';
import { KillableProcess } from './killable-venue.js';
import { LiveWorld, ORDER_PATH, SYMBOL, type WorldOptions } from './live-world.js';

forEachEngine((engine) => {
  function openWorld(options: WorldOptions = {}): Promise<LiveWorld> {
    return LiveWorld.open({ ...options, openDatabase: engine.open });
  }

  let world: LiveWorld;
  afterEach(() => world.close());

  async function open(options: WorldOptions = {}): Promise<TradingService> {
    world = await openWorld(options);
    const service = await world.start();
    await world.quote(service);
    return service;
  }

  /** Bought, with its stop at the exchange. */
  async function openPosition(options: WorldOptions = {}): Promise<TradingService> {
    const service = await open(options);
    await world.signal(service, 'BUY');
    await world.pass(2, service);
    return service;
  }

  /** An order that a person makes at the exchange. */
  async function byHand(request: Partial<OrderRequest>): Promise<void> {
    const answer = await world.venue.submit({
      clientOrderId: 'byhand1',
      symbol: SYMBOL,
      side: 'buy',
      kind: 'market',
      sizeBase: new Money('0.02'),
      ...request,
    });
    expect(answer).toMatchObject({ status: 'accepted' });
  }

  async function restart(service: TradingService): Promise<TradingService> {
    await service.stop();
    world.drop(service);
    return world.start();
  }

  function purchases(): number {
    return world.demo.faults
      .status()
      .filter(({ rule }) => rule.method === 'POST')
      .reduce((sum, { matched }) => sum + matched, 0);
  }

  describe('what others lost money by', () => {
    it('1: an order without an answer is never taken for failed, however long that lasts', async () => {
      const service = await open();
      world.fault({
        path: ORDER_PATH,
        method: 'POST',
        count: 1,
        after: true,
        effect: { kind: 'reset' },
      });
      world.fault({ path: ORDER_PATH, method: 'GET', effect: { kind: 'html', status: 502 } });
      await world.signal(service, 'BUY');
      await world.pass(400, service);
      expect(service.status().unknownOrders).toBe(1);
      await world.quote(service);
      await world.signal(service, 'BUY');
      expect(await world.orders()).toMatchObject([{ status: 'intended' }]);
      world.demo.faults.clear();
      await world.pass(35, service);
      expect(await world.positions()).toMatchObject([{ status: 'open' }]);
      expect(await audit(world)).toEqual([]);
    });

    it('2: a time-out is looked up; what never arrived is sent again once, under the same id', async () => {
      const service = await open();
      world.fault({ path: ORDER_PATH, method: 'POST', count: 1, effect: { kind: 'hang' } });
      await world.signal(service, 'BUY');
      await world.pass(50, service);
      expect(purchases()).toBe(1);
      await world.pass(30, service);
      const [order, ...others] = (await world.orders()).filter(({ side }) => side === 'buy');
      expect(order).toMatchObject({ status: 'filled' });
      expect(others).toEqual([]);
      expect(await audit(world)).toEqual([]);
    });

    it.each([true, false])(
      '3: a start goes on from an order that has no id of the exchange (it arrived: %s)',
      async (isAfter) => {
        world = await openWorld();
        const stores: TradingStores = world.stores;
        const point = { method: 'submit', skip: 0, isAfter } as const;
        const killed = new KillableProcess(stores, world.venue, { ...point, isKill: true });
        const service = await world.start({ stores: killed.stores, venue: killed.venue });
        await world.quote(service);
        await expect(world.signal(service, 'BUY')).rejects.toThrow('killed');
        expect(await world.orders()).toMatchObject([
          { status: 'intended', venueOrderId: undefined },
        ]);
        world.drop(service);
        await service.stop().catch(() => undefined);
        const next = await world.start();
        await world.pass(70, next);
        expect(await world.positions()).toMatchObject([{ status: 'open' }]);
        expect(await audit(world)).toEqual([]);
      },
    );

    it('4: a position that was sold by hand is closed, and gets no stop', async () => {
      const service = await openPosition();
      await service.stop();
      world.drop(service);
      const [held] = await world.positions();
      const [stop] = (await world.atVenue()).open;
      await world.venue.cancel(SYMBOL, stop?.clientOrderId ?? '');
      const sizeBase = heldBaseOf(held ?? fail()).toDecimalPlaces(5, Money.ROUND_DOWN);
      await byHand({ side: 'sell', sizeBase });
      const next = await world.start();
      await world.pass(5, next);
      expect(await world.positions()).toMatchObject([
        { status: 'closed', exitReason: 'closed_externally' },
      ]);
      expect((await world.atVenue()).open).toEqual([]);
      expect(next.status().halt).toMatchObject({ cause: 'fault' });
      expect(await world.differences()).toEqual(['missing_base']);
    });

    it('5: what a person bought of the same coin is neither counted nor sold', async () => {
      const service = await open();
      await byHand({});
      const before = (await world.atVenue()).balances.get('BTC') ?? new Money(0);
      await world.signal(service, 'BUY');
      await world.pass(310, service);
      await world.quote(service);
      await world.signal(service, 'SELL');
      const [position] = await world.positions();
      expect(position).toMatchObject({ status: 'closed' });
      const after = (await world.atVenue()).balances.get('BTC') ?? new Money(0);
      expect(after.toString()).toBe(before.plus(heldBaseOf(position ?? fail())).toString());
      expect(await world.differences()).toEqual(['foreign_balance', 'less_cash']);
    });

    it('6: a trade of the exchange belongs to one order, in the database itself', async () => {
      await openPosition();
      const [fill] = await world.fills();
      const again = { ...(fill ?? fail()), uid: 'another' };
      await expect(world.stores.fills.insert(again, 2)).rejects.toThrow();
    });

    it('7: a stop that the exchange refuses is watched by the daemon, and nothing is sold for it', async () => {
      const service = await open();
      const message = 'Filter failure: PERCENT_PRICE_BY_SIDE';
      const effect = { kind: 'refusal', status: 400, code: -1013, message } as const;
      world.fault({ path: ORDER_PATH, method: 'POST', skip: 1, effect });
      await world.signal(service, 'BUY');
      await world.pass(30, service);
      expect(await world.positions()).toMatchObject([{ status: 'open' }]);
      expect(await world.orders()).toMatchObject([
        { side: 'buy' },
        { kind: 'stop', status: 'rejected' },
      ]);
      const refused = world.logger.lines.filter(({ message: text }) =>
        text.includes('refused a stop'),
      );
      expect(refused).toHaveLength(1);
    });

    it('8: after a stop that was filled in part, only what is left is sold', async () => {
      const service = await open({ rules: { stopLossPct: 0.05 } });
      const effect = { kind: 'order-partial', share: 0.4 } as const;
      world.fault({ path: ORDER_PATH, method: 'POST', skip: 1, count: 1, effect });
      await world.signal(service, 'BUY');
      for (let minute = 0; minute < 60; minute++) {
        await world.pass(20, service);
        if ((await world.fills()).some(({ side }) => side === 'sell')) break;
      }
      await service.control.halt({ reason: 'test', author: 'test', isCloseAll: true });
      await world.pass(30, service);
      expect(await world.positions()).toMatchObject([{ status: 'closed' }]);
      const sales = (await world.fills()).filter(({ side }) => side === 'sell');
      expect(sales.length).toBeGreaterThan(1);
      expect(await audit(world)).toEqual([]);
    });

    it('9: no stop is left at the exchange after a sale, also where its cancelling had no answer', async () => {
      const service = await openPosition();
      world.fault({
        path: ORDER_PATH,
        method: 'DELETE',
        count: 2,
        effect: { kind: 'html', status: 502 },
      });
      await service.control.halt({ reason: 'test', author: 'test', isCloseAll: true });
      expect(await world.positions()).toMatchObject([{ status: 'closing' }]);
      await world.pass(10, service);
      expect(await world.positions()).toMatchObject([{ status: 'closed' }]);
      expect(await audit(world)).toEqual([]);
    });

    /** A stop that is over in the books and rests at the exchange under the same id. */
    async function leaveStop(): Promise<TradingService> {
      const service = await openPosition();
      await service.control.halt({ reason: 'test', author: 'test', isCloseAll: true });
      const stop = (await world.orders()).find(({ kind }) => kind === 'stop') ?? fail();
      await byHand({});
      const { clientOrderId, price = fail(), stopPrice = fail() } = stop;
      await byHand({
        clientOrderId,
        side: 'sell',
        kind: 'stop',
        sizeBase: new Money('0.01'),
        price,
        stopPrice,
      });
      return service;
    }

    it('9: an order of ours that is open there and over in the books is cancelled', async () => {
      await restart(await leaveStop());
      expect((await world.atVenue()).open).toEqual([]);
      expect(await world.differences()).toContain('left_order');
    });

    it('9: an order that is left there is called cancelled only once the exchange has said so', async () => {
      const service = await leaveStop();
      world.fault({ path: ORDER_PATH, method: 'DELETE', effect: { kind: 'html', status: 502 } });
      const next = await restart(service);
      expect((await world.atVenue()).open).toHaveLength(1);
      expect(await repairsOfLeftOrders()).not.toContain('cancelled');
      world.demo.faults.clear();
      await world.pass(35, next);
      expect((await world.atVenue()).open).toEqual([]);
      expect(await repairsOfLeftOrders()).toContain('cancelled');
    });

    async function repairsOfLeftOrders(): Promise<readonly (string | undefined)[]> {
      const filter = { venue: world.rules.venue };
      const { rows } = await world.stores.reconciliations.list(filter, { limit: 100, offset: 0 });
      const all = rows.flatMap(({ differences }) => differences);
      return all.filter(({ kind }) => kind === 'left_order').map(({ repair }) => repair);
    }

    it('10 and 11: what the fee took is not sold, and what the step leaves over is shown as dust', async () => {
      const service = await openPosition();
      await world.pass(60, service);
      await world.quote(service);
      await world.signal(service, 'SELL');
      const [bought, sold] = await world.fills();
      expect(bought?.fee?.currency).toBe('BTC');
      const received = (bought ?? fail()).sizeBase.minus(bought?.fee?.amount ?? fail());
      const [position] = await world.positions();
      expect(position).toMatchObject({ status: 'closed', exitReason: 'signal' });
      const dust = heldBaseOf(position ?? fail());
      expect(dust.toString()).toBe(received.minus(sold?.sizeBase ?? fail()).toString());
      expect(dust.gte(0) && dust.lt('0.00001')).toBe(true);
      expect(await audit(world)).toEqual([]);
    });

    it('15: a start leaves what is not ours alone, and finds its own stop again', async () => {
      const service = await openPosition();
      await byHand({});
      const [stop] = (await world.atVenue()).open;
      const { priceTick = new Money(1) } = world.venue.rulesOf(SYMBOL);
      const far = new Money((await world.readQuote()).bid).times(0.9);
      const stopPrice = far.div(priceTick).floor().times(priceTick);
      await byHand({
        clientOrderId: 'byhand2',
        sizeBase: new Money('0.01'),
        side: 'sell',
        kind: 'stop',
        stopPrice,
        price: stopPrice,
      });
      const next = await restart(service);
      await world.pass(5, next);
      const open = (await world.atVenue()).open.map(({ clientOrderId }) => clientOrderId);
      expect(open.toSorted()).toEqual(['byhand2', stop?.clientOrderId].toSorted());
      expect(next.status().halt).toBeUndefined();
      await restart(next);
      expect((await world.differences()).filter((kind) => kind === 'foreign_order').length).toBe(2);
    });

    it('another installation with the same key is seen by its orders: trading is halted', async () => {
      const service = await open();
      await byHand({});
      const clientOrderId = 'e00000000000000001';
      const bid = new Money((await world.readQuote()).bid);
      const { priceTick = new Money(1) } = world.venue.rulesOf(SYMBOL);
      const price = bid.times(0.9).div(priceTick).floor().times(priceTick);
      await byHand({
        clientOrderId,
        side: 'sell',
        kind: 'stop',
        sizeBase: new Money('0.01'),
        stopPrice: price,
        price,
      });
      await world.pass(302, service);
      expect(service.status().halt).toMatchObject({ cause: 'fault' });
      expect((await world.atVenue()).open).toHaveLength(1);
      expect(await world.differences()).toContain('other_installation');
    });
  });

  function fail(): never {
    throw new Error('there is none');
  }
});
