import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { importFile, type ImportReport } from '../src/collection/files/import-file.js';
import { listCsvFiles, symbolOfFile } from '../src/collection/files/list-files.js';
import { parseNamePattern } from '../src/collection/files/name-pattern.js';
import { findAttributeDefect } from '../src/collection/files/price-rows.js';
import { writeRejects } from '../src/collection/files/rejects.js';
import { openStorage } from '../src/daemon/open-storage.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../src/domain/timeframe.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/system-clock.js';
import { openStores } from '../src/storage/stores.js';
import { quietLogger } from './transfer-command.js';

/** As of the migration: rows that were left out are an answer of their own. 78 is of `sysexits.h`. */
const EXIT = { done: 0, rowsLeft: 1, notRun: 2, config: 78 } as const;

interface ImportFlags {
  readonly file: readonly string[];
  readonly symbol?: string;
  readonly timeframe: Timeframe;
  readonly venue: string;
  readonly parseName?: string;
  readonly attributes?: readonly string[];
  readonly rejects?: string;
  readonly json: boolean;
  readonly dryRun: boolean;
}

const HELP = `
Columns, in any order, by their headings: timestamp with open, high, low, close, volume, or timestamp with
price. The timestamp is epoch seconds, epoch milliseconds or ISO 8601 (UTC where no zone stands). A column
symbol, item or name says which item a line is about; else --symbol does, else the file's name. Further
columns are attributes of the item, and so is a column attributes with name=value;name=value.

An import may be repeated: what is stored already stays. It may run beside a daemon on the same database,
whose next training sees the rows. Lines that cannot be used are listed with their number and reason in
DATA_DIR/rejects.

Exit codes: 0 done, 1 done but some lines could not be used, 2 wrong usage or no connection, 78 a file or
a setting must be mended first.`;

async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2));
    const { settings } = readSettings(readEnvironment());
    const reports = await run(flags, settings);
    return reports.some(({ rejected }) => rejected.length > 0) ? EXIT.rowsLeft : EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.notRun;
    const isNamed = error instanceof ConfigError || error instanceof TransientError;
    const text = isNamed || !(error instanceof Error) ? messageOf(error) : (error.stack ?? '');
    process.stderr.write(`import: ${text}\n`);
    return error instanceof ConfigError ? EXIT.config : EXIT.notRun;
  }
}

function parseFlags(args: readonly string[]): ImportFlags {
  const program = new Command('npm run import --')
    .description('Imports prices and attributes of items from CSV files.')
    .requiredOption('--file <places...>', 'files, or folders of *.csv')
    .requiredOption('--timeframe <name>', `one of ${TIMEFRAMES.join(', ')}`)
    .option('--symbol <name>', 'of lines that name no item; default: the name of the file')
    .option('--venue <name>', 'becomes csv:<name>', 'files')
    .option('--parse-name <pattern>', 'attributes in the name: "{type} | {variant} ({condition})"')
    .option('--attributes <pairs...>', 'of every item: type=rifle condition=new')
    .option('--rejects <file>', 'where unusable lines go; only with one file')
    .option('--json', 'reports as lines of JSON on standard output', false)
    .option('--dry-run', 'read and check everything, store nothing', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  const flags = program.parse(args, { from: 'user' }).opts<ImportFlags>();
  if (!isTimeframe(flags.timeframe)) {
    return program.error(`${String(flags.timeframe)} is no timeframe: ${TIMEFRAMES.join(', ')}`);
  }
  if (!/^[\w.-]{1,100}$/.test(flags.venue)) {
    return program.error('--venue takes letters, digits, _, - and .');
  }
  return flags;
}

async function run(flags: ImportFlags, settings: Settings): Promise<readonly ImportReport[]> {
  const parseName = flags.parseName === undefined ? undefined : parseNamePattern(flags.parseName);
  const attributes = readAttributes(flags.attributes ?? []);
  const files = (await Promise.all(flags.file.map(listCsvFiles))).flat();
  if (files.length === 0) throw new ConfigError(`No *.csv in ${flags.file.join(', ')}`);
  if (flags.rejects !== undefined && files.length > 1) {
    throw new ConfigError('--rejects goes with one file only');
  }
  const clock = new SystemClock();
  const { signal } = new AbortController();
  const { database } = await openStorage(settings, { clock, logger: quietLogger, signal });
  try {
    const stores = openStores(database, clock);
    const reports: ImportReport[] = [];
    for (const file of files) {
      const symbol = flags.symbol ?? symbolOfFile(file);
      const { timeframe, venue: name, dryRun: isDryRun } = flags;
      const request = { file, name, symbol, timeframe, attributes, parseName, isDryRun };
      const report = await importFile(request, { stores, clock });
      const rejects =
        flags.rejects ??
        path.resolve(settings.dataDir, 'rejects', `${name}-${timeframe}-${path.basename(file)}`);
      await writeRejects(rejects, report);
      show(report, { rejects, ...flags });
      reports.push(report);
    }
    return reports;
  } finally {
    await database.close();
  }
}

function readAttributes(pairs: readonly string[]): Readonly<Record<string, string>> {
  const read = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at < 1) throw new ConfigError(`--attributes: "${pair}" is not name=value`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  });
  const defect = findAttributeDefect(read);
  if (defect !== undefined) throw new ConfigError(`--attributes: ${defect}`);
  return Object.fromEntries(read);
}

const REASONS_SHOWN = 5;

function show(
  report: ImportReport,
  { json, dryRun, rejects }: { json: boolean; dryRun: boolean; rejects: string },
): void {
  const { file, venue, items, rows, inserted, revised, unchanged, rejected, unparsed } = report;
  if (json) {
    const lines = { rejected: rejected.length, rejects: rejected.length === 0 ? null : rejects };
    process.stdout.write(`${JSON.stringify({ ...report, ...lines, dryRun })}\n`);
    return;
  }
  const stored = dryRun
    ? 'nothing stored (dry run)'
    : `${inserted} new, ${revised} revised, ${unchanged} known bars`;
  process.stdout.write(`${file}: ${rows} lines, ${items} items of ${venue}: ${stored}\n`);
  if (unparsed.length > 0) {
    process.stdout.write(
      `  ${unparsed.length} names do not fit --parse-name: ${unparsed[0] ?? ''}\n`,
    );
  }
  if (rejected.length === 0) return;
  process.stdout.write(`  ${rejected.length} lines could not be used, listed in ${rejects}:\n`);
  for (const { line, reason } of rejected.slice(0, REASONS_SHOWN)) {
    process.stdout.write(`  line ${line}: ${reason}\n`);
  }
}

process.exitCode = await main();
