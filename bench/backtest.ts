import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import {
  listRecordings,
  parseRecording,
  readRecordingBytes,
} from '../src/recording/recording-file.js';
import { findTestData } from '../test/test-data.js';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { runMeasured } from './harness/measured-run.js';
import { npmCommand } from './harness/npm-command.js';
import { median } from './harness/statistics.js';

const RECORDINGS = 'binance_2024_1h';
const PAIRS = 100;
const RUNS = 3;
/** Else the rules lose so much that they buy nothing from the second month on. */
const NO_HALT = 'MAX_DRAWDOWN_PCT=0 DAILY_LOSS_PCT=0';

const ANSWER = z.object({ bars: z.number(), figures: z.object({ trades: z.number() }) });

/** P18: the command as a user runs it, from its start to its end, on recorded hours. */
export const backtest: Benchmark = {
  name: 'backtest',
  bar: 'P18',
  title: `backtest of the SMA/RSI rules on ${PAIRS} pairs of recorded hours`,
  async run() {
    const data = findTestData(RECORDINGS);
    if (data === undefined) {
      return { figures: [], notes: [`skipped: no ${RECORDINGS} in EVENKEEL_TEST_DATA`] };
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-'));
    try {
      return await measure(folder, data);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, data: string): Promise<BenchmarkResult> {
  const symbols = longestPairs(data);
  const command = `${npmCommand('backtest')} --signals fallback --json --data "$1" --symbols ${symbols.join(' ')} --set ${NO_HALT}`;
  const runs = [];
  for (let run = 0; run < RUNS; run++) {
    const settings = { DATA_DIR: path.join(folder, String(run)) };
    const measured = await runMeasured('sh', ['-c', command, 'sh', data], settings);
    const { bars, figures } = ANSWER.parse(JSON.parse(measured.stdout));
    runs.push({ ...measured, bars, trades: figures.trades });
  }
  const [first] = runs;
  return {
    figures: [
      {
        name: 'candles a second, from start to end of the process',
        value: median(runs.map(({ bars, tookSec }) => bars / tookSec)),
        unit: '1/s',
        bar: { atLeast: 375_000 },
      },
      {
        name: 'peak memory',
        value: median(runs.map(({ peakMb }) => peakMb)),
        unit: 'MB',
        bar: { atMost: 300 },
      },
    ],
    notes: [
      `${first?.bars ?? 0} candles of ${symbols.length} pairs, ${first?.trades ?? 0} trades; the report is written`,
      `median of ${RUNS} runs`,
    ],
  };
}

/** The pairs that have the most candles, in the order of the folder. */
function longestPairs(data: string): readonly string[] {
  const pairs = listRecordings(data, 'EVENKEEL_TEST_DATA').map((recording, at) => {
    const { file, timeframe, base, quote } = recording;
    const { length } = parseRecording(file, { bytes: readRecordingBytes(file), timeframe });
    return { symbol: `${base}/${quote}`, at, length };
  });
  return pairs
    .sort((one, other) => other.length - one.length || one.at - other.at)
    .slice(0, PAIRS)
    .sort((one, other) => one.at - other.at)
    .map(({ symbol }) => symbol);
}
