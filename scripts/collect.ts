import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { collect } from '../src/daemon/collect/collect.js';
import type { CollectEnd } from '../src/daemon/collect/collect-options.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/clock.js';
import {
  CollectBar,
  CollectJson,
  CollectLines,
  outputOptions,
  type CollectOutput,
} from './collect-output.js';
import { findWrongTimeframe, names } from './series-flags.js';
import { abortOnSignals } from './stop-signals.js';

/** What the process ends with; 78 is of `sysexits.h`. */
const EXIT = { fine: 0, defect: 1, usageOrConnection: 2, config: 78 } as const;

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
  const forget = abortOnSignals(controller, {
    logger: output.logger,
    kept: 'what is stored',
    exitCode: EXIT.defect,
  });
  try {
    const end = await collect({
      settings: withFlags(settings, flags),
      clock: new SystemClock(),
      logger: output.logger,
      signal: controller.signal,
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
  const wrong = findWrongTimeframe(flags.timeframes);
  return wrong === undefined ? flags : program.error(wrong);
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
  const options = outputOptions(settings);
  if (flags.json) return new CollectJson(options);
  return process.stderr.isTTY ? new CollectBar(options) : new CollectLines(options);
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
