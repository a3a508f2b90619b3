import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { collect } from '../src/daemon/collect/collect.js';
import type { CollectEnd } from '../src/daemon/collect/collect-options.js';
import { isTimeframe, TIMEFRAMES } from '../src/domain/timeframe.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/system-clock.js';
import { CollectBar, CollectJson, CollectLines, type CollectOutput } from './collect-output.js';

/** What the process ends with; 78 is of `sysexits.h`. */
const EXIT = { fine: 0, defect: 1, usageOrConnection: 2, config: 78 } as const;

/** After this long a graceful stop has failed. */
const STOP_LIMIT_MS = 9_500;

interface CollectFlags {
  readonly symbols?: readonly string[];
  readonly timeframes?: readonly string[];
  readonly pauseFile?: string;
  readonly once: boolean;
  readonly json: boolean;
}

const HELP = `
Without --symbols and --timeframes it collects what SYMBOLS and TIMEFRAMES name, as deep as HISTORY_DAYS
says, and then follows the market until Ctrl+C. What is stored stays, and the next start goes on from it.
Where a daemon runs with the same data it collects already: then its progress is shown until all is up
to date, and what it does not collect is named. While the pause file exists, collection waits.

Exit codes: 0 done or stopped by Ctrl+C, 1 a defect, 2 wrong usage, no connection, or something named is
not collected, 78 a setting must be mended first.`;

async function main(): Promise<number> {
  let output: CollectOutput | undefined;
  try {
    const flags = parseFlags(process.argv.slice(2));
    const environment = readEnvironment();
    const { settings, warnings } = readSettings(environment);
    output = createOutput(flags, settings);
    for (const warning of warnings) output.logger.warn(warning);
    return await run(flags, settings, output);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.fine : EXIT.usageOrConnection;
    }
    return report(error, output);
  } finally {
    output?.stop();
  }
}

async function run(
  flags: CollectFlags,
  settings: Settings,
  output: CollectOutput,
): Promise<number> {
  const controller = new AbortController();
  const forget = abortOnSignals(controller, output);
  try {
    const end = await collect({
      settings: withFlags(settings, flags),
      ...{ clock: new SystemClock(), logger: output.logger, signal: controller.signal },
      isOnce: flags.once,
      onProgress: (progress) => output.show(progress),
    });
    return conclude(end, output);
  } finally {
    forget();
  }
}

function conclude(end: CollectEnd, output: CollectOutput): number {
  for (const reason of end.left) output.logger.error(`Not collected: ${reason}`);
  output.end(end);
  return end.left.length === 0 ? EXIT.fine : EXIT.usageOrConnection;
}

function parseFlags(args: readonly string[]): CollectFlags {
  const program = new Command('npm run collect --')
    .description('Collects candles and prices: no training, no trading, no API.')
    .option('--symbols <names...>', 'instead of SYMBOLS: BTC/USDT, BTCUSDT, BTC-USDT or all', names)
    .option('--timeframes <names...>', 'instead of TIMEFRAMES', names)
    .option('--pause-file <file>', 'instead of PAUSE_COLLECTOR_FILE')
    .option('--once', 'end as soon as everything is up to date', false)
    .option('--json', 'progress, log and result as lines of JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  const flags = program.parse(args, { from: 'user' }).opts<CollectFlags>();
  const wrong = flags.timeframes?.find((name) => !isTimeframe(name));
  if (wrong === undefined) return flags;
  return program.error(`${wrong} is no timeframe; there are ${TIMEFRAMES.join(', ')}`);
}

/** Names may be parted by blanks or, as in the settings, by commas. */
function names(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, ...text.split(',').filter((name) => name !== '')];
}

function withFlags(settings: Settings, flags: CollectFlags): Settings {
  const { symbols, timeframes, pauseFile } = flags;
  return {
    ...settings,
    ...(symbols === undefined ? {} : { symbols: [...symbols] }),
    ...(timeframes === undefined ? {} : { timeframes: [...timeframes] }),
    ...(pauseFile === undefined ? {} : { pauseCollectorFile: pauseFile }),
  };
}

function createOutput(flags: CollectFlags, settings: Settings): CollectOutput {
  const options = {
    clock: new SystemClock(),
    level: settings.logLevel,
    secrets: [settings.apiToken, settings.mysqlPassword].filter((value) => value !== undefined),
  };
  if (flags.json) return new CollectJson(options);
  return process.stderr.isTTY ? new CollectBar(options) : new CollectLines(options);
}

/** The first signal asks for a graceful stop within a limit; a second one ends at once. */
function abortOnSignals(controller: AbortController, output: CollectOutput): () => void {
  let limit: NodeJS.Timeout | undefined;
  const onSignal = (name: string): void => {
    if (controller.signal.aborted) process.exit(EXIT.defect);
    output.logger.info(`${name}: stopping; what is stored stays`);
    limit = setTimeout(() => process.exit(EXIT.defect), STOP_LIMIT_MS);
    limit.unref();
    controller.abort(new Error(`Stopped by ${name}`));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return () => clearTimeout(limit);
}

function report(error: unknown, output: CollectOutput | undefined): number {
  const isNamed = error instanceof ConfigError || error instanceof TransientError;
  const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
  if (output === undefined) process.stderr.write(`collect: ${text}\n`);
  else output.logger.error(text);
  if (error instanceof ConfigError) return EXIT.config;
  return error instanceof TransientError ? EXIT.usageOrConnection : EXIT.defect;
}

process.exitCode = await main();
// Nothing is left to do; a handle that a library forgot must not keep the process.
process.exit();
