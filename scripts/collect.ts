import { Command } from 'commander';
import type { Settings } from '../config/settings.js';
import { collect } from '../src/commands/collect.js';
import { SystemClock } from '../src/lib/clock.js';
import { collectFormat } from './collect-output.js';
import { EXIT, runCommand } from './run-command.js';
import { findWrongTimeframe, names } from './series-flags.js';

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
    symbols: [...(symbols ?? settings.symbols)],
    timeframes: [...(timeframes ?? settings.timeframes)],
    pauseCollectorFile: pauseFile ?? settings.pauseCollectorFile,
  };
}

const clock = new SystemClock();

process.exitCode = await runCommand({
  name: 'collect',
  kept: 'what is stored',
  leftLabel: 'Not collected',
  parse: parseFlags,
  apply: withFlags,
  format: () => collectFormat(clock),
  run: ({ once: isOnce }, tools) => collect({ ...tools, clock, isOnce }),
  toExitCode: ({ left }) => (left.length === 0 ? EXIT.fine : EXIT.usageOrConnection),
});
// Nothing is left to do; a handle that a library forgot must not keep the process.
process.exit();
