import { afterEach, describe, expect, it } from 'vitest';
import type { OrderVenue } from '../../src/exchange/orders/order-venue.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { audit } from './audit.js';
import { KillableProcess } from './killable-venue.js';
import { LiveWorld } from './live-world.js';

let world: LiveWorld;
afterEach(() => world.close());

async function openPosition(): Promise<TradingService> {
  world = await LiveWorld.open();
  const service = await world.start({ reconcileEveryMs: 30_000 });
  await world.quote(service);
  await world.signal(service, 'BUY');
  await world.pass(2, service);
  return service;
}

function refuseToAnswer(path: string): void {
  world.fault({ path, effect: { kind: 'html', status: 502 } });
}

async function sell(service: TradingService): Promise<void> {
  const [position] = await world.positions();
  const answer = await service.control.closePosition(position?.uid ?? '', 'test');
  expect(answer).toMatchObject({ status: 'done' });
  await world.pass(5, service);
  expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'manual' }]);
}

function warnings(part: string): number {
  return world.logger.lines.filter(({ message }) => message.includes(part)).length;
}

/** The exchange's list of open orders, as it looks beside many orders of another program. */
function besideRobot(orders: readonly string[]): OrderVenue {
  return new Proxy(world.venue, {
    get: (venue, name) => {
      if (name === 'openOrders') {
        return async () => ({ orders: [], unreadable: orders, mayBeMore: true });
      }
      const member: unknown = Reflect.get(venue, name, venue);
      return typeof member === 'function' ? (member.bind(venue) as unknown) : member;
    },
  });
}

describe('an account that cannot be read', () => {
  it.each(['/api/v3/openOrders', '/api/v3/account'])(
    'keeps nothing from being sold, and is said once (%s)',
    async (path) => {
      const service = await openPosition();
      refuseToAnswer(path);
      await world.pass(60, service);
      expect(service.status().books).toBeDefined();
      await sell(service);
      expect(warnings('cannot be compared')).toBe(1);
      world.demo.faults.clear();
      await world.pass(40, service);
      expect(warnings('can be compared with the books again')).toBe(1);
      expect(await audit(world)).toEqual([]);
    },
  );

  it('is a fault with its reason while a key is revoked, from the first failure on', async () => {
    const service = await openPosition();
    expect(service.accountFault()).toBeUndefined();
    const message = 'Invalid API-key, IP, or permissions for action.';
    const effect = { kind: 'refusal', status: 401, code: -2015, message } as const;
    for (const path of ['openOrders', 'account']) world.fault({ path: `/api/v3/${path}`, effect });
    await world.pass(40, service);
    const since = service.accountFault()?.since;
    await world.pass(300, service);
    const reason = expect.stringMatching(/-2015.*permissions/) as string;
    expect(service.accountFault()).toEqual({ reason, since });
    world.demo.faults.clear();
    await world.pass(40, service);
    expect(service.accountFault()).toBeUndefined();
  });

  it('is a fault also where the first balance, with which new books begin, is not answered', async () => {
    world = await LiveWorld.open();
    refuseToAnswer('/api/v3/account');
    const service = await world.start();
    await world.pass(5, service);
    expect(service.accountFault()?.reason).toContain('502');
    world.demo.faults.clear();
    await world.pass(40, service);
    expect(service.accountFault()).toBeUndefined();
  });

  it('lets a start guard and sell what is held, and buys nothing until it was compared', async () => {
    const before = await openPosition();
    await before.stop();
    world.drop(before);
    refuseToAnswer('/api/v3/account');
    const service = await world.start();
    expect(service.status().entryFreeze).toMatch(/cannot be read/);
    await world.quote(service);
    await sell(service);
    await world.pass(60, service);
    await world.quote(service);
    await world.signal(service, 'BUY');
    expect(await world.positions()).toHaveLength(1);
    world.demo.faults.clear();
    await world.pass(40, service);
    expect(service.status().entryFreeze).toBeUndefined();
    expect(await audit(world)).toEqual([]);
  });

  it('keeps a start from sending a purchase again that never arrived', async () => {
    world = await LiveWorld.open();
    const point = { method: 'submit', skip: 0, isAfter: false, isKill: true } as const;
    const killed = new KillableProcess(world.stores, world.venue, point);
    const before = await world.start({ stores: killed.stores, venue: killed.venue });
    await world.quote(before);
    await expect(world.signal(before, 'BUY')).rejects.toThrow('killed');
    world.drop(before);
    await before.stop().catch(() => undefined);
    refuseToAnswer('/api/v3/account');
    const service = await world.start();
    await world.pass(120, service);
    const reason = 'entries frozen: the account cannot be read yet';
    expect(await world.orders()).toMatchObject([{ side: 'buy', status: 'rejected', reason }]);
    world.demo.faults.clear();
    await world.pass(40, service);
    expect(service.status().entryFreeze).toBeUndefined();
    expect(await audit(world)).toEqual([]);
  });

  it('is no reason to stop where only orders of others are beyond the list or unreadable', async () => {
    world = await LiveWorld.open();
    const service = await world.start({ reconcileEveryMs: 30_000, venue: besideRobot(['7', '8']) });
    await world.pass(65, service);
    expect(service.status()).toMatchObject({ halt: undefined, entryFreeze: undefined });
    expect(warnings('does not show all open orders')).toBe(1);
    expect(warnings('cannot be compared')).toBe(0);
    expect(await world.differences()).toEqual(['foreign_order', 'foreign_order']);
  });
});
