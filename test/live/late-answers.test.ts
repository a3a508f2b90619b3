import { afterEach, describe, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import type { VenueBalance } from '../../src/exchange/orders/order-venue.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { forEachEngine } from '../database.js';
import { audit } from './audit.js';
import { LiveWorld, ORDER_PATH, SYMBOL, type WorldOptions } from './live-world.js';
import { venueWith } from './venue-with.js';

forEachEngine((engine) => {
  function openWorld(options: WorldOptions = {}): Promise<LiveWorld> {
    return LiveWorld.open({ ...options, openDatabase: engine.open });
  }

  let world: LiveWorld;
  afterEach(() => world.close());

  async function open(options: WorldOptions = {}): Promise<TradingService> {
    world = await openWorld(options);
    const service = await world.start({ reconcileEveryMs: 30_000 });
    await world.quote(service);
    return service;
  }

  describe('what an order did while nobody could ask', () => {
    it('a stop that was filled unseen is booked once, and is no loss of coins', async () => {
      const service = await open({ rules: { stopLossPct: 0.05 } });
      await world.signal(service, 'BUY');
      await world.pass(2, service);
      world.fault({ path: ORDER_PATH, method: 'GET', effect: { kind: 'html', status: 502 } });
      for (let minute = 0; minute < 60; minute++) {
        await world.pass(20, service);
        if ((await world.atVenue()).fills.some(({ side }) => side === 'sell')) break;
      }
      await world.pass(40, service);
      expect(await world.positions()).toMatchObject([{ status: 'open' }]);
      world.demo.faults.clear();
      await world.pass(70, service);
      expect(await world.positions()).toMatchObject([
        { status: 'closed', exitReason: 'stop_loss' },
      ]);
      expect(service.status().halt).toBeUndefined();
      expect(await world.differences()).toEqual([]);
      expect(await audit(world)).toEqual([]);
    });

    it('a purchase whose outcome is not known yet is no cash that the account lacks', async () => {
      const service = await open();
      const effect = { kind: 'reset' } as const;
      world.fault({ path: ORDER_PATH, method: 'POST', count: 1, after: true, effect });
      world.fault({ path: ORDER_PATH, method: 'GET', effect: { kind: 'html', status: 502 } });
      await world.signal(service, 'BUY');
      await world.pass(65, service);
      expect(await world.orders()).toMatchObject([{ status: 'intended' }]);
      expect(await world.differences()).toEqual([]);
      world.demo.faults.clear();
      await world.pass(65, service);
      expect(await world.positions()).toMatchObject([{ status: 'open' }]);
      expect(await world.differences()).toEqual([]);
      expect(await audit(world)).toEqual([]);
    });

    it('a balance that lags behind a sale is read again, and is neither missing cash nor more coins', async () => {
      world = await openWorld();
      let balances = 1;
      let stale: ReadonlyMap<string, VenueBalance> = new Map();
      const lagging = venueWith(world.venue, {
        balances: async () => (balances++ === 0 ? stale : world.venue.balances()),
      });
      const service = await world.start({ venue: lagging, reconcileEveryMs: 30_000 });
      await world.quote(service);
      await world.signal(service, 'BUY');
      await world.pass(62, service);
      stale = await world.venue.balances();
      await world.quote(service);
      await world.signal(service, 'SELL');
      balances = 0;
      await world.pass(32, service);
      expect(await world.positions()).toMatchObject([{ status: 'closed' }]);
      expect(balances).toBe(2);
      expect(await world.differences()).toEqual([]);
    });

    it('an order that was given up hours after its intent is still asked about afterwards', async () => {
      const service = await open();
      const effect = { kind: 'reset' } as const;
      world.fault({ path: ORDER_PATH, method: 'POST', count: 1, after: true, effect });
      world.fault({ path: ORDER_PATH, method: 'GET', effect: { kind: 'html', status: 502 } });
      await world.signal(service, 'BUY');
      await world.clock.jump(2 * 3_600_000);
      await world.pass(5, service);
      expect(await world.orders()).toMatchObject([{ status: 'intended' }]);
      world.demo.faults.clear();
      const message = 'Order does not exist.';
      const unknown = { kind: 'refusal', status: 400, code: -2013, message } as const;
      world.fault({ path: ORDER_PATH, method: 'GET', effect: unknown });
      await world.pass(130, service);
      expect(await world.orders()).toMatchObject([{ status: 'rejected' }]);
      world.demo.faults.clear();
      await world.pass(40, service);
      expect(await world.positions()).toMatchObject([{ status: 'open' }]);
      expect(await world.differences()).toContain('late_fill');
    });

    it('coins of a configured symbol are reported once, also where the books hold none', async () => {
      const service = await open();
      const sizeBase = new Money('0.02');
      const bought = { clientOrderId: 'byhand1', symbol: SYMBOL, side: 'buy', sizeBase } as const;
      await world.venue.submit({ ...bought, kind: 'market' });
      await world.pass(65, service);
      const found = (await world.differences()).filter((kind) => kind === 'foreign_balance');
      expect(found).toHaveLength(1);
    });
  });
});
