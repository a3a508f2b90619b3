import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImportReport } from '../../src/collection/files/import-report.js';
import { WatchedFolder } from '../../src/jobs/watched-folder.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { recordingLogger, type LogLine } from '../training/recording-logger.js';

const MINUTE_MS = 60_000;
const START = Date.UTC(2024, 0, 1);
const NOW = Date.UTC(2025, 0, 1);
/** Above the size from which a file is read on. */
const LARGE_BARS = 30_000;
const HEADINGS = 'timestamp,open,high,low,close,volume\n';

let root: string;
let folder: string;
let place: string;
let test: TestDatabase;
let watched: WatchedFolder;
let log: LogLine[];
let clock: ManualClock;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'evenkeel-watched-'));
  folder = path.join(root, 'csv');
  place = path.join(folder, 'own', '1m');
  await mkdir(place, { recursive: true });
  log = [];
  clock = new ManualClock(NOW);
  test = await openTestDatabase({ clock });
  watched = watchFolder();
});
afterEach(async () => {
  await test.database.close();
  await rm(root, { recursive: true, force: true });
});

function watchFolder(): WatchedFolder {
  return new WatchedFolder({
    folder,
    parseName: undefined,
    rejectsDir: path.join(root, 'rejects'),
    recordsDir: path.join(root, 'imports'),
    stores: test.stores,
    clock,
    logger: recordingLogger(log),
  });
}

function poll(): Promise<readonly ImportReport[]> {
  return watched.poll(new AbortController().signal);
}

function rowsOf(from: number, until: number, close = 2): string {
  let text = '';
  for (let bar = from; bar < until; bar++) {
    text += `${START + bar * MINUTE_MS},1.25,9.75,0.5,${close},${bar}.125\n`;
  }
  return text;
}

async function countStored(): Promise<number> {
  const [series] = await test.stores.series.list({ venue: 'csv:own' });
  return series === undefined ? 0 : test.stores.candles.count(series.id);
}

describe('a large file of a watched folder', () => {
  const file = (): string => path.join(place, 'GOLD.csv');

  it('that was written on is read from where it stopped', async () => {
    await writeFile(file(), HEADINGS + rowsOf(0, LARGE_BARS));
    expect((await stat(file())).size).toBeGreaterThan(1_000_000);
    expect(await poll()).toMatchObject([{ inserted: LARGE_BARS }]);
    await appendFile(file(), rowsOf(LARGE_BARS, LARGE_BARS + 3));
    expect(await poll()).toMatchObject([{ rows: 3, inserted: 3, unchanged: 0 }]);
    expect(await poll()).toEqual([]);
    expect(await countStored()).toBe(LARGE_BARS + 3);
  });

  it('whose last line was half written is read on with that line', async () => {
    const [half, rest] = [
      rowsOf(LARGE_BARS, LARGE_BARS + 1).slice(0, 20),
      rowsOf(LARGE_BARS, LARGE_BARS + 1).slice(20),
    ];
    await writeFile(file(), HEADINGS + rowsOf(0, LARGE_BARS) + half);
    const [first] = await poll();
    expect(first).toMatchObject({ inserted: LARGE_BARS, waiting: { lastLine: half } });
    await appendFile(file(), rest);
    expect(await poll()).toMatchObject([
      { rows: 1, inserted: 1, waiting: { lastLine: undefined } },
    ]);
  });

  it('keeps its first candle of a bar, whether the other one comes at once or later', async () => {
    await writeFile(file(), HEADINGS + rowsOf(0, LARGE_BARS));
    await poll();
    await appendFile(file(), rowsOf(5, 6, 3));
    const [report] = await poll();
    expect(report).toMatchObject({ rows: 1, revised: 0, rejectedRows: 1 });
    const rejects = await readFile(path.join(root, 'rejects', 'own-1m-GOLD.csv'), 'utf8');
    expect(rejects).toContain(`${LARGE_BARS + 2},"another candle of the same bar`);
    watched = watchFolder();
    expect(await poll()).toMatchObject([{ revised: 0, rejectedRows: 1, unchanged: LARGE_BARS }]);
  });

  it('that was rewritten is read as a whole', async () => {
    await writeFile(file(), HEADINGS + rowsOf(0, LARGE_BARS));
    await poll();
    await writeFile(file(), HEADINGS + rowsOf(0, LARGE_BARS + 1, 3));
    const [report] = await poll();
    expect(report).toMatchObject({ revised: LARGE_BARS, inserted: 1, rejectedRows: 0 });
  });

  it('is read again after a restart, which changes nothing', async () => {
    await writeFile(file(), HEADINGS + rowsOf(0, LARGE_BARS));
    await poll();
    watched = watchFolder();
    expect(await poll()).toMatchObject([{ inserted: 0, revised: 0, unchanged: LARGE_BARS }]);
  });

  it('that is being read when the daemon stops is read as a whole the next time', async () => {
    await writeFile(file(), HEADINGS + rowsOf(0, LARGE_BARS));
    const stop = new AbortController();
    const stopped = watched.poll(stop.signal);
    stop.abort(new Error('The daemon stops'));
    await expect(stopped).rejects.toThrow('The daemon stops');
    await poll();
    expect(await countStored()).toBe(LARGE_BARS);
  });
});

describe('a file of a watched folder', () => {
  it('is read again once its last bar has closed', async () => {
    const bar = (NOW - START) / MINUTE_MS;
    await writeFile(path.join(place, 'GOLD.csv'), HEADINGS + rowsOf(bar - 1, bar + 1));
    expect(await poll()).toMatchObject([{ inserted: 1, waiting: { unfinishedBars: 1 } }]);
    expect(await poll()).toEqual([]);
    await clock.advance(MINUTE_MS);
    expect(await poll()).toMatchObject([{ inserted: 1, unchanged: 1 }]);
    expect(await poll()).toEqual([]);
  });

  it('that is refused is named once with the choice to make, and others are read', async () => {
    await writeFile(path.join(place, 'bad.csv'), '1704067200,1,1,1,1,1\n1704067260,1,1,1,1,1\n');
    await writeFile(path.join(place, 'good.csv'), HEADINGS + rowsOf(0, 3));
    expect(await poll()).toMatchObject([{ inserted: 3 }]);
    await poll();
    const warnings = log.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings[0])).toContain('--columns timestamp,open,high,low,close,volume');
  });

  it('with several prices a bar is put together from all of them when it is written on', async () => {
    const day = path.join(folder, 'cards', '1d');
    await mkdir(day, { recursive: true });
    const file = path.join(day, 'Coin.csv');
    await writeFile(file, 'timestamp,price\n2024-06-01T08:00Z,5\n');
    await poll();
    await appendFile(file, '2024-06-01T20:00Z,9\n');
    expect(await poll()).toMatchObject([{ revised: 1, merged: 1 }]);
    const [series] = await test.stores.series.list({ venue: 'csv:cards' });
    const [bar] = await test.stores.candles.read(series?.id ?? 0);
    expect(bar).toMatchObject({ open: 5, high: 9, low: 5, close: 9 });
  });
});

describe('what a watched folder does not read', () => {
  const write = (...place: string[]) =>
    writeFile(path.join(folder, ...place), HEADINGS + rowsOf(0, 3));

  it('is named while it is so: refused files and lines, places and names', async () => {
    expect(await poll()).toEqual([]);
    expect(watched.faults).toEqual([]);
    await mkdir(path.join(folder, 'own', '1hour'));
    await write('OUTSIDE.csv');
    await write('own', 'OUTSIDE.csv.gz');
    await write('own', '1hour', 'HOURS.csv');
    await writeFile(path.join(place, 'EMPTY.csv'), '');
    await writeFile(path.join(place, 'PART.csv'), `${HEADINGS}${rowsOf(0, 2)}nonsense,1,1,1,1,1\n`);
    await write('own', '1m', 'WHOLE.csv');
    await poll();
    const faults = watched.faults.map((fault) => fault.replaceAll(root, ''));
    expect(faults.sort()).toEqual([
      '/csv/own/1m/EMPTY.csv: it is empty',
      'OUTSIDE.csv is not read: only files in <name>/<timeframe>/ are',
      expect.stringMatching(/^own\/1hour is no timeframe: 1m, /),
      'own/1m/PART.csv has lines that could not be used: /rejects/own-1m-PART.csv',
      'own/OUTSIDE.csv.gz is not read: only files in <name>/<timeframe>/ are',
    ]);
    await rm(path.join(folder, 'OUTSIDE.csv'));
    await rm(path.join(folder, 'own', 'OUTSIDE.csv.gz'));
    await rm(path.join(folder, 'own', '1hour'), { recursive: true });
    await rm(path.join(place, 'EMPTY.csv'));
    await write('own', '1m', 'PART.csv');
    await poll();
    expect(watched.faults).toEqual([]);
  });

  it('is all of a folder that is not there, until it is', async () => {
    await rm(folder, { recursive: true });
    await poll();
    expect(watched.faults.join()).toMatch(/csv cannot be read: ENOENT/);
    await mkdir(place, { recursive: true });
    await write('own', '1m', 'GOLD.csv');
    expect(await poll()).toMatchObject([{ inserted: 3 }]);
    expect(watched.faults).toEqual([]);
  });

  it('is nothing behind links: a folder elsewhere is read, a link that leads nowhere is no fault', async () => {
    const elsewhere = path.join(root, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(path.join(elsewhere, 'GOLD.csv'), HEADINGS + rowsOf(0, 3));
    await mkdir(path.join(folder, 'linked'));
    await symlink(elsewhere, path.join(folder, 'linked', '1m'));
    await symlink(path.join(root, 'nowhere'), path.join(folder, 'linked', '5m'));
    expect(await poll()).toMatchObject([{ venue: 'csv:linked', inserted: 3 }]);
    expect(watched.faults).toEqual([]);
  });
});
