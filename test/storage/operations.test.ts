import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { fixedClock, forEachEngine, openTestDatabase } from '../database.js';
import { BOOK, START_MS } from './rows.js';

const TTL_MS = 30_000;

function aRun(host = 'one') {
  return {
    uid: ulid(),
    version: '0.1.0',
    settingsHash: 'a'.repeat(64),
    venue: 'binance',
    startedAt: START_MS,
    pid: 4_711,
    host,
  };
}

forEachEngine((engine) => {
  describe('runs', () => {
    it('begin, end once, and are listed newest first', async () => {
      const { stores } = await engine.open();
      const first = aRun();
      const second = { ...aRun(), startedAt: START_MS + 1 };
      const begun = await stores.runs.begin(first);
      expect(begun).toMatchObject({ ...first, endedAt: undefined, exitReason: undefined });
      await stores.runs.begin(second);
      await stores.runs.end(first.uid, { endedAt: START_MS + 5, exitReason: 'SIGTERM' });
      await stores.runs.end(first.uid, { endedAt: START_MS + 9, exitReason: 'twice' });
      expect(await stores.runs.find(first.uid)).toMatchObject({
        endedAt: START_MS + 5,
        exitReason: 'SIGTERM',
      });
      const listed = await stores.runs.list({ venue: 'binance' }, { limit: 5, offset: 0 });
      expect(listed.rows.map(({ uid }) => uid)).toEqual([second.uid, first.uid]);
    });

    it('without an end are marked as crashed, but for the one that asks and other machines', async () => {
      const { stores } = await engine.open({ clock: fixedClock(START_MS + 7) });
      const [dead, elsewhere, mine] = [aRun(), aRun('two'), aRun()];
      for (const run of [dead, elsewhere, mine]) await stores.runs.begin(run);
      expect(await stores.runs.markCrashed(mine.uid, 'one')).toBe(1);
      expect(await stores.runs.find(dead.uid)).toMatchObject({
        endedAt: START_MS + 7,
        exitReason: 'crashed',
      });
      expect((await stores.runs.find(elsewhere.uid))?.endedAt).toBeUndefined();
      expect(await stores.runs.markCrashed(mine.uid)).toBe(1);
      expect((await stores.runs.find(mine.uid))?.endedAt).toBeUndefined();
    });
  });

  describe('the lease', () => {
    const request = (holder: string, nowMs = START_MS, ttlMs = TTL_MS) => ({
      key: BOOK,
      holder,
      nowMs,
      ttlMs,
    });

    it('is held by one and named to the others', async () => {
      const { stores } = await engine.open();
      const held = await stores.leases.acquire(request('one'));
      expect(held.status).toBe('held');
      const taken = await stores.leases.acquire(request('two'));
      expect(taken).toEqual({ status: 'taken', holder: 'one', expiresAt: held.expiresAt });
      const elsewhere = { ...request('two'), key: { ...BOOK, account: 'live' } };
      expect((await stores.leases.acquire(elsewhere)).status).toBe('held');
    });

    it('is told of without being asked for', async () => {
      const { stores } = await engine.open();
      expect(await stores.leases.findHolder(BOOK, START_MS)).toBeUndefined();
      await stores.leases.acquire(request('one'));
      expect(await stores.leases.findHolder(BOOK, START_MS)).toBe('one');
      await stores.leases.release({ key: BOOK, holder: 'one' });
      expect(await stores.leases.findHolder(BOOK, START_MS)).toBeUndefined();
    });

    it('is told of while it lasts', async () => {
      const { stores } = await engine.open();
      await stores.leases.acquire(request('one', START_MS, 0));
      expect(await stores.leases.findHolder(BOOK, START_MS + 1)).toBeUndefined();
    });

    it('is renewed by its holder and by nobody else', async () => {
      const { stores } = await engine.open();
      await stores.leases.acquire(request('one'));
      const prolonged = { ...request('one', START_MS + 1_000), ttlMs: TTL_MS * 2 };
      const renewed = await stores.leases.renew(prolonged);
      expect(renewed.status).toBe('held');
      expect(await stores.leases.renew(request('two'))).toEqual({
        status: 'taken',
        holder: 'one',
        expiresAt: renewed.expiresAt,
      });
    });

    it('passes on once it has expired, and its old holder learns of it', async () => {
      const { stores } = await engine.open();
      // A lease that is over at once: no test has to wait for a server's clock.
      await stores.leases.acquire(request('one', START_MS, 0));
      expect((await stores.leases.acquire(request('two', START_MS + 1))).status).toBe('held');
      expect(await stores.leases.renew(request('one', START_MS + 2))).toMatchObject({
        status: 'taken',
        holder: 'two',
      });
    });

    it('is free as soon as its holder lets go, and only then', async () => {
      const { stores } = await engine.open();
      await stores.leases.acquire(request('one'));
      await stores.leases.release({ key: BOOK, holder: 'two' });
      expect((await stores.leases.acquire(request('two'))).status).toBe('taken');
      await stores.leases.release({ key: BOOK, holder: 'one' });
      expect((await stores.leases.acquire(request('two'))).status).toBe('held');
    });

    it('has one winner whenever several ask at once, again and again', async () => {
      const connections = await Promise.all([engine.open(), engine.open(), engine.open()]);
      for (let round = 0; round < 10; round++) {
        const key = { venue: 'binance', account: `round-${round}` };
        const answers = await Promise.all(
          connections.flatMap(({ stores }, index) =>
            ['a', 'b'].map((name) => stores.leases.acquire({ ...request(`${index}${name}`), key })),
          ),
        );
        expect(answers.filter(({ status }) => status === 'held')).toHaveLength(1);
      }
    });

    it('goes by the server’s clock where there is one', async () => {
      const { stores } = await engine.open();
      const { expiresAt } = await stores.leases.acquire(request('one', START_MS));
      if (engine.name === 'sqlite') expect(expiresAt).toBe(START_MS + TTL_MS);
      // The request's own time lies years before the server's.
      else expect(expiresAt).toBeGreaterThan(START_MS + 365 * 86_400_000);
    });
  });
});

it('a transaction that works past itself is refused, also inside one of another database', async () => {
  const [one, other] = [await openTestDatabase(), await openTestDatabase()];
  const past = one.stores.transaction(async () => {
    await other.stores.transaction(async () => one.stores.accounts.list('binance'));
  });
  await expect(past).rejects.toThrow('A transaction is open here');
  await one.stores.transaction(async () => {
    expect(await other.stores.accounts.list('binance')).toEqual([]);
  });
  await one.database.close();
  await other.database.close();
});
