import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { openTestDatabase } from '../../../test/database.js';
import { openWritable, SqliteConnection } from './connection.js';

const FULL = 2;
const INSERT = 'INSERT INTO t (a) VALUES (?) RETURNING a';

describe('rows that are stored without waiting for the disk', () => {
  let folder: string;
  let database: Database;
  let connection: SqliteConnection;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-test-'));
    database = openWritable(path.join(folder, 'x.sqlite'));
    database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY CHECK (a > 0)) STRICT');
    connection = new SqliteConnection(database);
  });

  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const synchronous = (): unknown => database.pragma('synchronous', { simple: true });
  const count = (): unknown => database.prepare('SELECT COUNT(*) FROM t').pluck().get();

  it('are there, and every later commit waits again', () => {
    expect(synchronous()).toBe(FULL);
    expect(connection.withoutSync((one) => one.runEach(INSERT, [[1], [2]]))).toEqual([1, 2]);
    expect(count()).toBe(2);
    expect(synchronous()).toBe(FULL);
  });

  it('are begun and committed between the two changes, and nothing else is', () => {
    const statements: unknown[] = [];
    const file = path.join(folder, 'told.sqlite');
    const told = new SqliteDatabase(file, { verbose: (sql) => statements.push(sql) });
    told.exec('CREATE TABLE t (a INTEGER)');
    statements.length = 0;
    new SqliteConnection(told).withoutSync((one) =>
      one.runEach('INSERT INTO t VALUES (?) RETURNING a', [[7]]),
    );
    told.close();
    expect(statements).toEqual([
      'PRAGMA synchronous = NORMAL',
      'BEGIN IMMEDIATE',
      'INSERT INTO t VALUES (7.0) RETURNING a',
      'COMMIT',
      'PRAGMA synchronous = FULL',
    ]);
  });

  it('are stored all or not at all, and a failure leaves later commits as safe', () => {
    expect(() => connection.withoutSync((one) => one.runEach(INSERT, [[1], [-1]]))).toThrow(
      /CHECK/,
    );
    expect(count()).toBe(0);
    expect(database.inTransaction).toBe(false);
    expect(synchronous()).toBe(FULL);
  });

  it('are refused inside a transaction, whose commit must not become weaker', () => {
    database.exec('BEGIN');
    expect(() => connection.withoutSync((one) => one.runEach(INSERT, [[1]]))).toThrow(
      /transaction is open/,
    );
    database.exec('COMMIT');
    expect(count()).toBe(0);
  });
});

describe('the database', () => {
  it('waits with such rows until a transaction that is open has ended', async () => {
    const test = await openTestDatabase();
    const order: string[] = [];
    const upsert =
      'INSERT INTO leases (venue, account, holder, expires_at, row_version) VALUES (?, ?, ?, 0, 1) RETURNING holder';
    let release = (): void => undefined;
    let begin = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const open = test.database.transaction(async (tx) => {
      await tx.run((knex) => knex('leases').select());
      begin();
      await held;
      order.push('transaction');
    });
    await begun;
    const stored = test.database
      .withoutSync((one) => one.runEach(upsert, [['v', 'a', 'one']]))
      .then(() => order.push('rows'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    release();
    await Promise.all([open, stored]);
    expect(order).toEqual(['transaction', 'rows']);
    await test.database.close();
  });

  it('stores such rows with the transaction that they are part of', async () => {
    const test = await openTestDatabase();
    const candle = { openTime: 3_600_000, open: 1, high: 1, low: 1, close: 1, volume: 1 };
    const { id } = await test.stores.series.ensure({
      venue: 'v',
      symbol: 'BTC/USDT',
      marketId: 'BTCUSDT',
      timeframe: '1h',
    });
    const failing = test.stores.transaction(async (tx) => {
      await tx.candles.upsert(id, [candle], 'rest');
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    expect(await test.stores.candles.count(id)).toBe(0);
    await test.database.close();
  });
});
