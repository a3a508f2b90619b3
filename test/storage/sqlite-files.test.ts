import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import { ConfigError, TransientError } from '../../src/lib/errors.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { fixedClock } from './fixed-clock.js';
import { aCandle, candles, SERIES_KEY } from './rows.js';

const root = mkdtempSync(path.join(tmpdir(), 'evenkeel-files-'));
const opened: Database[] = [];
let file = '';
let cases = 0;

beforeEach(() => {
  file = path.join(root, `case-${cases++}`, 'evenkeel.db');
  mkdirSync(path.dirname(file));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

async function open(name = file): Promise<{ database: Database; stores: Stores }> {
  const context = { clock: fixedClock(), logger: SILENT_LOGGER };
  const database = await openDatabase({ engine: 'sqlite', file: name }, context);
  opened.push(database);
  return { database, stores: openStores(database, context.clock) };
}

/** A database with some candles, left as a process leaves it that closes it. */
async function closedWithCandles(): Promise<readonly Candle[]> {
  const { database, stores } = await open();
  const { id } = await stores.series.ensure(SERIES_KEY);
  await stores.candles.upsert(id, candles(2_000), 'rest');
  await database.close();
  return candles(2_000);
}

function overwrite(name: string, position: number, bytes: Buffer): void {
  const handle = openSync(name, 'r+');
  writeSync(handle, bytes, 0, bytes.length, position);
  closeSync(handle);
}

describe('a SQLite file', () => {
  it('is made with its folder where there is none', async () => {
    const deep = path.join(root, 'new', 'folders', 'evenkeel.db');
    await open(deep);
    expect(existsSync(deep)).toBe(true);
  });

  it('commits to disk before it answers', async () => {
    const { database } = await open();
    // 2 is FULL: WAL is synced at each commit (SQLite, PRAGMA synchronous).
    expect(await database.selectRows('PRAGMA synchronous', [])).toEqual([[2]]);
    expect(await database.selectRows('PRAGMA journal_mode', [])).toEqual([['wal']]);
    expect(await database.selectRows('PRAGMA foreign_keys', [])).toEqual([[1]]);
  });

  it('closes as often as it is asked to', async () => {
    const { database } = await open();
    await database.close();
    await database.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it('is named when it is no database at all, and left as it is', async () => {
    writeFileSync(file, 'my diary, and not a database '.repeat(100));
    const before = readFileSync(file);
    await expect(open()).rejects.toThrow(/not a usable SQLite database: file is not a database/);
    await expect(open()).rejects.toThrow(ConfigError);
    expect(readFileSync(file)).toEqual(before);
  });

  it('is refused and not touched when it belongs to another program', async () => {
    const foreign = new SqliteDatabase(file);
    foreign.exec('CREATE TABLE recipes (name TEXT)');
    foreign.close();
    const before = readFileSync(file);
    await expect(open()).rejects.toThrow(/another program's database \(1 tables/);
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it('is refused when another program marked it as its own', async () => {
    const foreign = new SqliteDatabase(file);
    foreign.pragma('application_id = 4711');
    foreign.close();
    await expect(open()).rejects.toThrow(ConfigError);
  });

  it('is refused when it was cut off', async () => {
    await closedWithCandles();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await expect(open()).rejects.toThrow(/damaged: it is not what it was/);
    rmSync(`${file}.sum`);
    await expect(open()).rejects.toThrow(/malformed/);
    await expect(open()).rejects.toThrow(ConfigError);
  });

  it('is read through after an unclean end, and refused when it is damaged', async () => {
    const { database, stores } = await open();
    const { id } = await stores.series.ensure(SERIES_KEY);
    await stores.candles.upsert(id, candles(2_000), 'rest');
    await database.selectRows('PRAGMA wal_checkpoint(TRUNCATE)', []);
    await stores.candles.upsert(id, [aCandle(2_000)], 'rest');
    const copy = path.join(path.dirname(file), 'copy.db');
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    const pages = Math.floor(statSync(copy).size / 4_096);
    for (let page = pages - 8; page < pages; page++) {
      overwrite(copy, page * 4_096, Buffer.alloc(64, 0xa5));
    }
    await expect(open(copy)).rejects.toThrow(/damaged|malformed/);
    await expect(open(copy)).rejects.toThrow(ConfigError);
  });

  it('opens to the last commit when the process before was killed', async () => {
    const { stores } = await open();
    const { id } = await stores.series.ensure(SERIES_KEY);
    await stores.candles.upsert(id, candles(300), 'rest');
    const copy = path.join(path.dirname(file), 'killed.db');
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    // A commit that was being written when the power failed: half a frame at the end.
    const wal = statSync(`${copy}-wal`).size;
    truncateSync(`${copy}-wal`, wal - 100);
    const found = await open(copy);
    const read = await found.stores.candles.read(id);
    expect(candles(300).slice(0, read.length)).toEqual(read);
    expect(read.length).toBe(250);
  });

  it('cannot be a folder, nor lie below a file', async () => {
    mkdirSync(file);
    await expect(open()).rejects.toThrow(ConfigError);
    const below = path.join(root, 'plain-file');
    writeFileSync(below, '');
    await expect(open(path.join(below, 'evenkeel.db'))).rejects.toThrow(/cannot be written/);
  });

  it('waits for another writer and is then served', async () => {
    const one = await open();
    const other = await open();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = one.stores.transaction(async (tx) => {
      await tx.series.ensure(SERIES_KEY);
      await gate;
    });
    const waiting = other.stores.series.ensure({ ...SERIES_KEY, symbol: 'ETH/USDT' });
    setImmediate(release);
    await Promise.all([slow, waiting]);
    expect(await one.stores.series.list({ venue: 'binance' })).toHaveLength(2);
  });
});

const mountReason = findMountReason();
const mountTitle =
  mountReason === undefined ? 'a small disk' : `a small disk (skipped: ${mountReason})`;

describe('statements that are answered within a turn of the event loop', () => {
  /** Longer than a turn may last, on any machine. */
  const SLOW =
    'with recursive steps(n) as (select 1 union all select n + 1 from steps where n < 50000) select max(n) from steps';
  const STATEMENTS = 12;

  it.each([
    [
      'one after another',
      async (ask: () => Promise<unknown>) => {
        for (let asked = 0; asked < STATEMENTS; asked++) await ask();
      },
    ],
    [
      'all at once',
      (ask: () => Promise<unknown>) => Promise.all(Array.from({ length: STATEMENTS }, ask)),
    ],
  ])('leave turns to others: %s', async (_, askAll) => {
    const { database } = await open();
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    await askAll(() => database.selectRows(SLOW, []));
    clearInterval(counting);
    expect(turns).toBeGreaterThanOrEqual(STATEMENTS - 2);
  });
});

describe.skipIf(mountReason !== undefined)(mountTitle, () => {
  const disk = path.join(root, 'disk');

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    execFileSync('umount', [disk]);
  });

  it('that is full is named; what was stored stays, and work goes on once there is space', async () => {
    mount(disk, 'size=3m');
    file = path.join(disk, 'evenkeel.db');
    const { stores } = await open();
    const { id } = await stores.series.ensure(SERIES_KEY);
    const ballast = path.join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1_000_000));
    let acknowledged = 0;
    const fill = async (): Promise<void> => {
      for (; acknowledged < 100_000; acknowledged += 250) {
        const chunk = Array.from({ length: 250 }, (_, index) => aCandle(acknowledged + index));
        await stores.candles.upsert(id, chunk, 'rest');
      }
    };
    const filling = fill();
    await expect(filling).rejects.toThrow(TransientError);
    await expect(filling).rejects.toThrow(/disk of .* is full/);
    expect(await stores.candles.read(id)).toEqual(candles(acknowledged));
    rmSync(ballast);
    await stores.candles.upsert(id, [aCandle(acknowledged)], 'rest');
    expect(await stores.candles.count(id)).toBe(acknowledged + 1);
  });

  it('that is read-only stops the start', async () => {
    mount(disk, 'size=3m');
    file = path.join(disk, 'evenkeel.db');
    await closedWithCandles();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await expect(open()).rejects.toThrow(/cannot be written.*write access/);
    await expect(open()).rejects.toThrow(ConfigError);
  });
});

function mount(folder: string, options: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
}

/** Why no small disk can be mounted here; undefined when one can. */
function findMountReason(): string | undefined {
  const folder = path.join(root, 'probe');
  try {
    mount(folder, 'size=1m');
    execFileSync('umount', [folder]);
    return undefined;
  } catch {
    return 'needs the right to mount: run as root';
  }
}
