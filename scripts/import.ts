import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { findAttributeDefect } from '../src/collection/files/attribute-columns.js';
import type { FormatChoices } from '../src/collection/files/file-format.js';
import { importFile, type ImportRequest } from '../src/collection/files/import-file.js';
import {
  importFolders,
  recordOfRefusal,
  recordOfReport,
  writeImportRecord,
} from '../src/collection/files/import-record.js';
import { listCsvFiles } from '../src/collection/files/list-files.js';
import { parseNamePattern } from '../src/collection/files/name-pattern.js';
import { RejectsFile } from '../src/collection/files/rejects.js';
import { labelOf, listTexts, type TextSource } from '../src/collection/files/text-source.js';
import { isTimeFormat, TIME_FORMATS } from '../src/collection/files/times.js';
import { openStorage, withoutFallback } from '../src/daemon/open-storage.js';
import { fileVenue } from '../src/domain/market.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../src/domain/timeframe.js';
import { ConfigError, messageOf, TransientError } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/clock.js';
import { openStores, type Stores } from '../src/storage/stores.js';
import {
  hasRefusals,
  ImportProgressView,
  outcomeJson,
  outcomeText,
  type ImportOutcome,
} from './import-output.js';
import { quietLogger } from './quiet-logger.js';

/** As of the migration: rows that were left out are an answer of their own. 78 is of `sysexits.h`. */
const EXIT = { done: 0, rowsLeft: 1, notRun: 2, config: 78 } as const;

interface ImportFlags {
  readonly file: readonly string[];
  readonly symbol?: string;
  readonly timeframe: Timeframe;
  readonly venue: string;
  readonly parseName?: string;
  readonly attributes?: readonly string[];
  readonly columns?: string;
  readonly timeFormat?: string;
  readonly decimal?: string;
  readonly delimiter?: string;
  /** False by --no-quotes. */
  readonly quotes: boolean;
  readonly align: boolean;
  readonly complete: boolean;
  readonly rejects?: string;
  readonly json: boolean;
  readonly dryRun: boolean;
}

const HELP = `
Files are .csv, .csv.gz or .zip, of any size. Their form is recognised: Binance Vision with and without
headings, cryptodatadownload, Kraken OHLCVT, Yahoo Finance, Stooq, TradingView, investing.com and others, or any
file with headings such as timestamp,open,high,low,close,volume or timestamp,price. What can be read in
several ways is refused with the choice to make. A column symbol, item, ticker or name says which item a line
is about; else --symbol does, else the file's name. A further column is an attribute of the item where it
never changes, or where --attributes names it; others are named and left out. docs/files.md tells more.

An import may be repeated: what is stored already stays. It may run beside a daemon on the same database,
whose next training sees the rows. Lines that cannot be used are listed with their number and reason in
DATA_DIR/rejects. A last line without a line end waits: it may be written on.

Exit codes: 0 done, 1 done but a file or some lines were refused, 2 wrong usage or no connection, 78 a setting
must be mended first.`;

async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2));
    const { settings } = readSettings(readEnvironment());
    const outcomes = await run(flags, settings);
    return outcomes.some(hasRefusals) ? EXIT.rowsLeft : EXIT.done;
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
    .requiredOption('--file <places...>', 'files, or folders of *.csv, *.csv.gz and *.zip')
    .requiredOption('--timeframe <name>', `one of ${TIMEFRAMES.join(', ')}`)
    .option('--symbol <name>', 'of a file that names no item; default: the name of the file')
    .option('--venue <name>', 'becomes csv:<name>', 'files')
    .option('--parse-name <pattern>', 'attributes in the name: "{type} | {variant} ({condition})"')
    .option(
      '--attributes <what...>',
      'columns that are attributes although they change (rarity,set), or attributes of every item (type=rifle)',
    )
    .option('--columns <roles>', 'what each column is, in order: timestamp,open,high,low,close,-')
    .option('--time-format <name>', `one of ${Object.keys(TIME_FORMATS).join(', ')}`)
    .option('--decimal <sign>', '. or ,')
    .option('--delimiter <sign>', 'what parts the columns: , ; | or tab')
    .option('--no-quotes', 'quotes are plain characters of names')
    .option('--align', 'store candles under the bar that contains their time', false)
    .option('--complete', 'take a last line without a line end', false)
    .option('--rejects <file>', 'where unusable lines go; only with one file')
    .option('--json', 'reports as lines of JSON on standard output', false)
    .option('--dry-run', 'read and check everything, store nothing', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  const flags = program.parse(args, { from: 'user' }).opts<ImportFlags>();
  const defect = findDefect(flags);
  return defect === undefined ? flags : program.error(defect);
}

function findDefect({
  timeframe,
  venue,
  decimal,
  delimiter,
  timeFormat,
}: ImportFlags): string | undefined {
  if (!isTimeframe(timeframe)) {
    return `${String(timeframe)} is no timeframe: ${TIMEFRAMES.join(', ')}`;
  }
  if (!/^[\w.-]{1,100}$/.test(venue)) return '--venue takes letters, digits, _, - and .';
  if (decimal !== undefined && decimal !== '.' && decimal !== ',') return '--decimal takes . or ,';
  if (delimiter !== undefined && !/^([^\w"\s]|tab)$/.test(delimiter)) {
    return '--delimiter takes one sign, or tab';
  }
  if (timeFormat !== undefined && !isTimeFormat(timeFormat)) {
    return `--time-format takes one of ${Object.keys(TIME_FORMATS).join(', ')}`;
  }
  return undefined;
}

function toChoices({
  columns,
  timeFormat,
  decimal,
  delimiter,
  quotes,
}: ImportFlags): FormatChoices {
  return {
    columns: columns?.split(',').map((name) => name.trim()),
    timeFormat: timeFormat !== undefined && isTimeFormat(timeFormat) ? timeFormat : undefined,
    decimal: decimal === ',' || decimal === '.' ? decimal : undefined,
    delimiter: delimiter === 'tab' ? '\t' : delimiter,
    hasQuotes: quotes,
  };
}

async function run(flags: ImportFlags, settings: Settings): Promise<readonly ImportOutcome[]> {
  const { attributes, attributeColumns } = readAttributes(flags.attributes ?? []);
  const { venue: name, timeframe, symbol, align: isAligned, complete: isComplete } = flags;
  const request: Omit<ImportRequest, 'file'> = {
    name,
    symbol,
    timeframe,
    attributes,
    attributeColumns,
    parseName: flags.parseName === undefined ? undefined : parseNamePattern(flags.parseName),
    choices: toChoices(flags),
    isAligned,
    isComplete,
    isDryRun: flags.dryRun,
  };
  const files = (await Promise.all(flags.file.map(listCsvFiles))).flat();
  if (files.length === 0) throw new ConfigError(`No *.csv in ${flags.file.join(', ')}`);
  if (flags.rejects !== undefined && files.length > 1) {
    throw new ConfigError('--rejects goes with one file only');
  }
  const clock = new SystemClock();
  const { signal } = new AbortController();
  const { database } = await openStorage(withoutFallback(settings), {
    clock,
    logger: quietLogger,
    signal,
  });
  try {
    const stores = openStores(database, clock);
    const outcomes: ImportOutcome[] = [];
    for (const file of files) {
      outcomes.push(...(await importTexts(file, { flags, settings, request, stores, clock })));
    }
    return outcomes;
  } finally {
    await database.close();
  }
}

interface FileContext {
  readonly flags: ImportFlags;
  readonly settings: Settings;
  readonly request: Omit<ImportRequest, 'file'>;
  readonly stores: Stores;
  readonly clock: SystemClock;
}

/** A file that is refused does not keep the others from being imported. */
async function importTexts(file: string, context: FileContext): Promise<readonly ImportOutcome[]> {
  const { flags } = context;
  const outcomes: ImportOutcome[] = [];
  const show = (outcome: ImportOutcome): void => {
    outcomes.push(outcome);
    const format = flags.json ? outcomeJson : outcomeText;
    process.stdout.write(format(outcome, flags.dryRun));
  };
  try {
    for (const text of await listTexts(file)) show(await importOne(text, context));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    show({ status: 'refused', file, reason: error.message });
    await record({ status: 'refused', file, reason: error.message }, context);
  }
  return outcomes;
}

async function importOne(text: TextSource, context: FileContext): Promise<ImportOutcome> {
  const { flags, clock } = context;
  const progress = new ImportProgressView(
    labelOf(text),
    clock,
    process.stderr.isTTY && !flags.json,
  );
  const outcome = await tryImport(text, context, progress);
  progress.end();
  await record(outcome, context);
  return outcome;
}

async function tryImport(
  text: TextSource,
  context: FileContext,
  progress: ImportProgressView,
): Promise<ImportOutcome> {
  const { request, stores, clock } = context;
  const rejectsPath = rejectsPathOf(text, context);
  try {
    const report = await importFile(
      { ...request, ...text },
      {
        stores,
        clock,
        rejects: new RejectsFile(rejectsPath),
        onProgress: (state) => progress.show(state),
      },
    );
    return { status: 'imported', report, rejects: report.rejectedRows === 0 ? null : rejectsPath };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { status: 'refused', file: labelOf(text), reason: error.message };
  }
}

/** Kept for `npm run quality`. */
async function record(outcome: ImportOutcome, context: FileContext): Promise<void> {
  const { flags, settings, clock } = context;
  if (flags.dryRun) return;
  const file = outcome.status === 'refused' ? outcome.file : labelOf(outcome.report);
  const { timeframe } = flags;
  const about = { file, venue: fileVenue(flags.venue), timeframe, at: clock.wallMs() };
  const entry =
    outcome.status === 'refused'
      ? recordOfRefusal(about, outcome.reason)
      : recordOfReport(about, outcome.report);
  await writeImportRecord(importFolders(settings.dataDir).records, entry);
}

function rejectsPathOf({ file, entry }: TextSource, { flags, settings }: FileContext): string {
  if (flags.rejects !== undefined) return flags.rejects;
  const names = [flags.venue, flags.timeframe, path.basename(file)];
  if (entry !== undefined) names.push(path.basename(entry));
  return path.join(importFolders(settings.dataDir).rejects, names.join('-'));
}

/** `name=value` is of every item; names alone are columns, parted by commas. */
function readAttributes(
  given: readonly string[],
): Pick<ImportRequest, 'attributes' | 'attributeColumns'> {
  const pairs: [string, string][] = [];
  const attributeColumns: string[] = [];
  for (const text of given) {
    const at = text.indexOf('=');
    if (at === 0) throw new ConfigError(`--attributes: "${text}" is not name=value`);
    if (at > 0) pairs.push([text.slice(0, at).trim(), text.slice(at + 1).trim()]);
    else attributeColumns.push(...text.split(',').map((name) => name.trim()));
  }
  const defect = findAttributeDefect(pairs);
  if (defect !== undefined) throw new ConfigError(`--attributes: ${defect}`);
  return { attributes: Object.fromEntries(pairs), attributeColumns };
}

process.exitCode = await main();
