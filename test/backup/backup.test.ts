import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupMysql } from '../../src/backup/backup-mysql.js';
import { backupSqlite, type BackupResult } from '../../src/backup/backup-sqlite.js';
import { listBackups, pruneBackups } from '../../src/backup/backup-files.js';
import { restoreMysql } from '../../src/backup/restore-mysql.js';
import { restoreSqlite } from '../../src/backup/restore-sqlite.js';
import { DataDirLock } from '../../src/coordination/data-dir-lock.js';
import type { DatabaseLocation, MysqlLocation } from '../../src/storage/connection/location.js';
import { openStores } from '../../src/storage/stores.js';
import { openDatabase } from '../../src/storage/database/database.js';
import {
  fixedClock,
  forEachEngine,
  mysqlSettings,
  onMysqlServer,
  type TestEngine,
} from '../database.js';
import { candles, SERIES_KEY } from '../storage/rows.js';
import { startScript, type Command } from '../transfer/run-command.js';

const KILLS = process.env['EVENKEEL_TEST_LONG'] === 'true' ? 30 : 4;
const HOUR = 3_600_000;

let root: string;
let folder: string;
/** Each one at a time of its own: the database that it puts aside is named for it. */
let restores = 0;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'evenkeel-backup-'));
  folder = path.join(root, 'backups');
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function place(timeMs = 1_700_000_000_000) {
  return { folder, clock: fixedClock(timeMs), pid: process.pid };
}

function backup(location: DatabaseLocation, timeMs?: number): Promise<BackupResult> {
  return location.engine === 'sqlite'
    ? backupSqlite(location.file, place(timeMs))
    : backupMysql(location, place(timeMs));
}

function restore(file: string, location: DatabaseLocation, isForced = false) {
  restores += 1;
  const options = { isForced, clock: fixedClock(restores * HOUR), pid: process.pid };
  return location.engine === 'sqlite'
    ? restoreSqlite(file, location.file, options)
    : restoreMysql(file, location, options);
}

async function store(engine: TestEngine, count: number): Promise<void> {
  const { database, stores } = await engine.open();
  const { id } = await stores.series.ensure(SERIES_KEY);
  await stores.candles.upsert(id, candles(count), 'rest');
  await database.close();
}

async function storedCandles(location: DatabaseLocation): Promise<number> {
  const database = await openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER });
  const stores = openStores(database, fixedClock());
  const { id } = await stores.series.ensure(SERIES_KEY);
  const count = await stores.candles.count(id);
  expect(await stores.candles.read(id)).toEqual(candles(count));
  await database.close();
  return count;
}

function settingsOf(location: DatabaseLocation): Record<string, string> {
  return location.engine === 'sqlite'
    ? { SQLITE_FILE: location.file, DATA_DIR: root }
    : { ...mysqlSettings(location), MYSQL_ENABLED: 'true', DATA_DIR: root };
}

async function dropKept(location: DatabaseLocation, kept: string | undefined): Promise<void> {
  if (location.engine === 'mysql' && kept !== undefined) {
    await onMysqlServer(`DROP DATABASE \`${kept}\``);
  }
}

forEachEngine((engine) => {
  describe('a backup', () => {
    it('brings back what was stored, and the newer database is kept beside', async () => {
      await store(engine, 300);
      const made = await backup(engine.location());
      expect(made.verified).toMatch(/every row counted/);
      await store(engine, 310);
      await expect(restore(made.path, engine.location())).rejects.toThrow(/--force replaces/);
      expect(await storedCandles(engine.location())).toBe(310);
      const { kept, rows } = await restore(made.path, engine.location(), true);
      expect(await storedCandles(engine.location())).toBe(300);
      expect(rows).toBe(made.rows);
      const old = keptLocation(engine.location(), kept);
      expect(await storedCandles(old)).toBe(310);
      await dropKept(engine.location(), kept);
    });

    it('is of one moment while it is written to', async () => {
      const { database, stores } = await engine.open();
      const { id } = await stores.series.ensure(SERIES_KEY);
      let isWriting = true;
      let count = 0;
      const write = async (): Promise<void> => {
        for (; isWriting; count += 50) {
          await stores.candles.upsert(id, candles(count + 50).slice(count), 'rest');
          await setTimeout(1);
        }
      };
      const writing = write();
      const made = await backup(engine.location());
      isWriting = false;
      await writing;
      await database.close();
      const { kept } = await restore(made.path, engine.location(), true);
      const stored = await storedCandles(engine.location());
      expect(stored % 50).toBe(0);
      expect(stored).toBeLessThanOrEqual(count);
      await dropKept(engine.location(), kept);
    });

    it('that is cut off or of something else is refused, and the database stays', async () => {
      await store(engine, 200);
      const made = await backup(engine.location());
      const ending = path.basename(made.path);
      const cut = path.join(root, ending);
      const whole = readFileSync(made.path);
      writeFileSync(cut, whole.subarray(0, whole.length - 200));
      await expect(restore(cut, engine.location(), true)).rejects.toThrow(/damaged or cut off/);
      const other = path.join(root, engine.name === 'sqlite' ? 'other.sqlite' : 'other.sql');
      writeFileSync(
        other,
        engine.name === 'sqlite' ? 'no database' : 'CREATE TABLE recipes (id INT);',
      );
      await expect(restore(other, engine.location(), true)).rejects.toThrow(
        /cannot be read as a database|holds no data of this program/,
      );
      await expect(restore(path.join(root, 'none'), engine.location(), true)).rejects.toThrow(
        /There is no backup/,
      );
      expect(await storedCandles(engine.location())).toBe(200);
      expect(readdirSync(root).filter((name) => name.startsWith('.partial'))).toEqual([]);
    });

    it('keeps the newest ones and no other file is touched', async () => {
      await store(engine, 10);
      for (let hour = 0; hour < 4; hour++) await backup(engine.location(), hour * HOUR);
      writeFileSync(path.join(folder, 'my notes.txt'), 'keep me');
      const all = listBackups(folder).map(({ path: name }) => name);
      expect(all).toHaveLength(4);
      const gone = pruneBackups(folder, { engine: engine.name, keep: 2 });
      expect(gone).toEqual(all.slice(2));
      expect(listBackups(folder).map(({ path: name }) => name)).toEqual(all.slice(0, 2));
      expect(existsSync(path.join(folder, 'my notes.txt'))).toBe(true);
    });

    it(
      `that is killed ${KILLS} times leaves nothing under a backup's name that is not whole`,
      async () => {
        await store(engine, 5_000);
        const began = performance.now();
        expect((await startBackup(engine).end).code).toBe(0);
        const wholeMs = performance.now() - began;
        for (let kill = 0; kill < KILLS; kill++) {
          const { child, end } = startBackup(engine);
          await Promise.race([setTimeout(wholeMs * (0.3 + (0.7 * (kill + 1)) / KILLS)), end]);
          child.kill('SIGKILL');
          await end;
        }
        const made = listBackups(folder);
        expect(made.length).toBeGreaterThan(0);
        for (const { path: file } of made) {
          const { kept } = await restore(file, engine.location(), true);
          expect(await storedCandles(engine.location())).toBe(5_000);
          await dropKept(engine.location(), kept);
        }
        expect((await startBackup(engine).end).code).toBe(0);
        // What the killed ones left was swept away.
        expect(readdirSync(folder).filter((name) => name.startsWith('.partial'))).toEqual([]);
        if (engine.name === 'mysql')
          await onMysqlServer(`DROP DATABASE IF EXISTS \`${scratch(engine)}\``);
      },
      KILLS * 60_000,
    );

    it('is not restored under a daemon', async () => {
      await store(engine, 20);
      const made = await backup(engine.location());
      const lock = new DataDirLock(root);
      lock.acquire({ pid: 4711, host: 'here', startedAt: 'today' });
      const args = [made.path, '--force'];
      const { code, stderr } = await startScript(
        'restore',
        args,
        settingsOf(engine.location()),
        root,
      ).end;
      lock.stop();
      expect(code).toBe(1);
      expect(stderr).toMatch(/Another daemon uses DATA_DIR .*process 4711/);
      const again = await startScript('restore', args, settingsOf(engine.location()), root).end;
      expect(again).toMatchObject({ code: 0 });
      const kept = /kept as (\S+)/.exec(again.stdout)?.[1];
      await dropKept(engine.location(), kept);
    });
  });
});

function scratch(engine: TestEngine): string {
  const location = engine.location();
  return location.engine === 'mysql' ? `${location.database}_verify` : '';
}

function startBackup(engine: TestEngine): Command {
  return startScript(
    'backup',
    ['--to', folder, '--keep', '50'],
    settingsOf(engine.location()),
    root,
  );
}

function keptLocation(location: DatabaseLocation, kept = ''): DatabaseLocation {
  return location.engine === 'sqlite'
    ? { engine: 'sqlite', file: kept }
    : ({ ...location, database: kept } satisfies MysqlLocation);
}

describe('a database that another process has open', () => {
  it('is not replaced', async () => {
    const file = path.join(root, 'live.sqlite');
    const location = { engine: 'sqlite', file } as const;
    const database = await openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER });
    const made = await backup(location);
    await expect(restore(made.path, location, true)).rejects.toThrow(
      /is in use: stop the daemon first/,
    );
    await database.close();
    await restore(made.path, location, true);
  });

  it('is put aside as it is when it is damaged', async () => {
    const file = path.join(root, 'live.sqlite');
    const location = { engine: 'sqlite', file } as const;
    const context = { clock: fixedClock(), logger: SILENT_LOGGER };
    await (await openDatabase(location, context)).close();
    const made = await backup(location);
    writeFileSync(file, 'damaged beyond repair'.repeat(500));
    await expect(backup(location)).rejects.toThrow();
    const { kept } = await restore(made.path, location, true);
    expect(readFileSync(kept ?? '', 'utf8')).toMatch(/^damaged/);
    const database = new SqliteDatabase(file, { readonly: true });
    expect(database.pragma('quick_check', { simple: true })).toBe('ok');
    database.close();
  });
});

const mountReason = findMountReason();
const mountTitle =
  mountReason === undefined
    ? 'a disk that is full'
    : `a disk that is full (skipped: ${mountReason})`;

describe.skipIf(mountReason !== undefined)(mountTitle, () => {
  it('is named, and leaves nothing but what was there', async () => {
    const file = path.join(root, 'big.sqlite');
    const location = { engine: 'sqlite', file } as const;
    const database = await openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER });
    const stores = openStores(database, fixedClock());
    const { id } = await stores.series.ensure(SERIES_KEY);
    await stores.candles.upsert(id, candles(20_000), 'rest');
    await database.close();
    folder = path.join(root, 'disk');
    mount(folder, 'size=1m');
    try {
      await expect(backup(location)).rejects.toThrow(
        /The disk of .*disk is full: free space or name/,
      );
      expect(readdirSync(folder)).toEqual([]);
      const environment = { SQLITE_FILE: file, DATA_DIR: root };
      const { code, stderr } = await startScript('backup', ['--to', folder], environment, root).end;
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).toMatch(/^backup: The disk of .* is full/);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

function mount(target: string, options: string): void {
  mkdirSync(target, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', target], { stdio: 'pipe' });
}

/** Why no small disk can be mounted here; undefined when one can. */
function findMountReason(): string | undefined {
  const probe = mkdtempSync(path.join(tmpdir(), 'evenkeel-mount-'));
  try {
    mount(probe, 'size=1m');
    execFileSync('umount', [probe]);
    return undefined;
  } catch {
    return 'needs the right to mount a tmpfs';
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
