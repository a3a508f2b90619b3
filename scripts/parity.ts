import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { ParityDifference } from '../src/backtest/parity/compare-decisions.js';
import { checkParity, type ParityAnswer } from '../src/daemon/backtests/parity-request.js';
import { openStorage, withoutFallback } from '../src/daemon/open-storage.js';
import { SystemClock } from '../src/lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { openStores } from '../src/storage/stores.js';
import { toSets } from './set-flag.js';
import { textTable } from './text-table.js';
import { toMs } from './time-flag.js';
import { quietLogger } from './quiet-logger.js';

/** As of the other commands; 78 is of `sysexits.h`. */
const EXIT = { equal: 0, differs: 1, notRun: 2, config: 78 } as const;

/** Differences that are shown; all are counted, and --json has them all. */
const SHOWN = 10;

interface ParityFlags {
  readonly from?: string;
  readonly to?: string;
  readonly venue?: string;
  readonly set?: readonly string[];
  readonly json: boolean;
}

const HELP = `
Replays what the daemon recorded on paper (its signals, quotes, candles and the settings of then) through the tick
that a backtest runs, and compares each decision and each trade with what was stored. --set shows what other settings
would have changed: the first decision that differs, and why.

  npm run parity -- --from 2024-03-01
  npm run parity -- --set STOP_LOSS_PCT=1

Books are replayed from their beginning; --from and --to bound what is compared. Where quotes of the beginning are deleted
(RETENTION_PRICES_DAYS), the replay begins with the recorded books of a later moment, and says how many decisions of before
it does not compare.

Exit codes: 0 nothing differs that is not explained, 1 something does, 2 wrong usage or no connection, 78 nothing can
be replayed or a setting must be mended first.`;

async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2));
    const answer = await run(flags);
    process.stdout.write(flags.json ? `${JSON.stringify(answer)}\n` : answerText(answer));
    return answer.unexplained.length === 0 ? EXIT.equal : EXIT.differs;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.equal : EXIT.notRun;
    const isNamed = error instanceof ConfigError || error instanceof TransientError;
    const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
    process.stderr.write(`parity: ${text}\n`);
    return error instanceof ConfigError ? EXIT.config : EXIT.notRun;
  }
}

function parseFlags(args: readonly string[]): ParityFlags {
  return new Command('npm run parity --')
    .description('Replays what the daemon recorded, and says what the tick does not repeat.')
    .option('--from <time>', 'first candle, ISO 8601 UTC: 2024-03-01 or 2024-03-01T12:00')
    .option('--to <time>', 'last candle')
    .option('--venue <name>', 'default: that of the newest decision')
    .option('--set <pairs...>', 'settings in place of those of then: KEY=VALUE')
    .option('--json', 'one line of JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<ParityFlags>();
}

async function run({ from, to, venue, set = [] }: ParityFlags): Promise<ParityAnswer> {
  const { settings } = readSettings(readEnvironment());
  const clock = new SystemClock();
  const logger = quietLogger;
  const signal = new AbortController().signal;
  const { database } = await openStorage(withoutFallback(settings), { clock, logger, signal });
  try {
    const request = {
      venue,
      fromMs: toMs('--from', from),
      toMs: toMs('--to', to),
      set: toSets(set),
    };
    return await checkParity(openStores(database, clock), request, { settings, logger });
  } finally {
    await database.close();
  }
}

function answerText(answer: ParityAnswer): string {
  const { decisions, trades, venue, account, unexplained, changed } = answer;
  const lines = [
    `${decisions} decisions and ${trades} trades of ${account} at ${venue} were replayed.\n`,
  ];
  const { decisions: earlier, until, reason } = answer.not_compared;
  if (earlier > 0) {
    lines.push(`${earlier} decisions before ${until} could not be compared: ${reason}.\n`);
  }
  if (answer.runs_without_settings > 0) {
    lines.push(
      `${answer.runs_without_settings} runs have no stored settings: those of now took their place.\n`,
    );
  }
  lines.push(differencesText('differ and nothing stored explains why', unexplained));
  if (changed.length > 0) lines.push(differencesText('differ because of --set', changed));
  return lines.join('');
}

function differencesText(what: string, differences: readonly ParityDifference[]): string {
  if (differences.length === 0) return `0 ${what}.\n`;
  const rows = differences
    .slice(0, SHOWN)
    .map(({ candle_open_time: time, symbol, what: kind, recorded, replayed }) => [
      ...[time, symbol, kind],
      `${recorded.action}: ${recorded.reason}`,
      `${replayed.action}: ${replayed.reason}`,
    ]);
  const table = textTable(['Candle', 'Symbol', 'What', 'Recorded', 'Replayed'], rows);
  return `${differences.length} ${what}, the first of them:\n${table}`;
}

process.exitCode = await main();
