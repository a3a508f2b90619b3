import { parseArgs } from 'node:util';
import { api } from './api.js';
import { backfill } from './backfill.js';
import { backtest } from './backtest.js';
import { bots } from './bots.js';
import { close } from './close.js';
import { daemon, memoryOne } from './daemon.js';
import { dashboard } from './dashboard.js';
import { deepPool } from './deep-pool.js';
import { drift } from './drift.js';
import { featureMatrix } from './feature-matrix.js';
import { forest } from './forest.js';
import { meetsBar, type Benchmark, type BenchmarkOptions } from './harness/benchmark.js';
import { describeMachine, toText } from './harness/report.js';
import { pattern, walks } from './gates.js';
import { importBenchmark } from './import-file.js';
import { incremental } from './incremental.js';
import { inference } from './inference.js';
import { liveRow } from './live-row.js';
import { liveTick } from './live-tick.js';
import { lookalikes } from './lookalikes.js';
import { lookalikeValue } from './lookalike-value.js';
import { migration } from './migration.js';
import { oneModel } from './one-model.js';
import { parity } from './parity.js';
import { predictions } from './predictions.js';
import { queue } from './queue.js';
import { retrain } from './retrain.js';
import { session } from './session.js';
import { skill } from './skill.js';
import { walkForward } from './walk-forward.js';
import { workers } from './workers.js';

/** Every benchmark, in the order of the list. */
const BENCHMARKS: readonly Benchmark[] = [
  featureMatrix,
  liveRow,
  inference,
  oneModel,
  retrain,
  session,
  incremental,
  workers,
  queue,
  forest,
  backfill,
  migration,
  importBenchmark,
  backtest,
  daemon,
  memoryOne,
  close,
  predictions,
  api,
  dashboard,
  parity,
  walks,
  pattern,
  drift,
  skill,
  bots,
  deepPool,
  walkForward,
  liveTick,
  lookalikes,
  lookalikeValue,
];

const USAGE = `npm run bench -- NAME… [--json] [--weeks N] [--dashboards N] [--backtest] [--with-sqlite3-to-mysql PROGRAM]   (npm run -s for clean JSON)

${BENCHMARKS.map(({ name, bar, title }) => `  ${name.padEnd(16)} ${bar.padEnd(8)} ${title}`).join('\n')}
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      weeks: { type: 'string' },
      dashboards: { type: 'string', default: '0' },
      backtest: { type: 'boolean', default: false },
      'with-sqlite3-to-mysql': { type: 'string' },
    },
    allowPositionals: true,
  });
  if (values.help || positionals.length === 0) {
    process.stdout.write(USAGE);
    return 0;
  }
  const weeks = values.weeks === undefined ? undefined : Number(values.weeks);
  const dashboards = Number(values.dashboards);
  const options = {
    sqlite3ToMysql: values['with-sqlite3-to-mysql'],
    weeks,
    dashboards,
    isBesideBacktest: values.backtest,
  };
  const chosen = positionals.map((name) => BENCHMARKS.find((one) => one.name === name));
  for (const [position, benchmark] of chosen.entries()) {
    if (benchmark === undefined) {
      process.stderr.write(`There is no benchmark ${positionals[position] ?? ''}\n\n${USAGE}`);
      return 64;
    }
    await runOne(benchmark, options, values.json);
  }
  return 0;
}

async function runOne(
  benchmark: Benchmark,
  options: BenchmarkOptions,
  isJson: boolean,
): Promise<void> {
  const machine = describeMachine();
  const result = await benchmark.run(options);
  if (!isJson) {
    process.stdout.write(toText(benchmark, result, machine));
    return;
  }
  const { name, bar, title } = benchmark;
  const figures = result.figures.map((figure) => ({ ...figure, meets_bar: meetsBar(figure) }));
  process.stdout.write(
    `${JSON.stringify({ name, bar, title, figures, notes: result.notes, machine })}\n`,
  );
}

process.exitCode = await main();
