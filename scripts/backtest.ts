import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings, type Environment } from '../config/read-settings.js';
import { propertyName, SETTINGS, type Settings } from '../config/settings.js';
import { loadFolder } from '../src/backtest/history/load-folder.js';
import { loadStored } from '../src/backtest/history/load-stored.js';
import type { MarketHistory } from '../src/backtest/history/market-history.js';
import { reportHtml, type ReportAssets } from '../src/backtest/report/report-html.js';
import { inWords } from '../src/backtest/result/in-words.js';
import {
  figuresJson,
  resultJson,
  type RunDescription,
} from '../src/backtest/result/result-json.js';
import { countBars } from '../src/backtest/result/to-result.js';
import { writeRunFiles } from '../src/backtest/result/write-files.js';
import { endOf, runBacktest, type Backtest } from '../src/backtest/run-backtest.js';
import { PROJECT_DIR } from '../src/daemon/module-options.js';
import { databaseLocation } from '../src/daemon/open-storage.js';
import { toTradingRules } from '../src/daemon/to-trading-rules.js';
import { barOpenTime, isTimeframe, TIMEFRAMES, type Timeframe } from '../src/domain/timeframe.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import type { Logger } from '../src/lib/logger.js';
import { findNearNames } from '../src/lib/near-names.js';
import { SystemClock } from '../src/lib/clock.js';
import { newUid } from '../src/lib/uid.js';

/** As of the other commands; 78 is of `sysexits.h`, 130 is a shell's for Ctrl+C. */
const EXIT = { done: 0, notRun: 2, config: 78, stopped: 130 } as const;

interface BacktestFlags {
  readonly from?: string;
  readonly to?: string;
  readonly symbols?: readonly string[];
  readonly timeframe?: string;
  readonly bot?: string;
  readonly signals: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly json: boolean;
}

const HELP = `
Tests the rules of trading on stored candles, or on a folder of candle files (--data, as the demo exchange reads
them: BTC_USDT-1h.csv). Every trading setting counts, and --set changes one for this run.

  npm run backtest -- --signals fallback
  npm run backtest -- --signals fallback --data candles --symbols BTC/USDT ETH/USDT --from 2024-03-01
  npm run backtest -- --signals fallback --set STOP_LOSS_PCT=5 TAKE_PROFIT_PCT=8

Writes report.html (open it in a browser), result.json, trades.csv and decisions.csv to
DATA_DIR/backtests/<id>. What is modelled and what is not: docs/backtest.md.

Exit codes: 0 done, 2 wrong usage or no connection, 78 a setting, a span or a file must be mended first,
130 stopped.`;

/** Each fill would be a line; the report has them all. */
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

/** Settings that decide what a run does; they stand in its report. */
const REPORTED = [
  'PAPER_EQUITY',
  'POSITION_FRACTION',
  'FEE_RATE',
  'STOP_LOSS_PCT',
  'TAKE_PROFIT_PCT',
  'MAX_HOLD_BARS',
  'MAX_DECISION_LAG_SEC',
  'MIN_FALLBACK_CONFIDENCE',
  'LABEL_HORIZON_BARS',
  'BACKTEST_SPREAD_PCT',
  'BACKTEST_SLIPPAGE_PCT',
  'BACKTEST_VOLUME_SHARE',
] as const;

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
  const { settings } = readSettings(withSets(readEnvironment(), flags.set ?? []));
  const timeframe = toTimeframe(flags.timeframe ?? settings.tradeTimeframe ?? '1h');
  const history = await load(flags, settings, timeframe);
  const { bot = settings.tradeBot ?? settings.bots[0] ?? 'catboost' } = flags;
  const backtest = await withProgress(flags, (onProgress) =>
    runBacktest({
      history,
      fromMs: toMs('--from', flags.from),
      toMs: toMs('--to', flags.to),
      rules: toTradingRules(
        { ...settings, allowFallbackExecution: true },
        {
          venue: history.venue,
          account: 'backtest',
          currency: history.symbols[0]?.instrument.quote ?? '',
          timeframe,
          bot,
          marketSpeed: 1,
        },
      ),
      spreadPct: settings.backtestSpreadPct,
      slippagePct: settings.backtestSlippagePct,
      volumeShare: settings.backtestVolumeShare,
      horizonBars: settings.labelHorizonBars,
      earlierSharpes: readEarlierSharpes(parentOf(flags, settings), history.dataHash),
      logger: SILENT,
      signal,
      onProgress,
    }),
  );
  if (backtest.run.endedEarly) {
    process.stderr.write('backtest: stopped; nothing was written\n');
    return EXIT.stopped;
  }
  return report({ flags, settings, bot, backtest });
}

function report(ran: {
  readonly flags: BacktestFlags;
  readonly settings: Settings;
  readonly bot: string;
  readonly backtest: Backtest;
}): number {
  const { flags, backtest } = ran;
  const description = describe(ran);
  const { history, result, trades, curve, run: engine } = backtest;
  const files = {
    trades,
    decisions: engine.decisions,
    resultJson: resultJson(description, result),
    reportHtml: reportHtml({
      description,
      result,
      curve,
      trades,
      symbols: history.symbols,
      assets: readAssets(),
    }),
  };
  const folder = writeRunFiles(parentOf(flags, ran.settings), description.id, files);
  const lines = flags.json
    ? [JSON.stringify({ ...description, folder, figures: figuresJson(result) })]
    : [...inWords(description, result), `Report: ${path.join(folder, 'report.html')}`];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.done;
}

function describe(ran: {
  readonly settings: Settings;
  readonly bot: string;
  readonly backtest: Backtest;
}): RunDescription {
  const { settings, bot, backtest } = ran;
  const { history, span } = backtest;
  const now = new SystemClock().wallMs();
  const manifest = JSON.parse(readFileSync(path.join(PROJECT_DIR, 'package.json'), 'utf8')) as {
    version: string;
  };
  const values = settings as Readonly<Record<string, unknown>>;
  return {
    id: newUid(now),
    created_at: new Date(now).toISOString(),
    version: manifest.version,
    signals: 'fallback',
    from: new Date(barOpenTime(span.firstIndex, history.timeframe)).toISOString(),
    to: new Date(endOf(span, history.timeframe)).toISOString(),
    timeframe: history.timeframe,
    bot,
    symbols: history.symbols.map(({ instrument }) => instrument.symbol),
    bars: countBars(history.symbols, span),
    venue: history.venue,
    data_hash: history.dataHash,
    settings: Object.fromEntries(
      REPORTED.map((name) => [name, values[propertyName(name)] as string | number]),
    ),
  };
}

function parseFlags(args: readonly string[]): BacktestFlags {
  const program = new Command('npm run backtest --')
    .description('Tests the rules of trading on candles of the past.')
    .option('--from <time>', 'first moment, ISO 8601 UTC: 2024-03-01 or 2024-03-01T12:00')
    .option('--to <time>', 'last moment')
    .option('--symbols <names...>', 'symbols, or all; default: SYMBOLS, with --data every file')
    .option('--timeframe <name>', `one of ${TIMEFRAMES.join(', ')}; default: TRADE_TIMEFRAME`)
    .option('--bot <name>', 'whose signals are asked for; default: TRADE_BOT')
    .requiredOption('--signals <kind>', 'fallback: the SMA/RSI rules alone')
    .option('--data <folder>', 'candle files instead of the stored candles')
    .option('--set <pairs...>', 'settings of this run: KEY=VALUE')
    .option('--out <folder>', 'where the run gets its folder; default: DATA_DIR/backtests')
    .option('--json', 'the figures as a line of JSON on standard output', false)
    .addHelpText('after', HELP)
    .exitOverride();
  const flags = program.parse([...args], { from: 'user' }).opts<BacktestFlags>();
  if (flags.signals === 'fallback') return flags;
  const reason =
    flags.signals === 'model'
      ? 'model is not built yet: only fallback is'
      : `${flags.signals} is unknown; expected fallback`;
  throw new ConfigError(`--signals: ${reason}`);
}

/** The environment with the settings of this run. @throws ConfigError naming an unknown one */
function withSets(environment: Environment, sets: readonly string[]): Environment {
  const changed: Record<string, string> = {};
  for (const pair of sets) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    if (at < 1) throw new ConfigError(`--set ${pair}: expected KEY=VALUE`);
    if (!SETTINGS.has(name)) {
      const [near] = findNearNames(name, SETTINGS.keys());
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      throw new ConfigError(`--set ${name}: there is no such setting${hint}`);
    }
    changed[name] = pair.slice(at + 1);
  }
  return { ...environment, ...changed };
}

function load(
  { data, symbols }: BacktestFlags,
  settings: Settings,
  timeframe: Timeframe,
): Promise<MarketHistory> | MarketHistory {
  const isAll = symbols?.length === 1 && symbols[0] === 'all';
  const wanted = isAll ? undefined : symbols;
  if (data !== undefined) return loadFolder({ folder: data, timeframe, symbols: wanted });
  const configured = settings.symbols[0] === 'all' ? undefined : settings.symbols;
  return loadStored({
    location: databaseLocation(settings),
    venue: settings.exchange,
    timeframe,
    symbols: isAll ? undefined : (wanted ?? configured),
  });
}

async function withProgress<T>(
  { json }: BacktestFlags,
  work: (onProgress: (share: number) => void) => Promise<T>,
): Promise<T> {
  if (json || !process.stderr.isTTY) return work(() => undefined);
  const bar = new SingleBar({
    format: 'backtest {bar} {percentage} % | {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
  });
  bar.start(100, 0);
  try {
    return await work((share) => bar.update(Math.round(100 * share)));
  } finally {
    bar.stop();
  }
}

function parentOf({ out }: BacktestFlags, settings: Settings): string {
  return path.resolve(out ?? path.join(settings.dataDir, 'backtests'));
}

/** Every run on the same data is a try: the best of many is partly luck. */
function readEarlierSharpes(parent: string, dataHash: string): readonly number[] {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const text = readFileSync(path.join(parent, name, 'result.json'), 'utf8');
      const run = JSON.parse(text) as { data_hash?: unknown; figures?: { sharpe?: unknown } };
      const sharpe = run.figures?.sharpe;
      return run.data_hash === dataHash && typeof sharpe === 'number' ? [sharpe] : [];
    } catch {
      return [];
    }
  });
}

function readAssets(): ReportAssets {
  const folder = path.join(PROJECT_DIR, 'dashboard', 'report');
  const library = createRequire(import.meta.url).resolve('lightweight-charts/package.json');
  const charts = path.join(
    path.dirname(library),
    'dist/lightweight-charts.standalone.production.js',
  );
  return {
    css: readFileSync(path.join(folder, 'report.css'), 'utf8'),
    script: readFileSync(path.join(folder, 'report.js'), 'utf8'),
    charts: readFileSync(charts, 'utf8'),
  };
}

function toTimeframe(text: string): Timeframe {
  if (isTimeframe(text)) return text;
  throw new ConfigError(`--timeframe is ${text}; expected one of ${TIMEFRAMES.join(', ')}`);
}

function toMs(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const isPlain = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z?)?$/.test(text);
  const timeMs = isPlain
    ? Date.parse(text.includes('T') && !text.endsWith('Z') ? `${text}Z` : text)
    : NaN;
  const isReal =
    Number.isFinite(timeMs) && new Date(timeMs).toISOString().startsWith(text.slice(0, 10));
  if (!isReal)
    throw new ConfigError(`${flag} is ${text}; expected a day such as 2024-03-01, in UTC`);
  return timeMs;
}

process.exitCode = await main();
