import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { openStores } from '../../src/storage/stores.js';
import { fixedClock, mysqlSkipReason } from '../database.js';
import { aCandle, aPosition, anOrder, aSession, aJob, KEY, SERIES_KEY } from '../storage/rows.js';
import { fillTables } from './fill-tables.js';
import { tableReport, totals, TransferFixture } from './transfer-fixture.js';

let fixture: TransferFixture;

beforeEach(async () => {
  fixture = new TransferFixture();
  await fixture.create();
});

afterEach(() => fixture.remove());

const title = `moving to MySQL${mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`}`;

describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
  it('copies one moment of a source that is being written, and the rest once that ends', async () => {
    fillTables(fixture.file, { from: 0, count: 20 });
    const writer = spawn(process.execPath, [
      compiledUrl(import.meta.url, './writing-child.js').pathname,
      fixture.file,
      '1800000000000',
    ]);
    await once(writer.stdout, 'data');
    for (let round = 0; round < 3; round++) {
      const { report } = await fixture.copy({ batchRows: 500 });
      expect(report).toMatchObject({ isClean: true, sourceChanged: true });
      await assertOneMoment();
    }
    writer.kill('SIGTERM');
    await once(writer, 'close');
    const { report } = await fixture.copy();
    expect(report).toMatchObject({ isClean: true, sourceChanged: false });
    const { source, target } = await fixture.contents();
    expect(target).toEqual(source);
  });

  /** What one transaction of the writer stored together is there together. */
  async function assertOneMoment(): Promise<void> {
    const [counts] = await fixture.onTarget(
      `SELECT (SELECT COUNT(*) FROM signals WHERE venue = 'v') AS signals,
        (SELECT COUNT(*) FROM decisions WHERE venue = 'v') AS decisions,
        (SELECT COUNT(*) FROM market_data WHERE created_at >= 1800000000000) AS candles,
        (SELECT row_version - 1 FROM runs WHERE uid = 'uid-0') AS steps`,
    );
    expect(Number(counts?.['signals'])).toBeGreaterThan(0);
    expect(counts?.['decisions']).toBe(counts?.['signals']);
    expect(counts?.['candles']).toBe(counts?.['signals']);
    expect(counts?.['steps']).toBe(counts?.['signals']);
  }

  it('is not undone by another run after the daemon works on the new side', async () => {
    const clock = fixedClock();
    const context = { clock, logger: SILENT_LOGGER };
    const old = await openDatabase({ engine: 'sqlite', file: fixture.file }, context);
    const before = openStores(old, clock);
    const series = await before.series.ensure(SERIES_KEY);
    await before.candles.upsert(series.id, [aCandle(0), aCandle(1)], 'rest');
    const position = await before.positions.insert(aPosition());
    const order = await before.orders.insert(anOrder({ positionUid: position.uid }));
    const session = aSession();
    await before.sessions.insert(session);
    const job = aJob(session.uid);
    await before.jobs.insert(job);
    await old.close();
    expect((await fixture.copy()).report.isClean).toBe(true);

    const fresh = await openDatabase(fixture.location, context);
    const after = openStores(fresh, fixedClock(1_800_000_000_000));
    const moved = await after.series.ensure(SERIES_KEY);
    await after.candles.upsert(moved.id, [aCandle(1, { close: 101.5 }), aCandle(2)], 'rest');
    const held = await after.positions.find(position.uid);
    if (held === undefined) throw new Error('the position did not move');
    await after.positions.update({ ...held, status: 'open' }, held.rowVersion);
    await after.orders.settle(order.uid, { status: 'filled', settledAt: 1_800_000_000_000 });
    await after.jobs.claimNext({ venue: KEY.venue, ownerRunUid: 'run', at: 1_800_000_000_000 });
    const wanted = (await fixture.contents()).target;

    const { report, listed } = await fixture.copy();
    expect((await fixture.contents()).target).toEqual(wanted);
    expect(report.isClean).toBe(true);
    expect(totals(report)).toMatchObject({ inserted: 0, updated: 0, kept: 4 });
    expect(listed.map(({ outcome, table }) => `${outcome} ${table}`)).toEqual([
      'kept_newer market_data',
      'kept_newer positions',
      'kept_newer orders',
      'kept_newer training_jobs',
    ]);
    expect(tableReport(report, 'market_data').unchanged).toBe(1);
    await fresh.close();
  });
});
