import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/lib/errors.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { readTableShapes } from '../../src/transfer/table-shapes.js';
import { fixedClock, mysqlSkipReason, onMysqlServer } from '../database.js';
import { fillTables } from './fill-tables.js';
import { tableReport, totals, TransferFixture } from './transfer-fixture.js';

let fixture: TransferFixture;

beforeEach(async () => {
  fixture = new TransferFixture();
  await fixture.create();
});

afterEach(() => fixture.remove());

/** Everything that the server says about the database, its rows included. */
async function targetState(): Promise<unknown> {
  const { host, port, user, password, database } = fixture.location;
  const connection = await createConnection({ host, port, user, password });
  try {
    const ask = async (sql: string): Promise<RowDataPacket[]> =>
      (await connection.query<RowDataPacket[]>(sql, [database]))[0];
    const tables = await ask(
      `SELECT table_name AS name, create_time, auto_increment, table_type FROM information_schema.tables
        WHERE table_schema = ? ORDER BY 1`,
    );
    const columns = await ask(
      'SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = ? ORDER BY 1, 2',
    );
    const sums: unknown[] = [];
    for (const { name, table_type: type } of tables) {
      if (type !== 'BASE TABLE') continue;
      sums.push(await ask(`CHECKSUM TABLE \`${database}\`.\`${String(name)}\``));
    }
    const databases = await ask('SELECT * FROM information_schema.schemata WHERE schema_name = ?');
    return { tables, columns, sums, databases };
  } finally {
    await connection.end();
  }
}

const title = `a dry run${mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`}`;

describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
  it('writes nothing where nothing is, and makes no database', async () => {
    fillTables(fixture.file, { from: 0, count: 5 });
    const before = { file: fixture.fileHash(), target: await targetState() };
    const { report } = await fixture.copy({ isDryRun: true });
    expect({ file: fixture.fileHash(), target: await targetState() }).toEqual(before);
    expect(before.target).toMatchObject({ databases: [], tables: [] });
    expect(report).toMatchObject({ isDryRun: true, makesSchema: true, isClean: true });
    expect(totals(report)['inserted']).toBe(5 * readTableShapes().length);
  });

  it('says what would move into a target that has some, and writes nothing', async () => {
    fillTables(fixture.file, { from: 0, count: 5 });
    await fixture.copy();
    fillTables(fixture.file, { from: 5, count: 2 });
    fixture.onSource("UPDATE runs SET exit_reason = 'done', row_version = 2 WHERE id < 3");
    await fixture.onTarget("UPDATE runs SET exit_reason = 'mine', row_version = 7 WHERE id = 4");
    const before = { file: fixture.fileHash(), target: await targetState() };
    const { report } = await fixture.copy({ isDryRun: true });
    expect({ file: fixture.fileHash(), target: await targetState() }).toEqual(before);
    expect(tableReport(report, 'runs')).toMatchObject({
      sourceRows: 7,
      inserted: 2,
      updated: 2,
      unchanged: 2,
      keptNewer: 1,
      verification: undefined,
    });
    const real = await fixture.copy();
    expect(totals(real.report)).toEqual(totals(report));
  });

  it('leaves a source alone that a daemon has open', async () => {
    fillTables(fixture.file, { from: 0, count: 5 });
    const { report } = await fixture.copy({
      isDryRun: true,
      progress: {
        begin: () => fillTables(fixture.file, { from: 5, count: 1 }),
        advance: () => undefined,
        end: () => undefined,
      },
    });
    expect(report.sourceChanged).toBe(true);
    expect(tableReport(report, 'runs')).toMatchObject({ sourceRows: 5, inserted: 5 });
  });

  it('names a column of the target that is of another type', async () => {
    await fixture.copy();
    await fixture.onTarget('ALTER TABLE market_data MODIFY close FLOAT NOT NULL');
    await expect(fixture.copy({ isDryRun: true })).rejects.toThrow(
      /market_data\.close is float, expected double/,
    );
    await expect(fixture.copy()).rejects.toThrow(ConfigError);
  });

  it('names a database of another program', async () => {
    const { database } = fixture.location;
    await onMysqlServer(
      `CREATE DATABASE \`${database}\``,
      `CREATE TABLE \`${database}\`.recipes (id INT)`,
    );
    await expect(fixture.copy({ isDryRun: true })).rejects.toThrow(/another program/);
    await expect(fixture.copy()).rejects.toThrow(/another program/);
  });
});

describe.skipIf(mysqlSkipReason !== undefined)('a source', () => {
  it('is named where there is none, and not made', async () => {
    const missing = new TransferFixture();
    await expect(missing.copy({ isDryRun: true })).rejects.toThrow(
      /There is no database .*--source/,
    );
    await missing.remove();
  });

  it('that is not what it was when it was closed is refused, and nothing is made of it', async () => {
    const location = { engine: 'sqlite', file: fixture.file } as const;
    await (await openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER })).close();
    const handle = openSync(fixture.file, 'r+');
    writeSync(handle, 'x', statSync(fixture.file).size - 1);
    closeSync(handle);
    await expect(fixture.copy()).rejects.toThrow(/is damaged: it is not what it was/);
    expect(await targetState()).toMatchObject({ databases: [], tables: [] });
  });

  it('of an older schema is refused with what brings it up to date', async () => {
    fixture.onSource("DELETE FROM evenkeel_migrations WHERE name LIKE '0021%'");
    await expect(fixture.copy()).rejects.toThrow(
      /older than this program \(1 steps.*start the daemon on it once/,
    );
  });

  it('of a newer program is refused', async () => {
    fixture.onSource("INSERT INTO evenkeel_migrations VALUES ('9999_future', 1)");
    await expect(fixture.copy()).rejects.toThrow(/newer than this program/);
  });
});
