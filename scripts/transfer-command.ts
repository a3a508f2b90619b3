import path from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { databaseLocation } from '../src/daemon/open-storage.js';
import { ConfigError, messageOf } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/clock.js';
import type { MysqlLocation } from '../src/storage/connection/location.js';
import { transfer } from '../src/transfer/transfer.js';
import type { TransferSource, TransferTarget } from '../src/transfer/transfer-ports.js';
import { type ListedRow, RowLog, type TransferReport } from '../src/transfer/transfer-report.js';
import { note } from './quiet-logger.js';
import { reportJson, reportText, TransferBar, TransferLines } from './transfer-output.js';

const EXIT = { done: 0, rowsLeft: 1, notRun: 2 } as const;

/** Rows shown; all of them are in the files. */
const SHOWN_ROWS = 20;

const MAX_BATCH_ROWS = 100_000;

export interface TransferFlags {
  readonly dryRun: boolean;
  readonly batchSize: number;
  readonly tables?: string[];
  readonly verbose: boolean;
  readonly json: boolean;
  readonly source?: string;
  readonly to?: string;
  readonly rejects?: string;
}

/** One direction of the copy. */
export interface TransferCommand {
  readonly name: string;
  readonly description: string;
  /** Flag that names the SQLite file, with what it does. */
  readonly fileFlag: readonly [string, string];
  open(settings: Settings, flags: TransferFlags): Promise<OpenedPair>;
  /** Called once everything is in the target and verified. */
  readonly onWhole?: (settings: Settings, flags: TransferFlags) => void;
}

export interface OpenedPair {
  readonly source: TransferSource;
  readonly target: TransferTarget;
}

/** Runs the command and answers with the process's exit code. */
export async function runTransfer(
  command: TransferCommand,
  args: readonly string[],
): Promise<number> {
  try {
    const flags = parseFlags(command, args);
    const { settings } = readSettings(readEnvironment());
    return await copy(command, settings, flags);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.notRun;
    const isAsked = args.includes('--verbose') && error instanceof Error;
    const text = isAsked ? (error.stack ?? messageOf(error)) : messageOf(error);
    process.stderr.write(`${command.name}: ${text}\n`);
    return EXIT.notRun;
  }
}

function parseFlags(command: TransferCommand, args: readonly string[]): TransferFlags {
  const program = new Command(`npm run ${command.name} --`)
    .description(command.description)
    .option('--dry-run', 'look at both sides, say what would be copied, write nothing', false)
    .option('--batch-size <rows>', 'rows sent by one statement', batchSize, 1_000)
    .option('--tables <names...>', 'only these tables, and those that their rows refer to')
    .option(...command.fileFlag)
    .option('--rejects <file>', 'where refused rows go (default: in DATA_DIR)')
    .option('--verbose', 'also show empty tables, checksums and each listed row', false)
    .option('--json', 'the report as JSON on standard output', false)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .exitOverride();
  return program.parse(args, { from: 'user' }).opts<TransferFlags>();
}

const HELP = `
Both places come from the settings: SQLITE_FILE or DATA_DIR, and MYSQL_HOST, MYSQL_PORT, MYSQL_USER,
MYSQL_PASSWORD, MYSQL_DB (MYSQL_ENABLED may be false). The source is only read, and may be in use. A copy
that was interrupted is simply started again; one that is done may be repeated to carry over what is new.
A newer row of the target always stays. docs/migration.md says how to cut over.

Exit codes: 0 done, 1 rows were refused or differ, 2 wrong usage or no connection.`;

function batchSize(text: string): number {
  const rows = Number(text);
  if (Number.isInteger(rows) && rows >= 1 && rows <= MAX_BATCH_ROWS) return rows;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_BATCH_ROWS}`);
}

async function copy(
  command: TransferCommand,
  settings: Settings,
  flags: TransferFlags,
): Promise<number> {
  const { source, target } = await command.open(settings, flags);
  const listing = new Listing(settings, flags);
  try {
    listing.start();
    const clock = new SystemClock();
    const report = await transfer(
      { source, target },
      {
        clock,
        tables: flags.tables,
        isDryRun: flags.dryRun,
        progress:
          process.stderr.isTTY && !flags.json ? new TransferBar(clock) : new TransferLines(note),
        onRow: (row) => {
          listing.add(row);
        },
      },
    );
    print(report, listing, flags);
    const isWhole = report.isClean && !flags.dryRun && flags.tables === undefined;
    if (isWhole) command.onWhole?.(settings, flags);
    return report.isClean ? EXIT.done : EXIT.rowsLeft;
  } finally {
    listing.stop();
    await source.close();
    await target.close();
  }
}

function print(report: TransferReport, listing: Listing, flags: TransferFlags): void {
  if (flags.json) {
    const json = { ...reportJson(report), files: listing.files, listed: listing.shown };
    process.stdout.write(`${JSON.stringify(json)}\n`);
    return;
  }
  process.stdout.write(reportText(report, flags.verbose));
  for (const { table, outcome, reason, row } of listing.shown) {
    if (!flags.verbose && outcome === 'kept_newer') continue;
    process.stdout.write(
      `${outcome} in ${table}: ${reason}: ${JSON.stringify(row).slice(0, 300)}\n`,
    );
  }
  for (const file of listing.files) process.stdout.write(`Listed in ${file}\n`);
}

/** Rows that were not simply copied: some to show, and all in files, but for a dry run. */
class Listing {
  readonly shown: ListedRow[] = [];
  readonly #rejects: RowLog;
  readonly #others: RowLog;

  readonly #flags: TransferFlags;

  constructor(settings: Settings, flags: TransferFlags) {
    this.#flags = flags;

    this.#rejects = new RowLog(
      flags.rejects ?? path.join(settings.dataDir, 'migration-rejects.jsonl'),
    );
    this.#others = new RowLog(path.join(settings.dataDir, 'migration-kept.jsonl'));
  }

  get files(): string[] {
    return [this.#rejects, this.#others].filter(({ rows }) => rows > 0).map(({ file }) => file);
  }

  start(): void {
    if (this.#flags.dryRun) return;
    this.#rejects.start();
    this.#others.start();
  }

  add(row: ListedRow): void {
    if (this.shown.length < SHOWN_ROWS) this.shown.push(row);
    if (this.#flags.dryRun) return;
    (row.outcome === 'rejected' ? this.#rejects : this.#others).write(row);
  }

  stop(): void {
    this.#rejects.stop();
    this.#others.stop();
  }
}

/** Where MySQL is, also while MYSQL_ENABLED is still false. */
export function mysqlLocation(settings: Settings): MysqlLocation {
  const required = {
    MYSQL_HOST: settings.mysqlHost,
    MYSQL_USER: settings.mysqlUser,
    MYSQL_PASSWORD: settings.mysqlPassword,
    MYSQL_DB: settings.mysqlDb,
  };
  const missing = Object.entries(required).flatMap(([name, value]) =>
    value === undefined ? [name] : [],
  );
  if (missing.length > 0) throw new ConfigError(`${missing.join(', ')} must be given`);
  const location = databaseLocation({ ...settings, mysqlEnabled: true });
  if (location.engine === 'mysql') return location;
  throw new Error('Broken invariant: MYSQL_ENABLED gives a place on MySQL');
}

/** The SQLite file that a flag or the settings name. */
export function sqliteFile(settings: Settings, flag: string | undefined): string {
  const location = databaseLocation({ ...settings, mysqlEnabled: false });
  return flag ?? (location.engine === 'sqlite' ? location.file : '');
}
