import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { changeSettings } from '../config/change-settings.js';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { inWords } from '../src/backtest/result/in-words.js';
import type { StoppedBacktest } from '../src/backtest/run-backtest.js';
import { parseSweeps } from '../src/backtest/sweep/grid.js';
import { backtestsFolder } from '../src/daemon/backtests/backtest-lock.js';
import { withOpenRuns, type OpenRuns, type RunsTools } from '../src/daemon/backtests/open-runs.js';
import { runRequest, type RequestEnd } from '../src/daemon/backtests/run-request.js';
import { runSweep } from '../src/daemon/backtests/sweep-request.js';
import { PROJECT_DIR } from '../src/daemon/module-options.js';
import {
  RETRAIN_INTERVALS,
  type BacktestAsk,
  type RetrainInterval,
} from '../src/domain/backtest-run.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../src/domain/timeframe.js';
import { childEnvironments, type ChildEnvironments } from '../src/lib/child-environments.js';
import { SystemClock } from '../src/lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { withProgress } from './backtest-progress.js';
import { comparisonText, readRuns } from './backtest-comparison.js';
import { sweepText } from './backtest-sweep.js';
import { toMs } from './time-flag.js';
import { toSets } from './set-flag.js';

/** As of the other commands; 78 is of `sysexits.h`, 130 is a shell's for Ctrl+C. */
const EXIT = { done: 0, notRun: 2, config: 78, stopped: 130 } as const;

interface BacktestFlags {
  readonly from?: string;
  readonly to?: string;
  readonly symbols?: readonly string[];
  readonly timeframe?: string;
  readonly bot?: string;
  readonly signals?: string;
  readonly retrain: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly sweep?: readonly string[];
  readonly compare?: readonly string[];
  readonly out?: string;
  readonly json: boolean;
}

const HELP = `
Tests the rules of trading on stored candles, or on a folder of candle files (--data, as the demo exchange reads
them: BTC_USDT-1h.csv). Every trading setting counts, and --set changes one for this run.

  npm run backtest -- --signals fallback
  npm run backtest -- --signals fallback --data candles --symbols BTC/USDT ETH/USDT --from 2024-03-01
  npm run backtest -- --signals fallback --set STOP_LOSS_PCT=5 TAKE_PROFIT_PCT=8
  npm run backtest -- --signals model --retrain 7d --from 2024-03-01
  npm run backtest -- --signals fallback --sweep STOP_LOSS_PCT=2,3,5 TAKE_PROFIT_PCT=0,4,8
  npm run backtest -- --compare 01JH2Q5F4R2T6V8X0A1C3E5G7J 01JH2Q5F6C8Y4Z0B3D7E9G1H2J

With --signals model, models are trained at each retraining date on the candles before it, as the daemon trains them,
and answer until the next date; where none may serve, the rules answer. What was trained is kept in
DATA_DIR/backtests/predictions: a run with other trading settings trains nothing, and a run that was stopped or killed
goes on where it was.

Writes report.html (open it in a browser), result.json, trades.csv and decisions.csv to
DATA_DIR/backtests/<id>; a sweep writes sweep.html and sweep.json, and keeps what is done at Ctrl+C.
One backtest runs at a time. What is modelled and what is not: docs/backtest.md.

Exit codes: 0 done, 2 wrong usage, no connection or a full disk, 78 a setting, a span or a file must be mended
first, or another backtest is running, 130 stopped.`;

async function main(): Promise<number> {
  const controller = new AbortController();
  const onSignal = (): void => controller.abort(new Error('stopped'));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  try {
    const flags = parseFlags(process.argv.slice(2));
    return await run(flags, controller.signal);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.notRun;
    const isNamed = error instanceof ConfigError || error instanceof TransientError;
    const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
    process.stderr.write(`backtest: ${text}\n`);
    return error instanceof ConfigError ? EXIT.config : EXIT.notRun;
  }
}

async function run(flags: BacktestFlags, signal: AbortSignal): Promise<number> {
  const environment = readEnvironment();
  const { settings } = readSettings(environment);
  const clock = new SystemClock();
  const children = childEnvironments(environment);
  const tools = { clock, logger: SILENT_LOGGER, version: readVersion(), signal, children };
  if (flags.compare !== undefined) {
    const runs = await readRuns(flags.compare, settings, tools);
    process.stdout.write(comparisonText(runs, { isJson: flags.json }));
    return EXIT.done;
  }
  const ask = toAsk(flags, settings);
  return withOpenRuns(settings, tools, (runs) =>
    flags.sweep === undefined
      ? runOnce(flags, ask, { settings, runs, tools })
      : sweep(flags, ask, { settings, runs, tools }),
  );
}

interface Opened {
  readonly settings: Settings;
  readonly runs: OpenRuns;
  readonly tools: RunsTools & { readonly children: ChildEnvironments };
}

async function runOnce(flags: BacktestFlags, ask: BacktestAsk, opened: Opened): Promise<number> {
  const { runs, tools } = opened;
  const changed = changeSettings(opened.settings, ask.set);
  if (changed.status === 'refused') throw new ConfigError(`--set ${changed.reason}`);
  const { settings } = changed;
  const record = runs.newRecord(ask);
  try {
    const end = await withProgress(flags.json, ({ onProgress, onTrained }) =>
      runRequest(ask, {
        settings,
        location: runs.location,
        venue: settings.exchange,
        parent: parentOf(flags, settings),
        record,
        version: tools.version,
        clock: tools.clock,
        signal: tools.signal,
        childEnvironments: tools.children,
        onTrained,
        onProgress: (share) => {
          onProgress(share);
          void record.progress(share).catch(() => undefined);
        },
      }),
    );
    if (end.status === 'done') return report(flags, end);
    await record.cancelled();
    process.stderr.write(`backtest: ${stoppedText(end)}\n`);
    return EXIT.stopped;
  } catch (error) {
    // The disk may be full for this too: what went wrong first is what counts.
    await record.failed(messageOf(error)).catch(() => undefined);
    throw error;
  }
}

function stoppedText({ training }: StoppedBacktest): string {
  if (training === undefined) return 'stopped; nothing was written';
  const { done, dates } = training;
  return `stopped; ${done} of ${dates} retraining dates are done and kept: the same command goes on from there`;
}

async function sweep(
  flags: BacktestFlags,
  ask: BacktestAsk,
  { settings, runs, tools }: Opened,
): Promise<number> {
  const swept = parseSweeps(flags.sweep ?? []);
  const parent = parentOf(flags, settings);
  const { signal, version, clock, children: childEnvironments } = tools;
  const venue = settings.exchange;
  const own = { settings, runs, parent, signal, version, clock, childEnvironments, venue };
  const end = await withProgress(flags.json, (listeners) =>
    runSweep(ask, swept, { ...own, ...listeners }),
  );
  process.stdout.write(sweepText(swept, end, { isJson: flags.json }));
  if (end.summary.runs.length === end.wanted) return EXIT.done;
  process.stderr.write(
    `backtest: stopped after ${end.summary.runs.length} of ${end.wanted} runs, which are kept\n`,
  );
  return EXIT.stopped;
}

function parentOf({ out }: BacktestFlags, { dataDir }: Settings): string {
  return path.resolve(out ?? backtestsFolder(dataDir));
}

function report(flags: BacktestFlags, end: Extract<RequestEnd, { status: 'done' }>): number {
  const { description, result, figures, folder } = end;
  const lines = flags.json
    ? [JSON.stringify({ ...description, folder, figures })]
    : [...inWords(description, result), `Report: ${path.join(folder, 'report.html')}`];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.done;
}

/** What the flags ask for; what they leave out is what the settings trade. */
function toAsk(flags: BacktestFlags, settings: Settings): BacktestAsk {
  const { symbols, data } = flags;
  const isAll = symbols?.length === 1 && symbols[0] === 'all';
  const configured =
    data !== undefined || settings.symbols[0] === 'all' ? undefined : settings.symbols;
  return {
    signals: flags.signals === 'model' ? 'model' : 'fallback',
    retrain: flags.signals === 'model' ? toRetrain(flags.retrain) : undefined,
    fromMs: toMs('--from', flags.from),
    toMs: toMs('--to', flags.to),
    symbols: isAll ? undefined : (symbols ?? configured),
    timeframe: toTimeframe(flags.timeframe ?? settings.tradeTimeframe ?? '1h'),
    bot: flags.bot ?? settings.tradeBot ?? settings.bots[0] ?? 'catboost',
    data,
    set: toSets(flags.set ?? []),
  };
}

function readVersion(): string {
  const file = path.join(PROJECT_DIR, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function parseFlags(args: readonly string[]): BacktestFlags {
  const program = new Command('npm run backtest --')
    .description('Tests the rules of trading on candles of the past.')
    .option('--from <time>', 'first moment, ISO 8601 UTC: 2024-03-01 or 2024-03-01T12:00')
    .option('--to <time>', 'last moment')
    .option('--symbols <names...>', 'symbols, or all; default: SYMBOLS, with --data every file')
    .option('--timeframe <name>', `one of ${TIMEFRAMES.join(', ')}; default: TRADE_TIMEFRAME`)
    .option('--bot <name>', 'whose signals are asked for; default: TRADE_BOT')
    .option('--signals <kind>', 'model: trained walk-forward; fallback: the SMA/RSI rules alone')
    .option('--retrain <often>', `of models, one of ${RETRAIN_INTERVALS.join(', ')}`, '7d')
    .option('--data <folder>', 'candle files instead of the stored candles')
    .option('--set <pairs...>', 'settings of this run: KEY=VALUE')
    .option('--sweep <lists...>', 'a run for each combination: KEY=a,b,c')
    .option('--compare <runs...>', 'two runs side by side: ids, or their folders')
    .option('--out <folder>', 'where the run gets its folder; default: DATA_DIR/backtests')
    .option('--json', 'the figures as a line of JSON on standard output', false)
    .addHelpText('after', HELP)
    .exitOverride();
  const flags = program.parse([...args], { from: 'user' }).opts<BacktestFlags>();
  const fault = findFault(flags);
  if (fault !== undefined) throw new ConfigError(fault);
  return flags;
}

function findFault({ compare, sweep: lists, signals, retrain }: BacktestFlags): string | undefined {
  if (compare !== undefined) {
    if (lists !== undefined) return '--compare and --sweep: give one of them';
    return compare.length === 2 ? undefined : `--compare takes two runs, not ${compare.length}`;
  }
  if (signals === undefined) return '--signals is missing: give model or fallback';
  if (signals !== 'model' && signals !== 'fallback') {
    return `--signals is ${signals}; expected model or fallback`;
  }
  if (toRetrain(retrain) !== undefined) return undefined;
  return `--retrain is ${retrain}; expected one of ${RETRAIN_INTERVALS.join(', ')}`;
}

function toRetrain(text: string): RetrainInterval | undefined {
  return RETRAIN_INTERVALS.find((one) => one === text);
}

function toTimeframe(text: string): Timeframe {
  if (isTimeframe(text)) return text;
  throw new ConfigError(`--timeframe is ${text}; expected one of ${TIMEFRAMES.join(', ')}`);
}

process.exitCode = await main();
