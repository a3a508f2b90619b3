import type { Timeframe } from '../../domain/timeframe.js';
import type { ColumnLayout, LeftOutColumn } from './columns.js';
import type { FileFormat } from './file-format.js';
import type { RefusalKind } from './price-rows.js';
import type { RejectedRow } from './rejects.js';

/** Rows and names shown as examples; counts are of all. */
const MAX_EXAMPLES = 100;

/** How a file was read. */
export interface Understanding {
  readonly source: string;
  readonly delimiter: string;
  readonly decimal: string;
  readonly times: string;
  /** Heading by role. */
  readonly columns: Readonly<Record<string, string>>;
  readonly linesBeforeRows: number;
}

export interface RefusalCount {
  readonly kind: RefusalKind;
  readonly rows: number;
  readonly firstLine: number;
  readonly example: string;
}

/** What waits for the file to be written on, or for a bar to close. */
export interface Waiting {
  /** Text after the last line end. */
  readonly lastLine: string | undefined;
  readonly unfinishedBars: number;
  /** When the first of them closes, in epoch milliseconds. */
  readonly closesAt: number | undefined;
}

export interface ImportReport {
  readonly file: string;
  readonly entry: string | undefined;
  readonly venue: string;
  readonly timeframe: Timeframe;
  readonly understood: Understanding;
  readonly items: number;
  readonly rows: number;
  readonly inserted: number;
  /** Bars that were stored with other values. */
  readonly revised: number;
  readonly unchanged: number;
  /** Rows that fell into a bar with another one, or repeat it. */
  readonly merged: number;
  /** Rows of a dry run that repeat a bar so far back that only the import compares them. */
  readonly uncompared: number;
  readonly rejectedRows: number;
  readonly rejectedByReason: readonly RefusalCount[];
  /** The first of them. */
  readonly rejected: readonly RejectedRow[];
  readonly leftOut: readonly LeftOutColumn[];
  /** Names of the attributes that were stored. */
  readonly attributes: readonly string[];
  /** Items whose names are of another form than the pattern, which costs them its attributes; the first. */
  readonly unparsed: readonly string[];
  readonly waiting: Waiting;
}

/** Counts what becomes of the rows of a file, in constant memory. */
export class ImportCounts {
  rows = 0;
  inserted = 0;
  revised = 0;
  unchanged = 0;
  merged = 0;
  uncompared = 0;
  unfinishedBars = 0;
  closesAt: number | undefined;
  readonly rejected: RejectedRow[] = [];
  readonly #byReason = new Map<RefusalKind, { rows: number; first: RejectedRow }>();

  reject(row: RejectedRow): void {
    if (this.rejected.length < MAX_EXAMPLES) this.rejected.push(row);
    const count = this.#byReason.get(row.kind);
    if (count === undefined) this.#byReason.set(row.kind, { rows: 1, first: row });
    else count.rows++;
  }

  wait(closesAt: number): void {
    this.unfinishedBars++;
    this.closesAt = Math.min(this.closesAt ?? closesAt, closesAt);
  }

  get rejectedByReason(): readonly RefusalCount[] {
    return [...this.#byReason]
      .map(([kind, { rows, first }]) => ({
        kind,
        rows,
        firstLine: first.line,
        example: first.reason,
      }))
      .sort((one, other) => other.rows - one.rows);
  }

  get rejectedRows(): number {
    return this.rejectedByReason.reduce((sum, { rows }) => sum + rows, 0);
  }
}

export function describeFormat({
  source,
  rules,
  decimal,
  timesShownAs,
  layout,
  skippedLines,
}: FileFormat): Understanding {
  return {
    source,
    delimiter: rules.delimiter,
    decimal,
    times: timesShownAs,
    columns: describeColumns(layout),
    linesBeforeRows: skippedLines,
  };
}

function describeColumns(layout: ColumnLayout): Readonly<Record<string, string>> {
  const { timestamp, timeOfDay, symbol, open, high, low, close, volume, attributePairs } = layout;
  const prices = layout.kind === 'prices' ? { price: open } : { open, high, low, close, volume };
  const columns = { timestamp, timeOfDay, symbol, ...prices, attributes: attributePairs };
  return Object.fromEntries(
    Object.entries(columns).flatMap(([role, column]) =>
      column === undefined ? [] : [[role, column.name]],
    ),
  );
}

export function limitExamples<T>(examples: readonly T[]): readonly T[] {
  return examples.slice(0, MAX_EXAMPLES);
}
