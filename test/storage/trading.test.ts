import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import { RejectedError } from '../../src/lib/errors.js';
import type { Stores } from '../../src/storage/stores.js';
import { fixedClock, forEachEngine } from '../database.js';
import { aFill, anOrder, aPosition, BOOK, HOUR_MS, START_MS } from './rows.js';

const PAGE = { limit: 10, offset: 0 };

async function storedOrder(stores: Stores): Promise<string> {
  const position = await stores.positions.insert(aPosition());
  return (await stores.orders.insert(anOrder({ positionUid: position.uid }))).uid;
}

forEachEngine((engine) => {
  describe('positions', () => {
    it('come back as they were stored and as they were changed', async () => {
      const { stores } = await engine.open({ clock: fixedClock(9_000) });
      const position = aPosition({ sizeBase: new Money('0.000000000000000000000000000001') });
      const stored = await stores.positions.insert(position);
      expect(stored).toMatchObject({ rowVersion: 1, createdAt: 9_000, status: 'opening' });
      expect(stored.sizeBase.toFixed()).toBe('0.000000000000000000000000000001');
      const filled = { ...stored, status: 'open' as const, entryPrice: new Money('42283.580') };
      const updated = await stores.positions.update(filled, 1);
      expect(updated).toEqual({ ...filled, rowVersion: 2 });
      expect(await stores.positions.find(position.uid)).toEqual(updated);
      const cleared = await stores.positions.update({ ...updated, entryPrice: undefined }, 2);
      expect(cleared.entryPrice).toBeUndefined();
    });

    it('refuse a change that was made from an older version', async () => {
      const { stores } = await engine.open();
      const stored = await stores.positions.insert(aPosition());
      await stores.positions.update({ ...stored, status: 'open' }, 1);
      const late = stores.positions.update({ ...stored, status: 'abandoned' }, 1);
      await expect(late).rejects.toThrow(/expected version 1, it has version 2/);
      await expect(late).rejects.toThrow(RejectedError);
      expect((await stores.positions.find(stored.uid))?.status).toBe('open');
      const unknown = stores.positions.update(aPosition(), 1);
      await expect(unknown).rejects.toThrow(/it is gone/);
    });

    it('let one of two racing changes through', async () => {
      const one = await engine.open();
      const other = await engine.open();
      const stored = await one.stores.positions.insert(aPosition());
      const results = await Promise.allSettled([
        one.stores.positions.update({ ...stored, status: 'open' }, 1),
        other.stores.positions.update({ ...stored, status: 'closing' }, 1),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('list what is open of one book, oldest first', async () => {
      const { stores } = await engine.open();
      const statuses = ['closed', 'open', 'closing', 'opening', 'abandoned'] as const;
      for (const [index, status] of statuses.entries()) {
        await stores.positions.insert(aPosition({ status, openedAt: START_MS - index }));
      }
      await stores.positions.insert(aPosition({ account: 'live', status: 'open' }));
      const open = await stores.positions.listOpen(BOOK);
      expect(open.map(({ status }) => status)).toEqual(['opening', 'closing', 'open']);
      const listed = await stores.positions.list({ ...BOOK, status: 'closed' }, PAGE);
      expect(listed.total).toBe(1);
    });
  });

  describe('orders', () => {
    it('are intents until they are settled, once', async () => {
      const { stores } = await engine.open();
      const uid = await storedOrder(stores);
      expect((await stores.orders.listUnsettled(BOOK)).map((order) => order.uid)).toEqual([uid]);
      const settled = await stores.orders.settle(uid, {
        status: 'filled',
        settledAt: START_MS + 1,
      });
      expect(settled).toMatchObject({ status: 'filled', settledAt: START_MS + 1, reason: 'entry' });
      const again = await stores.orders.settle(uid, { status: 'filled', settledAt: START_MS + 2 });
      expect(again).toEqual(settled);
      const turned = stores.orders.settle(uid, { status: 'rejected', settledAt: START_MS + 3 });
      await expect(turned).rejects.toThrow(RejectedError);
      expect(await stores.orders.listUnsettled(BOOK)).toEqual([]);
    });

    it('say why they were rejected', async () => {
      const { stores } = await engine.open();
      const uid = await storedOrder(stores);
      const end = { status: 'rejected' as const, settledAt: START_MS, reason: 'below the minimum' };
      expect((await stores.orders.settle(uid, end)).reason).toBe('below the minimum');
      expect((await stores.orders.list({ status: 'rejected' }, PAGE)).total).toBe(1);
    });

    it('need their position, and a client id of their own', async () => {
      const { stores } = await engine.open();
      await expect(stores.orders.insert(anOrder())).rejects.toThrow(RejectedError);
      const { uid: positionUid } = await stores.positions.insert(aPosition());
      const order = await stores.orders.insert(anOrder({ positionUid }));
      const twin = anOrder({ positionUid, clientOrderId: order.clientOrderId });
      await expect(stores.orders.insert(twin)).rejects.toThrow(RejectedError);
    });
  });

  describe('fills', () => {
    it('are stored once, and an order is filled once in a piece', async () => {
      const { stores } = await engine.open();
      const orderUid = await storedOrder(stores);
      const fill = aFill({ orderUid });
      expect((await stores.fills.insert(fill)).status).toBe('inserted');
      const again = await stores.fills.insert({ ...fill, price: new Money(1) });
      expect(again.status).toBe('exists');
      expect(again.fill.price.toFixed()).toBe('42283.58');
      await expect(stores.fills.insert(aFill({ orderUid }))).rejects.toThrow(RejectedError);
      await expect(stores.fills.insert(aFill({ orderUid }), 0)).rejects.toThrow(RejectedError);
      await stores.fills.insert(aFill({ orderUid }), 2);
      const sequences = (await stores.fills.listByOrder(orderUid)).map((row) => row.sequence);
      expect(sequences).toEqual([1, 2]);
      expect((await stores.fills.list({ side: 'buy' }, PAGE)).total).toBe(2);
    });

    it('add up to the exact change of cash', async () => {
      const { stores } = await engine.open();
      const orderUid = await storedOrder(stores);
      expect((await stores.fills.sumCash(BOOK)).toFixed()).toBe('0');
      const feeQuote = new Money('0.0000000000000000001');
      const bought = { price: new Money('0.1'), sizeBase: new Money('3'), feeQuote };
      const sold = { ...bought, side: 'sell' as const, price: new Money('0.3') };
      await stores.fills.insert(aFill({ orderUid, ...bought }), 1);
      await stores.fills.insert(aFill({ orderUid, ...sold }), 2);
      // 0.3 · 3 − 0.1 · 3 − 2 fees; doubles would give 0.6000000000000001 or lose the fees.
      expect((await stores.fills.sumCash(BOOK)).toFixed()).toBe('0.5999999999999999998');
    });

    it('add up over more rows than are read at once', async () => {
      const { stores } = await engine.open();
      const orderUid = await storedOrder(stores);
      await stores.transaction(async (tx) => {
        for (let sequence = 1; sequence <= 1_001; sequence++) {
          const values = {
            price: new Money('0.1'),
            sizeBase: new Money(1),
            feeQuote: new Money(0),
          };
          await tx.fills.insert(aFill({ orderUid, ...values }), sequence);
        }
      });
      expect((await stores.fills.sumCash(BOOK)).toFixed()).toBe('-100.1');
      const others = { ...BOOK, account: 'live' };
      expect((await stores.fills.sumCash(others)).toFixed()).toBe('0');
    });
  });

  describe('accounts and equity', () => {
    it('keep the equity that an account began with', async () => {
      const { stores } = await engine.open();
      expect(await stores.accounts.find(BOOK)).toBeUndefined();
      const account = { ...BOOK, currency: 'USDT', initialEquity: new Money(10_000) };
      const made = await stores.accounts.ensure(account);
      const again = await stores.accounts.ensure({ ...account, initialEquity: new Money(5) });
      expect(again).toEqual(made);
      expect(again.initialEquity.toFixed()).toBe('10000');
    });

    it('let the later point at one moment stand and list the newest first', async () => {
      const { stores } = await engine.open();
      const point = (at: number, cash: string) => ({
        ...BOOK,
        at,
        cash: new Money(cash),
        positionsValue: new Money(0),
        equity: new Money(cash),
      });
      await stores.equity.insert(point(START_MS, '1'));
      await stores.equity.insert(point(START_MS, '2.5'));
      await stores.equity.insert(point(START_MS + HOUR_MS, '3'));
      const listed = await stores.equity.list(BOOK, PAGE);
      expect(listed.rows.map(({ cash }) => cash.toFixed())).toEqual(['3', '2.5']);
      expect((await stores.equity.latest(BOOK))?.at).toBe(START_MS + HOUR_MS);
    });
  });

  describe('a transaction', () => {
    it('stores everything or nothing', async () => {
      const { stores } = await engine.open();
      const position = aPosition();
      const attempt = stores.transaction(async (tx) => {
        await tx.positions.insert(position);
        await tx.orders.insert(anOrder({ positionUid: position.uid }));
        throw new Error('killed between intent and order');
      });
      await expect(attempt).rejects.toThrow('killed between');
      expect(await stores.positions.find(position.uid)).toBeUndefined();
      expect((await stores.orders.list({}, PAGE)).total).toBe(0);
    });

    it('is joined by a store method that needs one itself', async () => {
      const { database, stores } = await engine.open();
      await database.transaction(async (tx) => {
        const bound = stores.within(tx);
        await bound.transaction((inner) => inner.positions.insert(aPosition({ uid: ulid() })));
      });
      expect((await stores.positions.list({}, PAGE)).total).toBe(1);
    });

    it('names the mistake of using the outer stores inside it', async () => {
      const { stores } = await engine.open();
      const attempt = stores.transaction(() => stores.positions.insert(aPosition()));
      await expect(attempt).rejects.toThrow('use its own database');
    });

    it('goes on after a row that was refused inside it', async () => {
      const { stores } = await engine.open();
      const stored = await stores.positions.insert(aPosition());
      await stores.transaction(async (tx) => {
        await tx.positions.insert(stored).catch(() => undefined);
        await tx.positions.insert(aPosition());
      });
      expect((await stores.positions.list({}, PAGE)).total).toBe(2);
    });
  });
});
