import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTableShapes } from '../../src/transfer/table-shapes.js';
import { mysqlSkipReason } from '../database.js';
import { onMysqlServer } from '../mysql-server.js';
import { fillTables } from './fill-tables.js';
import { tableReport, totals, TransferFixture } from './transfer-fixture.js';

const ROWS = 40;

let fixture: TransferFixture;

beforeEach(async () => {
  fixture = new TransferFixture();
  await fixture.create();
});

afterEach(() => fixture.remove());

const title = `a copy from SQLite to MySQL${mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`}`;

describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
  it('moves every row of every table, value by value', async () => {
    fillTables(fixture.file, { from: 0, count: ROWS });
    const { report, listed } = await fixture.copy();
    const { source, target } = await fixture.contents();
    expect(target).toEqual(source);
    // The list of tables is the database's own: none is forgotten, and none was left empty here.
    expect(Object.values(source).every((rows) => rows.length === ROWS)).toBe(true);
    expect(report.tables.map(({ table }) => table).sort()).toEqual(Object.keys(source).sort());
    expect(listed).toEqual([]);
    expect(report.isClean).toBe(true);
    for (const { verification } of report.tables) {
      expect(verification).toMatchObject({ rows: ROWS, differences: 0 });
      expect(verification?.targetChecksum).toBe(verification?.sourceChecksum);
    }
  });

  it('gives series the ids that the target has for them', async () => {
    fillTables(fixture.file, { from: 5, count: 3 });
    await fixture.copy();
    // Another series takes the ids that the next ones have in the source.
    await fixture.onTarget(
      `INSERT INTO series (uid, venue, symbol, market_id, timeframe, has_volume, row_version, created_at)
        VALUES ('other', 'binance', 'X/USDT', 'XUSDT', '1h', 1, 1, 1)`,
    );
    fillTables(fixture.file, { from: 8, count: 3 });
    await fixture.copy();
    const { source, target } = await fixture.contents();
    expect(target['market_data']).toEqual(source['market_data']);
    expect(target['known_gaps']).toEqual(source['known_gaps']);
    expect(target['series']).toHaveLength(7);
  });

  it('keeps the series that the target made for the same instrument', async () => {
    fillTables(fixture.file, { from: 0, count: 4 });
    await fixture.copy();
    await fixture.onTarget("UPDATE series SET uid = CONCAT('mine-', id), created_at = 99");
    fillTables(fixture.file, { from: 4, count: 2 });
    const { report } = await fixture.copy();
    expect(report.isClean).toBe(true);
    expect(tableReport(report, 'series')).toMatchObject({ inserted: 2, unchanged: 4, updated: 0 });
    const uids = await fixture.onTarget('SELECT uid FROM series ORDER BY id LIMIT 1');
    expect(uids).toEqual([{ uid: 'mine-1' }]);
    expect(tableReport(report, 'market_data')).toMatchObject({ inserted: 2, unchanged: 4 });
  });

  it('copies only what is new when it is run again', async () => {
    fillTables(fixture.file, { from: 0, count: ROWS });
    await fixture.copy();
    const tables = readTableShapes().length;
    const again = await fixture.copy();
    expect(totals(again.report)).toMatchObject({
      inserted: 0,
      updated: 0,
      unchanged: ROWS * tables,
    });
    fillTables(fixture.file, { from: ROWS, count: 3 });
    const { report } = await fixture.copy();
    expect(totals(report)).toMatchObject({ inserted: 3 * tables, unchanged: ROWS * tables });
    const { source, target } = await fixture.contents();
    expect(target).toEqual(source);
  });

  it('replaces older rows of the target and never newer ones', async () => {
    fillTables(fixture.file, { from: 0, count: 10 });
    await fixture.copy();
    fixture.onSource(
      "UPDATE positions SET status = 'closed', row_version = 2 WHERE id = 1",
      "UPDATE positions SET status = 'lost', row_version = 2 WHERE id = 2",
      'UPDATE market_data SET close = 7, revision = 2 WHERE open_time = 60000',
    );
    await fixture.onTarget("UPDATE positions SET status = 'mine', row_version = 3 WHERE id = 2");
    await fixture.onTarget("UPDATE positions SET status = 'mine', row_version = 2 WHERE id = 3");
    await fixture.onTarget(
      'UPDATE market_data SET close = 8, created_at = created_at + 1 WHERE open_time = 120000',
    );
    const { report, listed } = await fixture.copy();
    expect(tableReport(report, 'positions')).toMatchObject({
      updated: 1,
      keptNewer: 2,
      unchanged: 7,
    });
    expect(tableReport(report, 'market_data')).toMatchObject({
      updated: 1,
      keptNewer: 1,
      unchanged: 8,
    });
    expect(report.isClean).toBe(true);
    const states = await fixture.onTarget('SELECT status FROM positions ORDER BY id LIMIT 3');
    expect(states.map(({ status }) => status)).toEqual(['closed', 'mine', 'mine']);
    expect(listed.map(({ table, outcome }) => `${outcome} ${table}`)).toEqual([
      'kept_newer market_data',
      'kept_newer positions',
      'kept_newer positions',
    ]);
    expect(listed[1]?.row['uid']).toBe('uid-1');
  });

  it('reports rows that both sides changed to the same version, and leaves them', async () => {
    fillTables(fixture.file, { from: 0, count: 5 });
    await fixture.copy();
    fixture.onSource("UPDATE positions SET status = 'a', row_version = 2 WHERE id = 1");
    await fixture.onTarget("UPDATE positions SET status = 'b', row_version = 2 WHERE id = 1");
    const { report, listed } = await fixture.copy();
    expect(report.isClean).toBe(false);
    expect(tableReport(report, 'positions')).toMatchObject({ conflicts: 1, updated: 0 });
    expect(tableReport(report, 'positions').verification?.differences).toBe(1);
    expect(listed.map(({ outcome }) => outcome)).toEqual(['conflict', 'difference']);
    expect(await fixture.onTarget('SELECT status FROM positions WHERE id = 1')).toEqual([
      { status: 'b' },
    ]);
  });

  it.each([
    ['an earlier row to a later one', 1, 2],
    ['a later row to an earlier one', 2, 1],
  ])('moves what only one row may hold from %s', async (_, from, to) => {
    fillTables(fixture.file, { from: 0, count: 4 });
    fixture.onSource(
      'UPDATE model_training_records SET serving_key = NULL',
      `UPDATE model_training_records SET serving_key = 'BTC' WHERE id = ${from}`,
    );
    await fixture.copy();
    fixture.onSource(
      'UPDATE model_training_records SET serving_key = NULL, row_version = 2',
      `UPDATE model_training_records SET serving_key = 'BTC' WHERE id = ${to}`,
    );
    const { report } = await fixture.copy();
    expect(report.isClean).toBe(true);
    expect(tableReport(report, 'model_training_records')).toMatchObject({
      updated: 4,
      rejected: 0,
    });
    const serving = await fixture.onTarget(
      "SELECT id FROM model_training_records WHERE serving_key = 'BTC'",
    );
    expect(serving).toEqual([{ id: String(to) }]);
  });

  it('hands back rows that the target cannot hold, with the reason, and copies the others', async () => {
    fillTables(fixture.file, { from: 0, count: 30 });
    fixture.onSource(
      `UPDATE predictions SET uid = '${'x'.repeat(27)}' WHERE id = 3`,
      'UPDATE market_data SET revision = 40000 WHERE open_time = 240000',
      'UPDATE predictions SET p_sell = 9e999 WHERE id = 9',
    );
    const look = await fixture.copy({ isDryRun: true });
    expect(look.listed.map(({ table, reason }) => `${table}: ${reason}`)).toEqual([
      'market_data: revision holds 32767 at most',
      'predictions: uid holds 26 characters at most',
    ]);
    const { report, listed } = await fixture.copy();
    expect(report.isClean).toBe(false);
    expect(totals(report)).toMatchObject({ rejected: 3 });
    expect(listed.map(({ table, outcome }) => `${outcome} ${table}`)).toEqual([
      'rejected market_data',
      'rejected predictions',
      'rejected predictions',
    ]);
    expect(listed[0]?.reason).toMatch(/Out of range value for column 'revision'/);
    expect(listed[1]?.reason).toMatch(/Data too long for column 'uid'/);
    expect(listed[2]?.row['p_sell']).toBe('Infinity');
    expect(tableReport(report, 'predictions').verification).toMatchObject({
      rows: 28,
      differences: 0,
    });
    const { source, target } = await fixture.contents();
    expect(target['predictions']).toHaveLength(28);
    expect(target['signals']).toEqual(source['signals']);
  });

  it('refuses the children of what it refused', async () => {
    fillTables(fixture.file, { from: 0, count: 6 });
    fixture.onSource(
      'PRAGMA foreign_keys = OFF',
      `UPDATE positions SET uid = '${'p'.repeat(30)}' WHERE uid = 'uid-1'`,
      `UPDATE orders SET position_uid = '${'p'.repeat(30)}' WHERE position_uid = 'uid-1'`,
      `UPDATE series SET timeframe = 'much too long' WHERE id = 2`,
    );
    const { report, listed } = await fixture.copy();
    const rejected = listed.map(({ table, outcome }) => `${outcome} ${table}`);
    expect(rejected).toEqual([
      'rejected series',
      'rejected market_data',
      'rejected known_gaps',
      'rejected quarantined_candles',
      'rejected positions',
      'rejected orders',
      'rejected fills',
    ]);
    expect(listed[1]?.reason).toBe('its series is not in the target');
    expect(report.isClean).toBe(false);
  });

  it('does the same where the server forbids loading', async () => {
    fillTables(fixture.file, { from: 0, count: ROWS });
    fixture.onSource(`UPDATE signals SET uid = '${'x'.repeat(27)}' WHERE id = 3`);
    const { report } = await fixture.copy({ mayLoad: false });
    expect(totals(report)).toMatchObject({ rejected: 1 });
    const { source, target } = await fixture.contents();
    expect(target['signals']).toHaveLength(ROWS - 1);
    expect({ ...target, signals: [] }).toEqual({ ...source, signals: [] });
  });

  it('stores candles under the name that the settings give them', async () => {
    const named = new TransferFixture({ marketDataTable: 'bars' });
    try {
      await named.create();
      fillTables(named.file, { from: 0, count: 5 });
      expect((await named.copy()).report.isClean).toBe(true);
      expect(await named.onTarget('SELECT COUNT(*) AS n FROM bars')).toEqual([{ n: '5' }]);
      const { source, target } = await named.contents();
      expect(target).toEqual(source);
    } finally {
      await named.remove();
    }
  });

  it('copies the tables that are asked for with those they refer to', async () => {
    fillTables(fixture.file, { from: 0, count: 3 });
    const { report } = await fixture.copy({ tables: ['fills', 'market_data'] });
    expect(report.tables.map(({ table }) => table)).toEqual([
      'series',
      'market_data',
      'positions',
      'orders',
      'fills',
    ]);
    await expect(fixture.copy({ tables: ['fils'] })).rejects.toThrow(
      'There is no table fils to copy; there is fills',
    );
  });

  it('goes by the settled state of the source while it is being written', async () => {
    fillTables(fixture.file, { from: 0, count: 3 });
    const { report } = await fixture.copy({
      progress: {
        begin: (stage) => {
          if (stage === 'verify') fillTables(fixture.file, { from: 3, count: 2 });
        },
        advance: () => undefined,
        end: () => undefined,
      },
    });
    expect(report.sourceChanged).toBe(true);
    expect(report.isClean).toBe(true);
    expect(totals(report)['inserted']).toBe(3 * readTableShapes().length);
  });
});

describe.skipIf(mysqlSkipReason !== undefined)('the verification', () => {
  it('does without its second connection where the server gives a user only one', async () => {
    fillTables(fixture.file, { from: 0, count: ROWS });
    const user = `${fixture.location.database}_one`;
    const name = `'${user}'@'%'`;
    await onMysqlServer(
      `CREATE USER ${name} IDENTIFIED BY 'secret'`,
      `GRANT ALL ON \`${fixture.location.database}\`.* TO ${name} WITH MAX_USER_CONNECTIONS 1`,
    );
    const single = { ...fixture.location, user, password: 'secret', poolSize: 1 };
    try {
      const { report } = await fixture.copy({ location: single });
      expect(report.isClean).toBe(true);
      expect(tableReport(report, 'signals').verification).toMatchObject({ rows: ROWS });
    } finally {
      await onMysqlServer(`DROP USER ${name}`);
    }
  });

  it('finds what changed or went in the target after it was copied', async () => {
    fillTables(fixture.file, { from: 0, count: 50 });
    const changes = [
      'UPDATE market_data SET close = close + 1 WHERE open_time = 180000',
      'UPDATE predictions SET uid = "another" WHERE id = 7',
      'DELETE FROM equity WHERE at = 180000',
    ];
    const { report, listed } = await fixture.copy({ beforeVerify: changes });
    expect(report.isClean).toBe(false);
    expect(listed.map(({ outcome, table, reason }) => `${outcome} ${table} ${reason}`)).toEqual([
      'difference market_data differs in the target under the same version',
      'difference predictions is not in the target',
      'difference equity is not in the target',
    ]);
    expect(tableReport(report, 'equity').verification).toMatchObject({ rows: 49, differences: 1 });
    expect(tableReport(report, 'signals').verification).toMatchObject({ rows: 50, differences: 0 });
  });
});
