import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { z } from 'zod';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { runMeasured, type MeasuredRun } from './harness/measured-run.js';
import { npmCommand } from './harness/npm-command.js';

const BARS = 1_000_000;
const MINUTE_MS = 60_000;
const START = Date.UTC(2022, 0, 1);
const HEADINGS = 'timestamp,open,high,low,close,volume\n';

/** P22: the command as a user runs it, on a file of a million minutes. */
export const importBenchmark: Benchmark = {
  name: 'import',
  bar: 'P22',
  title: `import of a CSV file of ${BARS} bars`,
  async run() {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-'));
    try {
      return await measure(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string): Promise<BenchmarkResult> {
  const files = {
    small: path.join(folder, 'small.csv'),
    quarter: path.join(folder, 'quarter.csv'),
    whole: path.join(folder, 'whole.csv'),
  };
  writeFileSync(files.small, HEADINGS + rowOf(0));
  writeBars(files.quarter, BARS / 4);
  writeBars(files.whole, BARS);
  const empty = await run(folder, 'empty', files.small);
  const quarter = await run(folder, 'quarter', files.quarter);
  const first = await run(folder, 'whole', files.whole);
  const again = await run(folder, 'whole', files.whole);
  const bareSec = importBarely(folder, files.whole);
  const perSec = BARS / first.tookSec;
  return {
    figures: [
      {
        name: 'rows a second, from start to end of the process',
        value: perSec,
        unit: '1/s',
        baseline: BARS / bareSec,
        bar: { atLeast: 100_000 },
      },
      {
        name: 'peak memory above an empty run',
        value: first.peakMb - empty.peakMb,
        unit: 'MB',
        bar: { atMost: 150 },
      },
      { name: 'of a file of a quarter', value: quarter.peakMb - empty.peakMb, unit: 'MB' },
      { name: 'rows a second of a second run', value: BARS / again.tookSec, unit: '1/s' },
      {
        name: 'bars that a second run changes',
        value: again.changed,
        unit: '',
        bar: { atMost: 0 },
      },
    ],
    notes: [
      `an empty run imports one row: ${empty.tookSec.toFixed(1)} s, ${empty.peakMb.toFixed(0)} MB`,
      'baseline: the whole text in memory, cut at commas, one INSERT for each row in one transaction, nothing checked',
    ],
  };
}

interface Import extends MeasuredRun {
  readonly changed: number;
}

const REPORT = z.object({ inserted: z.number(), revised: z.number(), rejected: z.literal(0) });

async function run(folder: string, database: string, file: string): Promise<Import> {
  const settings = { DATA_DIR: path.join(folder, database) };
  const command = `${npmCommand('import')} --json --timeframe 1m --file "$1"`;
  const measured = await runMeasured('sh', ['-c', command, 'sh', file], settings);
  const { inserted, revised } = REPORT.parse(JSON.parse(measured.stdout));
  return { ...measured, changed: inserted + revised };
}

function writeBars(file: string, bars: number): void {
  const handle = openSync(file, 'w');
  writeSync(handle, HEADINGS);
  let text = '';
  for (let bar = 0; bar < bars; bar++) {
    text += rowOf(bar);
    if (text.length < 1_000_000) continue;
    writeSync(handle, text);
    text = '';
  }
  writeSync(handle, text);
  closeSync(handle);
}

/** Digits as an exchange gives them. */
function rowOf(bar: number): string {
  const open = 40_000 + Math.sin(bar / 1_000) * 5_000;
  const close = open + Math.sin(bar) * 20;
  const high = Math.max(open, close) + 3;
  const low = Math.min(open, close) - 3;
  const prices = [open, high, low, close].map((price) => price.toFixed(2));
  return `${START + bar * MINUTE_MS},${prices.join(',')},${(bar % 997) + 0.125}\n`;
}

/** @returns seconds of the work alone, without a process to start */
function importBarely(folder: string, file: string): number {
  const startedMs = performance.now();
  const database = new SqliteDatabase(path.join(folder, 'bare.db'));
  database.exec(
    'CREATE TABLE bars (at INTEGER PRIMARY KEY, open REAL, high REAL, low REAL, close REAL, volume REAL)',
  );
  const insert = database.prepare('INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?)');
  const lines = readFileSync(file, 'utf8').split('\n').slice(1, -1);
  database.transaction(() => {
    for (const line of lines) insert.run(line.split(',').map(Number));
  })();
  database.close();
  return (performance.now() - startedMs) / 1000;
}
