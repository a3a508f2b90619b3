import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { createReadStream, mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { createConnection, type ResultSetHeader } from 'mysql2/promise';
import { z } from 'zod';
import { SystemClock } from '../src/lib/clock.js';
import { openDatabase } from '../src/storage/database/database.js';
import type { MysqlLocation } from '../src/storage/connection/location.js';
import { forgetClosingSum } from '../src/storage/sqlite/closing-sum.js';
import { dropDatabase, mysqlLocation, mysqlSettings } from '../test/mysql-server.js';
import { fillTables } from '../test/transfer/fill-tables.js';
import type { Benchmark, BenchmarkOptions, BenchmarkResult, Figure } from './harness/benchmark.js';
import { npmCommand } from './harness/npm-command.js';
import { runMeasured, type MeasuredRun } from './harness/measured-run.js';

const SERIES = 100;
const CANDLES = 1_000_000;
/** Rows of each table, the candles included. */
const ROWS_OF_EACH = 1_000;
const FIRST_CANDLE = 1_600_000_000_000;
const HOUR_MS = 3_600_000;
const STORED_AT = 1_700_000_000_000;

const context = { clock: new SystemClock(), logger: SILENT_LOGGER };

/** P16: the command as an operator runs it, compared with two plain ways of copying. */
export const migration: Benchmark = {
  name: 'migration',
  bar: 'P16',
  title: `SQLite to MariaDB: ${CANDLES} candles and ${ROWS_OF_EACH} rows of each table, verified`,
  async run(options) {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-'));
    try {
      return await measure(folder, options);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(
  folder: string,
  { sqlite3ToMysql }: BenchmarkOptions,
): Promise<BenchmarkResult> {
  const file = path.join(folder, 'source.sqlite');
  await makeSource(file);
  const loadSec = await inDatabase((location) => loadPlainly(file, location));
  const [first, again] = await inDatabase(async (location) => [
    await migrate(file, location),
    await migrate(file, location),
  ]);
  const peer =
    sqlite3ToMysql === undefined
      ? undefined
      : await inDatabase((location) => runPeer(sqlite3ToMysql, file, location));
  const candles = CANDLES + ROWS_OF_EACH;
  return {
    figures: [
      ...ownFigures({ first, again, loadedPerSec: candles / loadSec }),
      ...(peer === undefined ? [] : peerFigures(first, { ...peer, rows: candles })),
    ],
    notes: [
      `${first.rows} rows in ${first.tables} tables; seconds count from the start of the process to its end`,
      `LOAD DATA: ${candles} candles by one statement from a finished file into the same schema, nothing verified`,
      peer === undefined
        ? 'sqlite3-to-mysql was left out: --with-sqlite3-to-mysql names its program'
        : `sqlite3-to-mysql: ${candles} candles into a table that it makes itself, nothing verified`,
    ],
  };
}

/** A file like that of a long-running daemon: mostly candles, with prices that need all their digits. */
async function makeSource(file: string): Promise<void> {
  await (await openDatabase({ engine: 'sqlite', file }, context)).close();
  // From here on the file is written without the stores.
  forgetClosingSum(file);
  fillTables(file, { from: 0, count: ROWS_OF_EACH });
  const database = new SqliteDatabase(file);
  const insert = database.prepare('INSERT INTO market_data VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, ?)');
  database.transaction(() => {
    for (let index = 0; index < CANDLES; index++) {
      const close = Math.exp(Math.sin(index)) * 10 ** ((index % SERIES) / 12 - 4);
      const at = FIRST_CANDLE + Math.floor(index / SERIES) * HOUR_MS;
      const prices = [close * 0.99, close * 1.01, close * 0.98, close, index / 7];
      insert.run(1 + (index % SERIES), at, ...prices, STORED_AT);
    }
  })();
  database.close();
}

async function inDatabase<T>(work: (location: MysqlLocation) => Promise<T>): Promise<T> {
  const location = mysqlLocation();
  try {
    return await work(location);
  } finally {
    await dropDatabase(location);
  }
}

/** @returns seconds of the statement alone */
async function loadPlainly(file: string, location: MysqlLocation): Promise<number> {
  const lines = `${file}.tsv`;
  writeLines(file, lines);
  await (await openDatabase(location, context)).close();
  const { host, port, user, password, database } = location;
  const connection = await createConnection({ host, port, user, password, database });
  try {
    const startedMs = performance.now();
    const [result] = await connection.query<ResultSetHeader>({
      sql: "LOAD DATA LOCAL INFILE 'rows' INTO TABLE market_data",
      infileStreamFactory: () => createReadStream(lines, { highWaterMark: 500_000 }),
    });
    const tookSec = (performance.now() - startedMs) / 1000;
    if (result.affectedRows === CANDLES + ROWS_OF_EACH) return tookSec;
    throw new Error(`LOAD DATA took ${result.affectedRows} rows only`);
  } finally {
    await connection.end();
    rmSync(lines);
  }
}

function writeLines(file: string, lines: string): void {
  const database = new SqliteDatabase(file, { readonly: true });
  const handle = openSync(lines, 'w');
  let text = '';
  for (const row of database.prepare<[], unknown[]>('SELECT * FROM market_data').raw().iterate()) {
    text += `${row.join('\t')}\n`;
    if (text.length < 1_000_000) continue;
    writeSync(handle, text);
    text = '';
  }
  writeSync(handle, text);
  closeSync(handle);
  database.close();
}

const REPORT = z.object({
  clean: z.literal(true),
  tables: z.array(z.object({ inserted: z.number(), unchanged: z.number() })),
});

interface Migration extends MeasuredRun {
  readonly rows: number;
  readonly inserted: number;
  readonly tables: number;
}

async function migrate(file: string, location: MysqlLocation): Promise<Migration> {
  const settings = { ...mysqlSettings(location), DATA_DIR: path.dirname(file) };
  const command = `${npmCommand('migrate:mysql')} --json --source "$1"`;
  const run = await runMeasured('sh', ['-c', command, 'sh', file], settings);
  const { tables } = REPORT.parse(JSON.parse(run.stdout));
  const inserted = tables.reduce((sum, table) => sum + table.inserted, 0);
  const rows = tables.reduce((sum, table) => sum + table.inserted + table.unchanged, 0);
  return { ...run, rows, inserted, tables: tables.length };
}

/** Copies the candles alone: sqlite3-to-mysql loses values of the other tables. */
function runPeer(program: string, file: string, location: MysqlLocation): Promise<MeasuredRun> {
  const { host, port, user, password, database } = location;
  return runMeasured(
    program,
    [
      ...['--sqlite-file', file, '--sqlite-tables', 'market_data', '--mysql-database', database],
      ...['--mysql-host', host, '--mysql-port', String(port), '--mysql-user', user],
      ...['--mysql-password', password, '--mysql-integer-type', 'BIGINT', '--quiet'],
    ],
    {},
  );
}

function ownFigures(runs: {
  readonly first: Migration;
  readonly again: Migration;
  readonly loadedPerSec: number;
}): Figure[] {
  const { first, again, loadedPerSec } = runs;
  const perSec = first.rows / first.tookSec;
  return [
    {
      ...{ name: 'rows copied and verified a second', value: perSec, unit: '1/s' },
      ...{ baseline: loadedPerSec, bar: { atLeast: 100_000 } },
    },
    { name: 'peak memory of the process', value: first.peakMb, unit: 'MB', bar: { atMost: 200 } },
    { name: 'compared with plain LOAD DATA', value: perSec / loadedPerSec, unit: '×' },
    { name: 'rows that a second run copies', value: again.inserted, unit: '', bar: { atMost: 0 } },
    {
      name: 'rows that a second run checks a second',
      value: again.rows / again.tookSec,
      unit: '1/s',
    },
  ];
}

function peerFigures(first: Migration, peer: MeasuredRun & { readonly rows: number }): Figure[] {
  const [mine, theirs] = [first.rows / first.tookSec, peer.rows / peer.tookSec];
  return [
    {
      ...{ name: 'compared with sqlite3-to-mysql', value: mine / theirs, unit: '×' },
      bar: { atLeast: 8 },
    },
    { name: 'sqlite3-to-mysql, rows a second', value: theirs, unit: '1/s' },
    { name: 'sqlite3-to-mysql, peak memory', value: peer.peakMb, unit: 'MB' },
  ];
}
