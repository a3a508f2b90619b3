import { SingleBar } from 'cli-progress';
import type { Clock } from '../src/lib/clock.js';
import type { TransferProgress, TransferStage } from '../src/transfer/transfer.js';
import type { TableReport, TransferReport } from '../src/transfer/transfer-report.js';

const STAGES: Readonly<Record<TransferStage, string>> = {
  compare: 'Comparing',
  copy: 'Copying',
  verify: 'Verifying',
};

const BAR =
  '{stage} [{bar}] {percentage} % | {value}/{total} rows | {speed} rows/s | ETA {eta_formatted} | {table}';

/** A bar with rows a second and the time left, on the terminal's error stream. */
export class TransferBar implements TransferProgress {
  #bar: SingleBar | undefined;
  #startedMs = 0;
  #rows = 0;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(stage: TransferStage, rows: number): void {
    this.end();
    this.#rows = 0;
    this.#startedMs = this.#clock.wallMs();
    this.#bar = new SingleBar({ format: BAR, etaBuffer: 50, hideCursor: true });
    this.#bar.start(rows, 0, { stage: STAGES[stage], speed: 0, table: '' });
  }

  advance(table: string, rows: number): void {
    this.#rows += rows;
    const elapsedMs = Math.max(1, this.#clock.wallMs() - this.#startedMs);
    const speed = grouped(Math.round((this.#rows / elapsedMs) * 1000));
    this.#bar?.increment(rows, { table, speed });
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** Where nobody watches a bar: a line for each stage. */
export class TransferLines implements TransferProgress {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  begin(stage: TransferStage, rows: number): void {
    this.#write(`${STAGES[stage]} ${grouped(rows)} rows`);
  }

  advance(): void {
    // Only the stages are shown.
  }

  end(): void {
    // Nothing to put away.
  }
}

type Cells = readonly string[];

const HEAD: Cells = [
  'table',
  'in source',
  'new',
  'updated',
  'unchanged',
  'kept newer',
  'conflicts',
  'rejected',
  'verified',
];

/** The report for people; tables without rows only where `isVerbose`. */
export function reportText(report: TransferReport, isVerbose: boolean): string {
  const shown = report.tables.filter((table) => isVerbose || table.sourceRows > 0);
  const rows = [HEAD, ...shown.map(cellsOf)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  const checksums = isVerbose ? shown.flatMap(checksumLine) : [];
  return [titleOf(report), ...lines, ...checksums, ...verdictOf(report), ''].join('\n');
}

function titleOf({ source, target, isDryRun, makesSchema, elapsedMs }: TransferReport): string {
  const took = `${(elapsedMs / 1000).toFixed(1)} s`;
  if (!isDryRun) return `Copied ${source} to ${target} in ${took}`;
  const schema = makesSchema ? '; the schema would be made' : '';
  return `Would copy ${source} to ${target}${schema}. Nothing was written (${took})`;
}

function cellsOf(table: TableReport): Cells {
  const { verification } = table;
  const counts = [
    table.sourceRows,
    table.inserted,
    table.updated,
    table.unchanged,
    table.keptNewer,
    table.conflicts,
    table.rejected,
  ];
  return [table.table, ...counts.map(grouped), verification ? grouped(verification.rows) : '-'];
}

function checksumLine({ table, verification }: TableReport): string[] {
  if (verification === undefined || verification.rows === 0) return [];
  return [`${table}: checksum ${verification.sourceChecksum} and ${verification.targetChecksum}`];
}

function verdictOf(report: TransferReport): string[] {
  const sum = (of: (table: TableReport) => number): number =>
    report.tables.reduce((total, table) => total + of(table), 0);
  const lines: string[] = [];
  const rejected = sum((table) => table.rejected);
  const differences = sum((table) => table.verification?.differences ?? 0);
  if (rejected > 0) lines.push(`${grouped(rejected)} rows were refused by the target.`);
  if (differences > 0) lines.push(`${grouped(differences)} rows are missing or differ.`);
  if (!report.isDryRun && report.isClean) {
    const verified = grouped(sum((table) => table.verification?.rows ?? 0));
    lines.push(`Verified: counts and checksums of ${verified} rows are equal on both sides.`);
  }
  if (report.sourceChanged) {
    lines.push('The source was written to meanwhile: stop its daemon and run this once more.');
  }
  return lines;
}

/** The report for programs. */
export function reportJson(report: TransferReport): Record<string, unknown> {
  return {
    source: report.source,
    target: report.target,
    dry_run: report.isDryRun,
    makes_schema: report.makesSchema,
    source_changed: report.sourceChanged,
    clean: report.isClean,
    elapsed_ms: report.elapsedMs,
    tables: report.tables.map(({ verification, ...table }) => ({
      table: table.table,
      source_rows: table.sourceRows,
      inserted: table.inserted,
      updated: table.updated,
      unchanged: table.unchanged,
      kept_newer: table.keptNewer,
      conflicts: table.conflicts,
      rejected: table.rejected,
      ...(verification === undefined
        ? {}
        : {
            verified: {
              rows: verification.rows,
              source_checksum: verification.sourceChecksum,
              target_checksum: verification.targetChecksum,
              differences: verification.differences,
            },
          }),
    })),
  };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
