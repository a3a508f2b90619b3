import { afterEach, describe, expect, it } from 'vitest';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { audit } from './audit.js';
import { LiveWorld, ORDER_PATH, SYMBOL } from './live-world.js';

let world: LiveWorld;
afterEach(() => world.close());

/** A position without a stop at the exchange, which refuses every order from now on. */
async function holdWhatCannotBeSold(): Promise<TradingService> {
  world = await LiveWorld.open({ live: { areStopsAtExchange: false } });
  const service = await world.start();
  await world.quote(service);
  await world.signal(service, 'BUY');
  await world.pass(2, service);
  const message = 'This symbol is restricted for your account.';
  const effect = { kind: 'refusal', status: 400, code: -2010, message } as const;
  world.fault({ path: ORDER_PATH, method: 'POST', effect });
  return service;
}

async function countSales(): Promise<number> {
  return (await world.orders()).filter(({ side }) => side === 'sell').length;
}

describe('a sale that the exchange refuses', () => {
  it('is offered again with growing pauses, and is sold once it is taken', async () => {
    const service = await holdWhatCannotBeSold();
    await service.control.halt({ reason: 'out', author: 'test', isCloseAll: true });
    await world.pass(120, service);
    // Each attempt is an order with a limit and one without.
    expect(await countSales()).toBeLessThanOrEqual(18);
    world.demo.faults.clear();
    await world.pass(130, service);
    expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'halt' }]);
    expect(service.refusedPositions()).toEqual([]);
    expect(await audit(world)).toEqual([]);
  });

  it('is offered again where a signal decided it, until it is sold, also over a restart', async () => {
    const service = await holdWhatCannotBeSold();
    await world.pass(60, service);
    await world.quote(service);
    await world.signal(service, 'SELL');
    expect(await world.positions()).toMatchObject([{ status: 'open', exitReason: 'signal' }]);
    await service.stop();
    world.drop(service);
    const next = await world.start();
    await world.pass(5, next);
    world.demo.faults.clear();
    await world.pass(10, next);
    expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'signal' }]);
    expect(await audit(world)).toEqual([]);
  });

  it('is not forgotten where it is decided during the pause after an earlier refusal', async () => {
    const service = await holdWhatCannotBeSold();
    const [position] = await world.positions();
    await service.control.halt({ reason: 'out', author: 'test', isCloseAll: true });
    await world.pass(20, service);
    await service.control.resume('test');
    world.demo.faults.clear();
    const sales = await countSales();
    await service.control.closePosition(position?.uid ?? '', 'test');
    expect(await countSales()).toBe(sales);
    await world.pass(60, service);
    expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'manual' }]);
  });

  it('is named with the reason until it is sold', async () => {
    const service = await holdWhatCannotBeSold();
    const [position] = await world.positions();
    const since = world.clock.wallMs();
    await service.control.closePosition(position?.uid ?? '', 'test');
    await world.pass(5, service);
    const reason = expect.stringContaining('restricted for your account') as string;
    expect(service.refusedPositions()).toEqual([{ symbol: SYMBOL, reason, since }]);
    expect(service.unsold()).toMatchObject([{ symbol: SYMBOL, reason }]);
    world.demo.faults.clear();
    await world.pass(10, service);
    expect(await world.positions()).toMatchObject([{ status: 'closed', exitReason: 'manual' }]);
    expect(service.refusedPositions()).toEqual([]);
  });

  it('is wanted by a halt for as long as that lasts, and not named for longer', async () => {
    const service = await holdWhatCannotBeSold();
    await service.control.halt({ reason: 'out', author: 'test', isCloseAll: true });
    await world.pass(5, service);
    expect(service.refusedPositions()).toHaveLength(1);
    await service.control.resume('test');
    world.demo.faults.clear();
    await world.clock.jump(11 * 60_000);
    await world.pass(10, service);
    expect(await world.positions()).toMatchObject([{ status: 'open', exitReason: undefined }]);
    expect(service.refusedPositions()).toEqual([]);
  });
});
