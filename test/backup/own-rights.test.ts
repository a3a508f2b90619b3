import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupMysql } from '../../src/backup/backup-mysql.js';
import { restoreMysql } from '../../src/backup/restore-mysql.js';
import type { MysqlLocation } from '../../src/storage/connection/location.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { loadEntries } from '../../src/storage/reader/load-items.js';
import { openReader } from '../../src/storage/reader/open-reader.js';
import { openStores } from '../../src/storage/stores.js';
import {
  dropDatabase,
  fixedClock,
  mysqlLocation,
  mysqlSkipReason,
  onMysqlServer,
} from '../database.js';
import { candles, SERIES_KEY, START_MS } from '../storage/rows.js';

const context = { clock: fixedClock(), logger: SILENT_LOGGER };
const title = mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`;

describe.skipIf(mysqlSkipReason !== undefined)(`a user of one database alone${title}`, () => {
  let folder = '';
  let location: MysqlLocation;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-rights-'));
    const free = mysqlLocation();
    const user = free.database;
    // Any word may be the name of the candle table, also one that SQL reserves.
    location = { ...free, user, password: 'secret', marketDataTable: 'order' };
    await onMysqlServer(
      `CREATE DATABASE \`${free.database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
      `CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`,
      `GRANT ALL ON \`${free.database}\`.* TO '${user}'@'%'`,
    );
  });

  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await onMysqlServer(`DROP USER '${location.user}'@'%'`);
    await dropDatabase(location);
  });

  async function store(count: number): Promise<void> {
    const database = await openDatabase(location, context);
    const stores = openStores(database, fixedClock());
    const { id } = await stores.series.ensure(SERIES_KEY);
    await stores.candles.upsert(id, candles(count), 'rest');
    await stores.knownGaps.add(id, [
      { fromOpenTime: START_MS - 3_600_000, toOpenTime: START_MS - 3_600_000, reason: 'missing' },
    ]);
    await database.close();
  }

  async function storedCandles(at: MysqlLocation = location): Promise<number> {
    const database = await openDatabase(at, context);
    const stores = openStores(database, fixedClock());
    const series = await stores.series.find(SERIES_KEY);
    const count = await stores.candles.count(series?.id ?? 0);
    await database.close();
    return count;
  }

  const place = (timeMs = 1_700_000_000_000) => ({
    folder,
    clock: fixedClock(timeMs),
    pid: process.pid,
  });

  it('backs up and restores, and the old tables are kept beside the new ones', async () => {
    await store(300);
    const made = await backupMysql(location, place());
    expect(made.verified).toMatch(/read to its end/);
    await store(310);
    const options = { ...place(), isForced: true };
    const first = await restoreMysql(made.path, location, options);
    expect(first).toMatchObject({
      rows: made.rows,
      kept: `${location.database}.before_20231114T221320000Z_*`,
    });
    expect(await storedCandles()).toBe(300);
    // What an earlier restore has put aside is neither moved nor counted again.
    const second = await restoreMysql(made.path, location, { ...options, ...place(1) });
    expect(second.rows).toBe(made.rows);
    expect(await storedCandles()).toBe(300);
    // The database still works: references and the view lead to the new tables.
    await store(320);
    expect(await storedCandles()).toBe(320);
  });

  it('restores a dump into an empty database', async () => {
    await store(50);
    const made = await backupMysql(location, place());
    await onMysqlServer(`DROP DATABASE \`${location.database}\``);
    const restored = await restoreMysql(made.path, location, { ...place(), isForced: false });
    expect(restored).toMatchObject({ rows: made.rows, kept: undefined });
    expect(await storedCandles()).toBe(50);
  });

  it('reads, revises and deletes candles in a table named order', async () => {
    await store(100);
    const database = await openDatabase(location, context);
    const stores = openStores(database, fixedClock());
    const { id } = await stores.series.ensure(SERIES_KEY);
    const [first] = candles(1);
    if (first === undefined) throw new Error('no candle');
    const revised = await stores.candles.upsert(id, [{ ...first, high: first.high + 1 }], 'rest');
    expect(revised.revised).toBe(1);
    const reader = await openReader(location);
    expect((await loadColumns(reader, id, {})).length).toBe(100);
    expect((await loadEntries(reader, id)).prices).toHaveLength(100);
    await reader.close();
    const before = START_MS + 10 * 3_600_000;
    expect(await stores.retention.removeCandles(id, { before })).toBe(10);
    expect(await stores.candles.quarantineStored(id, before, 'from the future')).toHaveLength(89);
    const [[named] = []] = await database.selectRows('SELECT COUNT(*) FROM market_data_named', []);
    expect(named).toBe(1);
    await database.close();
  });

  it('is told the words of the server when a statement fails, and not the statement', async () => {
    await store(1);
    const database = await openDatabase(location, context);
    const failed = database.run((knex) => knex.raw('SELECT * FROM order WHERE close = ?', [42]));
    const error = (await failed.then(
      () => undefined,
      (reason: unknown) => reason,
    )) as Error;
    expect(error.message).toMatch(/refuses a statement: You have an error in your SQL syntax/);
    expect(error.message).not.toContain('secret');
    await database.close();
  });
});
