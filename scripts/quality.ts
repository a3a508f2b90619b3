import { writeFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { importFolders, readImportRecords } from '../src/collection/files/import-record.js';
import { openStorage, withoutFallback } from '../src/daemon/open-storage.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../src/domain/timeframe.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/clock.js';
import { qualityPage } from '../src/quality/quality-page.js';
import { assessQuality, type QualityReport } from '../src/quality/quality-report.js';
import { qualityJson, qualityText } from '../src/quality/quality-text.js';
import { openStores } from '../src/storage/stores.js';
import { findWrongTimeframe, names } from './series-flags.js';
import { quietLogger } from './quiet-logger.js';

const EXIT = { fine: 0, faults: 1, notRun: 2, config: 78 } as const;
const DAY_MS = 86_400_000;

interface QualityFlags {
  readonly symbols?: readonly string[];
  readonly timeframes?: readonly string[];
  readonly venue?: string;
  readonly days?: string;
  readonly html?: string;
  readonly json: boolean;
}

const HELP = `
Shows for each stored series what is there by day, what is missing, refused, revised, odd or the same as another
series, and what training does about it; also the last import of each file. It only reads, beside a daemon too.
docs/data-quality.md says how each finding is found.

Exit codes: 0 nothing to look at, 1 some series or file has something to look at, or nothing is stored of what was named,
2 wrong usage or no connection, 78 a setting must be mended first.`;

async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2));
    const { settings } = readSettings(readEnvironment());
    const report = await run(flags, settings);
    return hasFaults(report) || isMissed(flags, report) ? EXIT.faults : EXIT.fine;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.notRun;
    const isNamed = error instanceof ConfigError || error instanceof TransientError;
    const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
    process.stderr.write(`quality: ${text}\n`);
    return error instanceof ConfigError ? EXIT.config : EXIT.notRun;
  }
}

/** What was named is not stored: of it nothing was looked at. */
function isMissed(
  { symbols, timeframes, venue }: QualityFlags,
  { series, unknownSymbols }: QualityReport,
): boolean {
  const isNamed = symbols !== undefined || timeframes !== undefined || venue !== undefined;
  return unknownSymbols.length > 0 || (isNamed && series.length === 0);
}

function hasFaults({ series, files }: QualityReport): boolean {
  const isFaulty = series.some(({ findings }) => findings.some(({ level }) => level === 'fault'));
  return isFaulty || files.some(({ refusal, rejected }) => refusal !== null || rejected.length > 0);
}

function parseFlags(args: readonly string[]): QualityFlags {
  const program = new Command('npm run quality --')
    .description('Judges the stored candles.')
    .option('--symbols <names...>', 'only these, as stored or as market ids', names)
    .option('--timeframes <names...>', `only these of ${TIMEFRAMES.join(', ')}`, names)
    .option('--venue <name>', 'only this one, such as binance or csv:files')
    .option('--days <number>', 'only the newest days')
    .option('--html <file>', 'also writes a page with a map of all days')
    .option('--json', 'the report as JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  const flags = program.parse(args, { from: 'user' }).opts<QualityFlags>();
  const wrong = findWrongTimeframe(flags.timeframes);
  if (wrong !== undefined) return program.error(wrong);
  if (flags.days !== undefined && !/^[1-9]\d{0,4}$/.test(flags.days)) {
    return program.error('--days takes a whole number from 1 up');
  }
  return flags;
}

async function run(flags: QualityFlags, settings: Settings): Promise<QualityReport> {
  const clock = new SystemClock();
  const { signal } = new AbortController();
  const { database } = await openStorage(withoutFallback(settings), {
    clock,
    logger: quietLogger,
    signal,
  });
  try {
    const nowMs = clock.wallMs();
    const { venue, symbols, days } = flags;
    const report = await assessQuality(
      {
        venue,
        symbols,
        timeframes: flags.timeframes?.filter((one): one is Timeframe => isTimeframe(one)),
        fromOpenTime: days === undefined ? undefined : nowMs - Number(days) * DAY_MS,
      },
      {
        stores: openStores(database, clock),
        marketMsOf: (name) => (name.startsWith('demo:') ? undefined : nowMs),
        imports: await readImportRecords(importFolders(settings.dataDir).records),
      },
    );
    for (const name of report.unknownSymbols)
      process.stderr.write(`No series of ${name} is stored\n`);
    if (flags.html !== undefined) await writeFile(flags.html, qualityPage(report, nowMs));
    process.stdout.write(flags.json ? qualityJson(report) : qualityText(report));
    return report;
  } finally {
    await database.close();
  }
}

process.exitCode = await main();
