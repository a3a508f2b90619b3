import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ulid } from 'ulid';
import { DataDirLock } from '../../src/coordination/data-dir-lock.js';
import { DatabaseWatch } from '../../src/coordination/database-watch.js';
import { TransientError } from '../../src/lib/errors.js';
import { SystemClock } from '../../src/lib/clock.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { daemonRig, QUICK } from '../daemon/daemon-child.js';
import { candles, SERIES_KEY } from '../storage/rows.js';
import { SmallDisk, smallDiskSkipReason } from '../storage/small-disk.js';

const clock = new SystemClock();
const UNAVAILABLE = 69;

let folder = '';
let file = '';
let database: Database;
let stores: Stores;
let watch: DatabaseWatch;

async function open(at: string): Promise<void> {
  file = at;
  database = await openDatabase({ engine: 'sqlite', file }, { clock, logger: SILENT_LOGGER });
  stores = openStores(database, clock);
  const runUid = ulid();
  const run = { version: '1', settingsHash: 'h', venue: 'demo', pid: 1, host: 'here' };
  await stores.runs.begin({ ...run, uid: runUid, startedAt: 1 });
  watch = new DatabaseWatch({ database, runUid, clock, logger: SILENT_LOGGER });
}

async function reason(): Promise<string | undefined> {
  await watch.check();
  return watch.lostReason;
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-lost-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the file of SQLite', () => {
  beforeEach(() => open(path.join(folder, 'evenkeel.sqlite')));

  afterEach(async () => {
    await watch.stop();
    await database.close();
  });

  it('that is moved away is noticed by the next check, and so is its return', async () => {
    expect(await reason()).toBeUndefined();
    renameSync(file, `${file}.old`);
    expect(await reason()).toMatch(/evenkeel\.sqlite was deleted or moved while it was in use/);
    await expect(watch.whileAnswering(() => stores.runs.list({}, { limit: 1, offset: 0 })))
      .rejects //
      .toBeInstanceOf(TransientError);
    renameSync(`${file}.old`, file);
    expect(await reason()).toBeUndefined();
  });

  it('that is deleted with its log is noticed, whatever takes its place', async () => {
    rmSync(file);
    rmSync(`${file}-wal`);
    expect(await reason()).toMatch(/was deleted or moved.*restore a backup/);
    writeFileSync(file, 'something else');
    expect(await reason()).toMatch(/was replaced by another file/);
  });

  it('whose log alone is deleted is noticed too: the newest rows lie there', async () => {
    expect(await reason()).toBeUndefined();
    rmSync(`${file}-wal`);
    expect(await reason()).toMatch(/evenkeel\.sqlite-wal was deleted or moved/);
  });
});

const title = smallDiskSkipReason === undefined ? '' : ` (skipped: ${smallDiskSkipReason})`;

describe.skipIf(smallDiskSkipReason !== undefined)(`a full disk${title}`, () => {
  let disk: SmallDisk;
  const { start, folder: dataDir } = daemonRig();

  beforeEach(() => {
    disk = new SmallDisk(4_096);
  });

  afterEach(() => {
    disk.remove();
  });

  it('is said by the watch until a row can be stored again', async () => {
    await open(path.join(disk.folder, 'evenkeel.sqlite'));
    const { id } = await stores.series.ensure(SERIES_KEY);
    expect(await reason()).toBeUndefined();
    disk.fill();
    const storing = async (): Promise<void> => {
      for (let at = 0; at < 100; at++) {
        await stores.candles.upsert(id, candles((at + 1) * 500).slice(at * 500), 'rest');
      }
    };
    await expect(storing()).rejects.toThrow(/The disk of .* is full: free some space/);
    expect(await reason()).toMatch(/is full: free some space/);
    expect(await reason()).toMatch(/is full: free some space/);
    disk.free();
    expect(await reason()).toBeUndefined();
    await stores.candles.upsert(id, candles(10), 'rest');
    await watch.stop();
    await database.close();
  });

  it('at the start lets the database and the data folder be tried again later', async () => {
    disk.fill();
    const opening = openDatabase(
      { engine: 'sqlite', file: path.join(disk.folder, 'new', 'evenkeel.sqlite') },
      { clock, logger: SILENT_LOGGER },
    );
    await expect(opening).rejects.toBeInstanceOf(TransientError);
    await expect(opening).rejects.toThrow(/is full/);
    const lock = new DataDirLock(disk.folder);
    const acquire = () => {
      lock.acquire({ pid: 1, host: 'here', startedAt: 'now' });
    };
    expect(acquire).toThrow(TransientError);
    expect(acquire).toThrow(/DATA_DIR .* is full: free some space/);
    lock.stop();
  });

  it.each(['DATA_DIR', 'SQLITE_FILE'])(
    'under %s ends the start with the code that systemd tries again',
    async (setting) => {
      disk.fill();
      const value = setting === 'DATA_DIR' ? disk.folder : path.join(disk.folder, 'a.sqlite');
      const environment = { ...QUICK, JOURNAL_STREAM: '1:1', DATA_DIR: dataDir() };
      const daemon = start({ environment: { ...environment, [setting]: value } });
      expect(await daemon.ended).toEqual({ code: UNAVAILABLE, signal: null });
    },
  );
});

describe('a database in memory', () => {
  const { start, folder: dataDir } = daemonRig();

  it('is refused as SQLITE_FILE, with the way to try something out', async () => {
    const daemon = start({ environment: { DATA_DIR: dataDir(), SQLITE_FILE: ':memory:' } });
    expect((await daemon.ended).code).toBe(78);
    expect(daemon.stderr).toMatch(
      /SQLITE_FILE is ":memory:"; expected the path of a file.*DATA_DIR/,
    );
  });
});
