import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, CommanderError } from 'commander';
import { changeSettings } from '../config/change-settings.js';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { inWords } from '../src/backtest/result/in-words.js';
import { backtestsFolder, lockBacktests } from '../src/daemon/backtests/backtest-lock.js';
import { RunRecord } from '../src/daemon/backtests/run-record.js';
import { runRequest, type RequestEnd } from '../src/daemon/backtests/run-request.js';
import { PROJECT_DIR } from '../src/daemon/module-options.js';
import { findPlace } from '../src/daemon/open-base.js';
import { openStorage } from '../src/daemon/open-storage.js';
import type { BacktestAsk } from '../src/domain/backtest-run.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../src/domain/timeframe.js';
import { SystemClock } from '../src/lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import type { Logger } from '../src/lib/logger.js';
import { newUid } from '../src/lib/uid.js';
import { openStores } from '../src/storage/stores.js';

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
  const read = readSettings(readEnvironment());
  const ask = toAsk(flags, read.settings);
  const changed = changeSettings(read.settings, ask.set);
  if (changed.status === 'refused') throw new ConfigError(`--set ${changed.reason}`);
  const { settings } = changed;
  const clock = new SystemClock();
  const lock = lockBacktests(settings.dataDir, clock.wallMs());
  const { database } = await openStorage(settings, { clock, logger: SILENT, signal });
  const store = openStores(database, clock).backtests;
  const version = readVersion();
  const uid = newUid(clock.wallMs());
  const place = findPlace(settings, { clock, logger: SILENT });
  const options = { store, clock, uid, ask, version, place };
  const record = new RunRecord({ ...options, origin: 'command' });
  try {
    await store.markInterrupted(place);
    const end = await withProgress(flags, record, (onProgress) =>
      runRequest(ask, {
        settings,
        location: database.location,
        venue: settings.exchange,
        parent: path.resolve(flags.out ?? backtestsFolder(settings.dataDir)),
        record,
        version,
        clock,
        signal,
        onProgress,
      }),
    );
    if (end.status === 'done') return report(flags, end);
    await record.cancelled();
    process.stderr.write('backtest: stopped; nothing was written\n');
    return EXIT.stopped;
  } catch (error) {
    // The disk may be full for this too: what went wrong first is what counts.
    await record.failed(messageOf(error)).catch(() => undefined);
    throw error;
  } finally {
    await database.close();
    lock.stop();
  }
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
    signals: 'fallback',
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

function toSets(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new ConfigError(`--set ${pair}: expected KEY=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

async function withProgress<T>(
  { json }: BacktestFlags,
  record: RunRecord,
  work: (onProgress: (share: number) => void) => Promise<T>,
): Promise<T> {
  const note = (share: number): void => void record.progress(share).catch(() => undefined);
  if (json || !process.stderr.isTTY) return work(note);
  const bar = new SingleBar({
    format: 'backtest {bar} {percentage} % | {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
  });
  bar.start(100, 0);
  try {
    return await work((share) => {
      bar.update(Math.round(100 * share));
      note(share);
    });
  } finally {
    bar.stop();
  }
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
