import { afterEach, describe, expect, it } from 'vitest';
import { RecordingLogger } from '../../test/exchange/recording-logger.js';
import { TransientError } from '../lib/errors.js';
import { ManualClock } from '../lib/manual-clock.js';
import type { LeaseRequest, LeaseResult } from '../storage/stores/lease-store.js';
import { LEASE_TTL_MS, LeaseKeeper } from './lease-keeper.js';

/** A lease row in memory, on a database that can be made unreachable. */
class MemoryLeases {
  holder = '';
  expiresAt = 0;
  isDown = false;

  acquire(request: LeaseRequest): Promise<LeaseResult> {
    const isFree = this.holder === request.holder || this.expiresAt <= request.nowMs;
    if (isFree) this.holder = request.holder;
    return this.renew(request);
  }

  async renew(request: LeaseRequest): Promise<LeaseResult> {
    await Promise.resolve();
    if (this.isDown) throw new TransientError('The database is down');
    if (this.holder === request.holder) {
      this.expiresAt = request.nowMs + request.ttlMs;
      return { status: 'held', expiresAt: this.expiresAt };
    }
    return { status: 'taken', holder: this.holder, expiresAt: this.expiresAt };
  }

  release(): Promise<void> {
    this.holder = '';
    this.expiresAt = 0;
    return Promise.resolve();
  }
}

describe('LeaseKeeper', () => {
  const keepers: LeaseKeeper[] = [];
  const clock = new ManualClock(1_700_000_000_000);

  async function keep(
    leases: MemoryLeases,
    holder = 'here',
  ): Promise<[LeaseKeeper, RecordingLogger]> {
    const logger = new RecordingLogger();
    const key = { venue: 'test', account: 'paper' };
    const keeper = new LeaseKeeper({ leases, clock, logger, name: 'trading', key, holder });
    keepers.push(keeper);
    await keeper.start();
    return [keeper, logger];
  }

  afterEach(async () => {
    for (const keeper of keepers.splice(0)) await keeper.stop();
  });

  it('says once for whom it stands by', async () => {
    const leases = new MemoryLeases();
    await keep(leases, 'there');
    const [keeper, logger] = await keep(leases);
    for (let beat = 0; beat < 5; beat++) await clock.advance(LEASE_TTL_MS / 3);
    expect(keeper.isHeld()).toBe(false);
    expect(logger.lines.filter(({ message }) => message.includes('standing by'))).toHaveLength(1);
  });

  it('renews for as long as it runs', async () => {
    const [keeper] = await keep(new MemoryLeases());
    for (let beat = 0; beat < 20; beat++) {
      await clock.advance(LEASE_TTL_MS / 3);
      expect(keeper.isHeld()).toBe(true);
    }
  });

  it('rides out a database that is down for less than the lease lasts', async () => {
    const leases = new MemoryLeases();
    const [keeper, logger] = await keep(leases);
    leases.isDown = true;
    await clock.advance(LEASE_TTL_MS / 2);
    leases.isDown = false;
    await clock.advance(LEASE_TTL_MS);
    expect(keeper.isHeld()).toBe(true);
    expect(logger.lines.map(({ message }) => message)).toContain(
      'The trading lease could not be asked for',
    );
  });

  it('stops trusting a lease that it could not renew in time, and takes it again later', async () => {
    const leases = new MemoryLeases();
    const [keeper, logger] = await keep(leases);
    leases.isDown = true;
    await clock.advance(LEASE_TTL_MS - 1);
    expect(keeper.isHeld()).toBe(true);
    await clock.advance(1);
    expect(keeper.isHeld()).toBe(false);
    await expect(keeper.assertHeld(leases)).rejects.toThrow(TransientError);
    leases.isDown = false;
    await clock.advance(LEASE_TTL_MS);
    expect(keeper.isHeld()).toBe(true);
    expect(logger.lines.filter(({ message }) => message.startsWith('Lost'))).toHaveLength(1);
  });

  it('names who holds the lease, takes over when that one is gone for 30 s', async () => {
    const leases = new MemoryLeases();
    const key = { venue: 'test', account: 'paper' };
    await leases.acquire({ key, holder: 'there', ttlMs: LEASE_TTL_MS, nowMs: clock.wallMs() });
    const [keeper] = await keep(leases);
    expect([keeper.isHeld(), keeper.otherHolder]).toEqual([false, 'there']);
    await clock.advance(LEASE_TTL_MS - 1);
    expect(keeper.isHeld()).toBe(false);
    await clock.advance(LEASE_TTL_MS / 3);
    expect([keeper.isHeld(), keeper.otherHolder]).toEqual([true, undefined]);
  });

  it('gives the lease back once, when it stops', async () => {
    const leases = new MemoryLeases();
    const [keeper] = await keep(leases);
    await keeper.stop();
    expect(leases.holder).toBe('');
    leases.holder = 'there';
    await keeper.stop();
    expect(leases.holder).toBe('there');
    expect(keeper.isHeld()).toBe(false);
  });

  it("leaves another's lease alone when it stops", async () => {
    const leases = new MemoryLeases();
    const [keeper] = await keep(leases);
    leases.holder = 'there';
    await clock.advance(LEASE_TTL_MS / 3);
    await keeper.stop();
    expect(leases.holder).toBe('there');
  });
});
