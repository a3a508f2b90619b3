import { Command, InvalidArgumentError, Option } from 'commander';
import type { Settings } from '../config/settings.js';
import { train } from '../src/commands/train.js';
import type { TrainEnd, TrainMode } from '../src/commands/train-options.js';
import { SystemClock } from '../src/lib/clock.js';
import { childEnvironments } from '../src/lib/child-environments.js';
import { EXIT, runCommand } from './run-command.js';
import { botNames, findWrongTimeframe, names } from './series-flags.js';
import { TRAIN_FORMAT } from './train-output.js';

/** What a shell gives for Ctrl+C. */
const EXIT_STOPPED = 130;

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
full trains every model again, incremental adds a few trees on the newest candles to those that serve,
sample trains the first 50 instruments again. Where a daemon runs with the same data it does the work, in
its own queue; otherwise it is done here, on the candles that are stored.

Pausing: while the file of --pause-file exists no job begins. In a daemon that holds for the jobs of this
command alone; its own PAUSE_FILE pauses its whole queue.

Ctrl+C ends it gracefully, and what is trained stays. What is not trained yet is cancelled where a daemon
does the work, and otherwise goes on with the next start. A second Ctrl+C leaves at once. A daemon goes on
with the work when this command ends otherwise: when the terminal is closed, or it is told to by SIGTERM.

Exit codes: 0 all trained, 1 some models failed or a defect, 2 wrong usage or no connection, or something
named is not trained, 78 a setting must be mended first, 130 stopped before the end.`;

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
    .option('--bots <names...>', 'instead of BOTS', botNames)
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
    symbols: [...(symbols ?? settings.symbols)],
    timeframes: [...(timeframes ?? settings.timeframes)],
    bots: [...(bots ?? settings.bots)],
    pauseFile: pauseFile ?? settings.pauseFile,
    trainBatchSize: trainBatchSize ?? settings.trainBatchSize,
    // A command does what it was asked for and nothing by itself.
    fullRetrainEnabled: false,
    incrementalEnabled: false,
  };
}

function toExitCode({ status, failed, left }: TrainEnd): number {
  if (status === 'stopped') return EXIT_STOPPED;
  if (failed > 0) return EXIT.failed;
  return left.length === 0 ? EXIT.fine : EXIT.usageOrConnection;
}

process.exitCode = await runCommand({
  name: 'train',
  kept: 'what is trained',
  leftLabel: 'Not trained',
  parse: parseFlags,
  apply: withFlags,
  format: () => TRAIN_FORMAT,
  run: (
    { mode, symbols, timeframes, bots, batchSize: size, pauseFile },
    { environment, ...tools },
  ) =>
    train({
      ...tools,
      asked: { symbols, timeframes, bots, batchSize: size, pauseFile },
      mode,
      clock: new SystemClock(),
      childEnvironments: childEnvironments(environment),
    }),
  toExitCode,
});
// Nothing is left to do; a handle that a library forgot must not keep the process.
process.exit();
