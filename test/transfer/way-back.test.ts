import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/lib/clock.js';
import { DataDirLock } from '../../src/coordination/data-dir-lock.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { MysqlSource } from '../../src/transfer/mysql-source.js';
import { SqliteTarget } from '../../src/transfer/sqlite-target.js';
import { transfer } from '../../src/transfer/transfer.js';
import type { ListedRow, TransferReport } from '../../src/transfer/transfer-report.js';
import { mysqlSettings, mysqlSkipReason } from '../database.js';
import { fillTables } from './fill-tables.js';
import { startScript } from './run-command.js';
import { tableReport, totals, TransferFixture } from './transfer-fixture.js';

let fixture: TransferFixture;

beforeEach(async () => {
  fixture = new TransferFixture();
  await fixture.create();
  fillTables(fixture.file, { from: 0, count: 30 });
  await fixture.copy();
});

afterEach(() => fixture.remove());

/** As a daemon's start does: it refuses a file that is not what it was when it was closed. */
async function openAsDaemon(file: string): Promise<void> {
  const context = { clock: new SystemClock(), logger: SILENT_LOGGER };
  await (await openDatabase({ engine: 'sqlite', file }, context)).close();
}

async function copyBack(
  isDryRun = false,
): Promise<{ readonly report: TransferReport; readonly listed: readonly ListedRow[] }> {
  const clock = new SystemClock();
  const listed: ListedRow[] = [];
  const source = await MysqlSource.open(fixture.location);
  const target = await SqliteTarget.open(fixture.file, {
    clock,
    logger: SILENT_LOGGER,
    isReadOnly: isDryRun,
  });
  try {
    const onRow = (row: ListedRow): void => void listed.push(row);
    return { report: await transfer({ source, target }, { clock, isDryRun, onRow }), listed };
  } finally {
    await source.close();
    await target.close();
  }
}

const title = `the way back from MySQL${mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`}`;

describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
  it('brings every row of every table into an empty file, value by value', async () => {
    rmSync(fixture.file);
    rmSync(`${fixture.file}-wal`, { force: true });
    rmSync(`${fixture.file}-shm`, { force: true });
    const look = await copyBack(true);
    expect(look.report).toMatchObject({ isDryRun: true, makesSchema: true, isClean: true });
    const { report } = await copyBack();
    expect(report).toMatchObject({ isClean: true, sourceChanged: false });
    expect(totals(report)).toEqual(totals(look.report));
    const { source, target } = await fixture.contents();
    expect(source).toEqual(target);
    expect(Object.values(source).every((rows) => rows.length === 30)).toBe(true);
    for (const { verification } of report.tables) {
      expect(verification).toMatchObject({ rows: 30, differences: 0 });
      expect(verification?.targetChecksum).toBe(verification?.sourceChecksum);
    }
    await openAsDaemon(fixture.file);
  });

  it('brings what MySQL has newer, and leaves what SQLite has newer', async () => {
    await fixture.onTarget("UPDATE positions SET status = 'closed', row_version = 5 WHERE id = 1");
    fixture.onSource("UPDATE positions SET status = 'mine', row_version = 6 WHERE id = 2");
    await fixture.onTarget('DELETE FROM equity WHERE at = 60000');
    const { report, listed } = await copyBack();
    expect(tableReport(report, 'positions')).toMatchObject({ updated: 1, keptNewer: 1 });
    expect(listed.map(({ outcome, table }) => `${outcome} ${table}`)).toEqual([
      'kept_newer positions',
    ]);
    expect(totals(report)).toMatchObject({ inserted: 0, rejected: 0 });
    expect(report.isClean).toBe(true);
  });

  it('hands back what SQLite cannot hold beside what it has', async () => {
    fixture.onSource("UPDATE orders SET client_order_id = 'other' WHERE id = 1");
    fixture.onSource("UPDATE orders SET client_order_id = 'clie-0' WHERE id = 2");
    fixture.onSource(
      "DELETE FROM fills WHERE uid = 'uid-0'",
      "DELETE FROM orders WHERE uid = 'uid-0'",
    );
    const { report, listed } = await copyBack();
    expect(report.isClean).toBe(false);
    expect(listed.filter(({ outcome }) => outcome === 'rejected')).toMatchObject([
      { table: 'orders', reason: 'UNIQUE constraint failed: orders.client_order_id' },
      { table: 'fills', reason: 'FOREIGN KEY constraint failed' },
    ]);
  });

  it('is a command of its own, which a daemon on the folder keeps out', async () => {
    const settings = { ...mysqlSettings(fixture.location), DATA_DIR: fixture.folder };
    const to = path.join(fixture.folder, 'back.sqlite');
    const lock = new DataDirLock(fixture.folder);
    lock.acquire({ pid: 4711, host: 'here', startedAt: 'today' });
    const refused = await startScript('migrate-mysql-to-sqlite', ['--to', to], settings).end;
    lock.stop();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/Another daemon uses DATA_DIR/);
    const done = await startScript('migrate-mysql-to-sqlite', ['--to', to], settings).end;
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/Copied root@.* to .*back\.sqlite/);
    await openAsDaemon(to);
  });
});
