import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { loadFolder } from '../src/backtest/history/load-folder.js';
import type { MarketHistory } from '../src/backtest/history/market-history.js';
import { readVersion } from '../src/daemon/project-dir.js';
import { findBotFault, toBotName } from '../src/domain/bots.js';
import {
  DEFAULT_RETRAIN,
  RETRAIN_INTERVALS,
  type BacktestAsk,
  type RetrainInterval,
} from '../src/domain/backtest-run.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../src/domain/timeframe.js';
import { childEnvironments } from '../src/lib/child-environments.js';
import { SystemClock, type Clock } from '../src/lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import {
  endWithParent,
  isNiceWithoutEffect,
  runInOwnSession,
  yieldProcessor,
} from '../src/lib/workers/yield-processor.js';
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
  yieldProcessor();
  endWithParent();
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
    const { comparisonText, readRuns } = await import('./backtest-comparison.js');
    const runs = await readRuns(flags.compare, settings, tools);
    process.stdout.write(comparisonText(runs, { isJson: flags.json }));
    return EXIT.done;
  }
  if (await wouldSlowDaemon(settings)) return runInOwnSession(signal);
  const ask = toAsk(flags, settings);
  const reading = startReading(ask, clock);
  // Files are read in a thread meanwhile.
  const { runAsked } = await import('./backtest-runs.js');
  const isDone = await runAsked(ask, { settings, tools, reading, flags });
  return isDone ? EXIT.done : EXIT.stopped;
}

/** Whether a daemon runs on the same data folder that this process cannot yield to from its session. */
async function wouldSlowDaemon({ dataDir }: Settings): Promise<boolean> {
  if (!isNiceWithoutEffect()) return false;
  const { DataDirLock } = await import('../src/coordination/data-dir-lock.js');
  return !DataDirLock.isFree(dataDir);
}

function startReading(
  { data, timeframe, symbols }: BacktestAsk,
  clock: Clock,
): Promise<MarketHistory> | undefined {
  if (data === undefined) return undefined;
  const request = { folder: data, timeframe: timeframe as Timeframe, symbols };
  const reading = loadFolder(request, clock);
  // What goes wrong before it is waited for comes first.
  reading.catch(() => undefined);
  return reading;
}

/** What the flags ask for; what they leave out is what the settings trade. */
function toAsk(flags: BacktestFlags, settings: Settings): BacktestAsk {
  const { symbols, data } = flags;
  const isAll = symbols?.length === 1 && symbols[0] === 'all';
  const bot = flags.bot ?? settings.tradeBot ?? settings.bots[0] ?? 'catboost';
  const fault = findBotFault(bot);
  if (fault !== undefined) throw new ConfigError(`--bot is ${fault}`);
  const configured =
    data !== undefined || settings.symbols[0] === 'all' ? undefined : settings.symbols;
  return {
    signals: flags.signals === 'model' ? 'model' : 'fallback',
    retrain: flags.signals === 'model' ? toRetrain(flags.retrain) : undefined,
    fromMs: toMs('--from', flags.from),
    toMs: toMs('--to', flags.to),
    symbols: isAll ? undefined : (symbols ?? configured),
    timeframe: toTimeframe(flags.timeframe ?? settings.tradeTimeframe ?? '1h'),
    bot,
    data,
    set: toSets(flags.set ?? []),
  };
}

function parseFlags(args: readonly string[]): BacktestFlags {
  const program = new Command('npm run backtest --')
    .description('Tests the rules of trading on candles of the past.')
    .option('--from <time>', 'first moment, ISO 8601 UTC: 2024-03-01 or 2024-03-01T12:00')
    .option('--to <time>', 'last moment')
    .option('--symbols <names...>', 'symbols, or all; default: SYMBOLS, with --data every file')
    .option('--timeframe <name>', `one of ${TIMEFRAMES.join(', ')}; default: TRADE_TIMEFRAME`)
    .option('--bot <name>', 'whose signals are asked for; default: TRADE_BOT', toBotName)
    .option('--signals <kind>', 'model: trained walk-forward; fallback: the SMA/RSI rules alone')
    .option(
      '--retrain <often>',
      `of models, one of ${RETRAIN_INTERVALS.join(', ')}`,
      DEFAULT_RETRAIN,
    )
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
