import { SingleBar } from 'cli-progress';
import type { ImportProgress } from '../src/collection/files/import-file.js';
import type { ImportReport } from '../src/collection/files/import-report.js';
import { REFUSALS } from '../src/collection/files/price-rows.js';
import type { Clock } from '../src/lib/clock.js';

/** What became of one text. */
export type ImportOutcome =
  | { readonly status: 'imported'; readonly report: ImportReport; readonly rejects: string | null }
  | { readonly status: 'refused'; readonly file: string; readonly reason: string };

export function hasRefusals(outcome: ImportOutcome): boolean {
  return outcome.status === 'refused' || outcome.report.rejectedRows > 0;
}

/** One line for programs. */
export function outcomeJson(outcome: ImportOutcome, dryRun: boolean): string {
  if (outcome.status === 'refused') return `${JSON.stringify({ ...outcome, dryRun })}\n`;
  const { status, report, rejects } = outcome;
  const { rejected, rejectedRows, ...counts } = report;
  const listed = { rejected: rejectedRows, rejectedExamples: rejected, rejects };
  return `${JSON.stringify({ status, ...counts, ...listed, dryRun })}\n`;
}

/** The same for people: what was understood, stored, merged, refused and left out. */
export function outcomeText(outcome: ImportOutcome, dryRun: boolean): string {
  if (outcome.status === 'refused') return `Refused: ${outcome.reason}\n`;
  const { report } = outcome;
  const name = report.entry === undefined ? report.file : `${report.file}:${report.entry}`;
  const rows = [
    ...understoodRows(report),
    ...countRows(report, dryRun),
    ...leftOutRows(report),
    ...refusedRows(outcome),
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  const lines = rows.map(([title, text]) => `  ${title.padEnd(width)}  ${text}`);
  return [name, ...lines, ''].join('\n');
}

type TableRow = readonly [title: string, text: string];

function understoodRows({ understood, venue, timeframe }: ImportReport): TableRow[] {
  const { source, columns, times, delimiter, decimal, linesBeforeRows } = understood;
  const named = Object.entries(columns).map(([role, heading]) => {
    return role === heading.toLowerCase() ? role : `${role} = ${heading}`;
  });
  const sign = delimiter === '\t' ? 'tab' : delimiter;
  return [
    ['understood as', `${source}; ${linesBeforeRows} lines before the rows`],
    ['columns', `${named.join(', ')} (parted by ${sign}, decimal ${decimal})`],
    ['times', times],
    ['stored as', `${venue}, ${timeframe}`],
  ];
}

function countRows(report: ImportReport, dryRun: boolean): TableRow[] {
  const { rows, items, inserted, revised, unchanged, merged, uncompared, attributes } = report;
  const bars = `${grouped(inserted)} new, ${grouped(revised)} revised, ${grouped(unchanged)} known`;
  const optional: TableRow[] = [
    ['merged', `${grouped(merged)} rows share a bar with another row`],
    ['not compared', `${grouped(uncompared)} rows repeat a bar: the import compares them`],
    ['attributes', attributes.join(', ')],
  ];
  const isShown = [merged > 0, uncompared > 0, attributes.length > 0];
  return [
    ['rows', `${grouped(rows)} of ${items === 1 ? '1 item' : `${grouped(items)} items`}`],
    ['bars', dryRun ? 'nothing stored (dry run)' : bars],
    ...optional.filter((_, at) => isShown[at]),
  ];
}

function leftOutRows({ leftOut, unparsed, waiting }: ImportReport): TableRow[] {
  const { lastLine, unfinishedBars } = waiting;
  return [
    ...leftOut.map(({ name, reason }): TableRow => ['left out', `column ${name}: ${reason}`]),
    ...(unparsed.length === 0
      ? []
      : [
          rowOf(
            'left out',
            `names that do not fit --parse-name: ${unparsed.slice(0, 3).join(', ')}`,
          ),
        ]),
    ...(unfinishedBars === 0
      ? []
      : [rowOf('waits', `${unfinishedBars} bars that have not closed yet`)]),
    ...(lastLine === undefined
      ? []
      : [rowOf('waits', `last line without a line end: "${lastLine}" (--complete takes it)`)]),
  ];
}

function refusedRows({
  report,
  rejects,
}: Extract<ImportOutcome, { status: 'imported' }>): TableRow[] {
  if (report.rejectedRows === 0) return [rowOf('refused', 'nothing')];
  return [
    ...report.rejectedByReason.map(({ kind, rows, firstLine, example }) =>
      rowOf('refused', `${grouped(rows)} × ${REFUSALS[kind]}; line ${firstLine}: ${example}`),
    ),
    rowOf('listed in', rejects ?? ''),
  ];
}

function rowOf(title: string, text: string): TableRow {
  return [title, text];
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

const BYTES_PER_MB = 1_000_000;
const FIRST_NOTE_MS = 2_000;
const NOTE_INTERVAL_MS = 10_000;
const BAR = '{file} [{bar}] {percentage} % | {rows} rows | {speed} rows/s | ETA {eta_formatted}';

/** Shows how far a large file is: a bar on a terminal, else a line now and then. */
export class ImportProgressView {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #isTerminal: boolean;
  readonly #startedMs: number;
  #nextMs: number;
  #bar: SingleBar | undefined;

  constructor(file: string, clock: Clock, isTerminal: boolean) {
    this.#file = file;
    this.#clock = clock;
    this.#isTerminal = isTerminal;
    this.#startedMs = clock.wallMs();
    this.#nextMs = this.#startedMs + FIRST_NOTE_MS;
  }

  show({ bytesRead, totalBytes, rows }: ImportProgress): void {
    const nowMs = this.#clock.wallMs();
    if (this.#bar === undefined && nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + NOTE_INTERVAL_MS;
    const speed = grouped(Math.round((rows / Math.max(1, nowMs - this.#startedMs)) * 1000));
    if (this.#isTerminal) {
      this.#bar ??= this.#begin(totalBytes);
      this.#bar.update(bytesRead, { rows: grouped(rows), speed, file: this.#file });
      return;
    }
    const share = Math.round((bytesRead / Math.max(1, totalBytes)) * 100);
    const total = (totalBytes / BYTES_PER_MB).toFixed(0);
    process.stderr.write(`${this.#file}: ${share} % of ${total} MB, ${speed} rows/s\n`);
  }

  end(): void {
    this.#bar?.stop();
  }

  #begin(totalBytes: number): SingleBar {
    const bar = new SingleBar({ format: BAR, etaBuffer: 50, hideCursor: true });
    bar.start(totalBytes, 0, { rows: 0, speed: 0, file: this.#file });
    return bar;
  }
}
