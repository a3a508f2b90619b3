import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Candle } from '../src/domain/candle.js';
import type { Benchmark, BenchmarkOptions, BenchmarkResult } from './harness/benchmark.js';
import { runMeasured, type MeasuredRun } from './harness/measured-run.js';
import { npmCommand } from './harness/npm-command.js';
import { loadMarkets, type PairCandles } from './markets.js';

const SYMBOLS = 24;
const HALF_A_YEAR_WEEKS = 26;
const WEEK_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;

const answerShape = z.object({
  bars: z.number(),
  figures: z.object({
    models: z.object({
      retraining_dates: z.number(),
      dates_kept_from_earlier_runs: z.number(),
      promoted: z.number(),
      rejected: z.number(),
      failed: z.number(),
      waiting: z.number(),
      refusals: z.array(z.object({ reason: z.string(), count: z.number() })),
      bars_answered_by_models: z.number(),
      fit_sec: z.number(),
      trainer_peak_mb: z.number(),
    }),
  }),
});

interface Ran extends MeasuredRun {
  readonly bars: number;
  readonly models: z.infer<typeof answerShape>['figures']['models'];
}

/** P21: the command as a user runs it, first with nothing kept, then with other stops. */
export const walkForward: Benchmark = {
  name: 'walk-forward',
  bar: 'P21',
  title: `backtest of models, ${SYMBOLS} symbols, trained every week: --weeks N, ${HALF_A_YEAR_WEEKS} by default`,
  async run(options) {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-walk-'));
    try {
      return await measure(folder, options);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string, options: BenchmarkOptions): Promise<BenchmarkResult> {
  const { weeks = HALF_A_YEAR_WEEKS } = options;
  const { pairs, source } = loadMarkets(SYMBOLS);
  const candles = path.join(folder, 'candles');
  mkdirSync(candles);
  for (const pair of pairs) writePair(candles, pair);
  const endMs = Math.max(...pairs.map((pair) => (pair.candles.at(-1)?.openTime ?? 0) + HOUR_MS));
  const from = new Date(endMs - weeks * WEEK_MS).toISOString().slice(0, 16);
  const flags = `--signals model --retrain 7d --data ${candles} --from ${from} --json`;
  const first = await run(folder, flags);
  const second = await run(folder, `${flags} --set STOP_LOSS_PCT=1.5 TAKE_PROFIT_PCT=4`);
  const { models } = first;
  const trained = models.promoted + models.rejected;
  return {
    figures: [
      {
        name: 'first run, whole process',
        value: first.tookSec,
        unit: 's',
        baseline: models.fit_sec,
      },
      {
        name: 'first run in terms of its bare fits and refits',
        value: first.tookSec / models.fit_sec,
        unit: '×',
        bar: { atMost: 1.3 },
      },
      { name: 'first run, processor time of all processes', value: first.processorSec, unit: 's' },
      { name: 'models trained', value: trained, unit: '' },
      { name: 'models promoted', value: models.promoted, unit: '' },
      { name: 'second run, other stops', value: second.tookSec, unit: 's', bar: { atMost: 10 } },
      {
        name: 'dates that the second run trained',
        value: models.retraining_dates - second.models.dates_kept_from_earlier_runs,
        unit: '',
        bar: { atMost: 0 },
      },
      { name: 'the command alone, peak', value: first.peakMb, unit: 'MB', bar: { atMost: 400 } },
      { name: 'second run, peak', value: second.peakMb, unit: 'MB', bar: { atMost: 400 } },
      { name: 'with training worker and trainer, peak', value: first.treePeakMb, unit: 'MB' },
      { name: 'trainer alone, peak', value: models.trainer_peak_mb, unit: 'MB' },
    ],
    notes: [
      `${source}; ${first.bars} bars, ${models.retraining_dates} retraining dates, default settings`,
      `${models.failed} trainings failed, ${models.waiting} waited for candles; models answered ${models.bars_answered_by_models} bars`,
      `most frequent refusal: ${models.refusals[0]?.reason ?? 'none'} (${models.refusals[0]?.count ?? 0} models)`,
      'the baseline is what the trainer spent in fits and refits of the run, base models included',
      'the first run holds a second backtest beside it, of the rules alone, and writes the report',
    ],
  };
}

async function run(folder: string, flags: string): Promise<Ran> {
  const command = `${npmCommand('backtest')} ${flags}`;
  const measured = await runMeasured('sh', ['-c', command], {
    DATA_DIR: path.join(folder, 'data'),
    ...pythonOf(process.env),
  });
  const { bars, figures } = answerShape.parse(JSON.parse(measured.stdout));
  return { ...measured, bars, models: figures.models };
}

function pythonOf({ PYTHON }: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return PYTHON === undefined ? {} : { PYTHON };
}

/** In the demo exchange's format. */
function writePair(folder: string, { symbol, candles }: PairCandles): void {
  const rows = candles.map(({ openTime, open, high, low, close, volume }: Candle) =>
    [openTime, open, high, low, close, volume].join(','),
  );
  const text = ['timestamp_ms,open,high,low,close,volume', ...rows, ''].join('\n');
  writeFileSync(path.join(folder, `${symbol.replace('/', '_')}-1h.csv`), text);
}
