import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { readEnvironment, readSettings, type Environment } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { train } from '../src/daemon/train/train.js';
import type { TrainEnd, TrainMode, TrainOptions } from '../src/daemon/train/train-options.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/clock.js';
import { trainerEnvironment } from '../src/training/trainer-process/python-command.js';
import { outputOptions } from './collect-output.js';
import { findWrongTimeframe, names } from './series-flags.js';
import { abortOnSignals } from './stop-signals.js';
import { TrainBars, TrainJson, TrainLines, type TrainOutput } from './train-output.js';

/** What the process ends with; 78 is of `sysexits.h`, 130 what a shell gives for Ctrl+C. */
const EXIT = { fine: 0, failed: 1, usageOrConnection: 2, config: 78, stopped: 130 } as const;

const MAX_BATCH = 10_000;

interface TrainFlags {
  readonly mode: TrainMode;
  readonly batchSize?: number;
  readonly symbols?: readonly string[];
  readonly timeframes?: readonly string[];
  readonly bots?: readonly string[];
  readonly pauseFile?: string;
  readonly json: boolean;
}

const HELP = `
full trains every model anew, incremental adds a few trees on the newest candles to those that serve,
sample trains the first 50 instruments anew. Where a daemon runs with the same data it does the work, in
its own queue; otherwise it is done here, on the candles that are stored.

Pausing: while the file of --pause-file exists no job begins. In a daemon that holds for the jobs of this
command alone; its own PAUSE_FILE pauses its whole queue.

Ctrl+C ends it gracefully, and what is trained stays. What is not trained yet is cancelled where a daemon
does the work, and otherwise goes on with the next start. A second Ctrl+C leaves at once. A daemon goes on
with the work when this command ends otherwise: when the terminal is closed, or it is told to by SIGTERM.

Exit codes: 0 all trained, 1 some models failed or a defect, 2 wrong usage or no connection, or something
named is not trained, 78 a setting must be mended first, 130 stopped before the end.`;

async function main(): Promise<number> {
  let output: TrainOutput | undefined;
  try {
    const flags = parseFlags(process.argv.slice(2));
    const environment = readEnvironment();
    const { settings, warnings } = readSettings(environment);
    output = createOutput(flags, settings);
    for (const warning of warnings) output.logger.warn(warning);
    return await run(flags, settings, { output, environment });
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
  flags: TrainFlags,
  settings: Settings,
  { output, environment }: { readonly output: TrainOutput; readonly environment: Environment },
): Promise<number> {
  const controller = new AbortController();
  const forget = abortOnSignals(controller, {
    logger: output.logger,
    kept: 'what is trained',
    exitCode: EXIT.failed,
  });
  const { mode, symbols, timeframes, bots, batchSize, pauseFile } = flags;
  const options: TrainOptions = {
    settings: withFlags(settings, flags),
    asked: { symbols, timeframes, bots, batchSize, pauseFile },
    mode,
    clock: new SystemClock(),
    logger: output.logger,
    signal: controller.signal,
    trainerEnvironment: trainerEnvironment(environment),
    onProgress: (progress) => output.show(progress),
  };
  try {
    return conclude(await train(options), output);
  } finally {
    forget();
  }
}

function conclude(end: TrainEnd, output: TrainOutput): number {
  for (const reason of end.left) output.logger.error(`Not trained: ${reason}`);
  output.end(end);
  if (end.status === 'stopped') return EXIT.stopped;
  if (end.failed > 0) return EXIT.failed;
  return end.left.length === 0 ? EXIT.fine : EXIT.usageOrConnection;
}

function parseFlags(args: readonly string[]): TrainFlags {
  const modes = new Option('--mode <mode>', 'what to train').choices([
    'incremental',
    'full',
    'sample',
  ]);
  const program = new Command('npm run train --')
    .description('Trains models, in the running daemon or here.')
    .addOption(modes.makeOptionMandatory())
    .option('--batch-size <n>', 'instruments of a batch instead of TRAIN_BATCH_SIZE', batchSize)
    .option('--symbols <names...>', 'instead of SYMBOLS: BTC/USDT, BTCUSDT, BTC-USDT or all', names)
    .option('--timeframes <names...>', 'instead of TIMEFRAMES', names)
    .option('--bots <names...>', 'instead of BOTS', names)
    .option('--pause-file <file>', 'pauses training while it exists, instead of PAUSE_FILE')
    .option('--json', 'progress, log and result as lines of JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  const flags = program.parse(args, { from: 'user' }).opts<TrainFlags>();
  const wrong = findWrongTimeframe(flags.timeframes);
  return wrong === undefined ? flags : program.error(wrong);
}

function batchSize(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= MAX_BATCH) return size;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_BATCH}`);
}

function withFlags(settings: Settings, flags: TrainFlags): Settings {
  const { symbols, timeframes, bots, pauseFile, batchSize: trainBatchSize } = flags;
  return {
    ...settings,
    ...(symbols === undefined ? {} : { symbols: [...symbols] }),
    ...(timeframes === undefined ? {} : { timeframes: [...timeframes] }),
    ...(bots === undefined ? {} : { bots: [...bots] }),
    ...(pauseFile === undefined ? {} : { pauseFile }),
    ...(trainBatchSize === undefined ? {} : { trainBatchSize }),
    // A command does what it was asked for and nothing by itself.
    fullRetrainEnabled: false,
    incrementalEnabled: false,
  };
}

function createOutput(flags: TrainFlags, settings: Settings): TrainOutput {
  const options = outputOptions(settings);
  if (flags.json) return new TrainJson(options);
  return process.stderr.isTTY ? new TrainBars(options) : new TrainLines(options);
}

function report(error: unknown, output: TrainOutput | undefined): number {
  const isRefused = error instanceof TransientError || error instanceof RejectedError;
  const isNamed = error instanceof ConfigError || isRefused;
  const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
  if (output === undefined) process.stderr.write(`train: ${text}\n`);
  else output.logger.error(text);
  if (error instanceof ConfigError) return EXIT.config;
  return isRefused ? EXIT.usageOrConnection : EXIT.failed;
}

process.exitCode = await main();
// Nothing is left to do; a handle that a library forgot must not keep the process.
process.exit();
