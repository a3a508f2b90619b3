import { afterEach, describe, expect, it } from 'vitest';
import { LEASE_TTL_MS } from '../../src/coordination/lease-keeper.js';
import { fixedClock, forEachEngine } from '../database.js';
import type { Stores } from '../../src/storage/stores.js';
import { TradingWorld } from './trading-world.js';

const CONTEXT = { horizonBars: 4 };

forEachEngine((engine) => {
  let world: TradingWorld;
  let stores: Stores;

  async function open(): Promise<void> {
    ({ stores } = await engine.open());
    world = new TradingWorld(stores);
  }

  /** Another process takes the lease away, as after this one slept through its end. */
  async function steal(): Promise<void> {
    const key = { venue: world.rules.venue, account: world.rules.account };
    await stores.leases.release({ key, holder: 'here' });
    const nowMs = fixedClock().wallMs();
    await stores.leases.acquire({ key, holder: 'there', ttlMs: LEASE_TTL_MS, nowMs });
  }

  afterEach(() => world.stop());

  describe('two processes on one set of books', () => {
    it('the second stands by: it decides nothing and writes nothing', async () => {
      await open();
      const first = await world.start({ holder: 'first' });
      const second = await world.start({ holder: 'second' });
      expect(first.status()).toMatchObject({ state: 'active', leaseHolder: undefined });
      expect(second.status()).toMatchObject({ state: 'standby', leaseHolder: 'first' });
      await second.onQuotes([await world.quote(100)]);
      const answer = await second.onSignal(world.signal(), CONTEXT);
      expect(answer).toEqual({ status: 'not_trading', state: 'standby' });
      expect((await world.read()).decisions).toEqual([]);
    });

    it('the second takes over once the first has stopped', async () => {
      await open();
      const first = await world.start({ holder: 'first' });
      const second = await world.start({ holder: 'second' });
      await first.stop();
      await world.clock.advance(LEASE_TTL_MS / 3);
      await expect.poll(() => second.status().state).toBe('active');
      await second.onQuotes([await world.quote(100)]);
      expect(await second.onSignal(world.signal(), CONTEXT)).toMatchObject({ status: 'decided' });
      expect(first.status().state).toBe('stopped');
    });

    it('another set of books is another lease', async () => {
      await open();
      await world.start({ holder: 'first' });
      const other = new TradingWorld(stores, { account: 'other' });
      const service = await other.start({ holder: 'second' });
      expect(service.status().state).toBe('active');
      await other.stop();
    });
  });

  describe('a process that lost the lease', () => {
    it('stores nothing, though it does not know yet', async () => {
      await open();
      const service = await world.start();
      await service.onQuotes([await world.quote(100)]);
      await steal();
      expect(service.status().state).toBe('active');
      await expect(service.onSignal(world.signal(), CONTEXT)).rejects.toThrow(
        'The trading lease is lost: nothing was stored or traded',
      );
      expect(service.status()).toMatchObject({ state: 'standby', leaseHolder: 'there' });
      expect(await world.read()).toMatchObject({ decisions: [], orders: [], positions: [] });
    });

    it('stands by from the next beat on', async () => {
      await open();
      const service = await world.start();
      await steal();
      await world.clock.advance(LEASE_TTL_MS / 3);
      await expect.poll(() => service.status().state).toBe('standby');
    });
  });
});
