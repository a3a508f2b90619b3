import { ConfigError } from '../../lib/errors.js';
import { findLayout, normaliseHeading, type ColumnLayout } from './columns.js';
import { splitLine, type CellRules } from './lines.js';
import { findDecimalSign, type DecimalSign } from './numbers.js';
import { describeTimes, findTimeFormat, TIME_FORMATS, type TimeFormat } from './times.js';
import { findShape, nameVendor } from './vendors.js';

/** Lines before the first row, at most: an address, a licence, headings. */
const MAX_LINES_BEFORE_ROWS = 10;
const DELIMITERS = [',', ';', '\t', '|'];

/** What a person says about a file; what is not said is recognised or refused. */
export interface FormatChoices {
  /** What each column is: timestamp, symbol, open, high, low, close, price, volume, attributes, or - for nothing. */
  readonly columns?: readonly string[] | undefined;
  readonly timeFormat?: TimeFormat | undefined;
  readonly decimal?: DecimalSign | undefined;
  readonly delimiter?: string | undefined;
  /** False takes quotes as plain characters. */
  readonly hasQuotes?: boolean | undefined;
}

/** How the lines of a file are read. */
export interface FileFormat {
  /** Vendor or other reason for reading it so, as the report names it. */
  readonly source: string;
  readonly rules: CellRules;
  /** Lines before the first row. */
  readonly skippedLines: number;
  readonly layout: ColumnLayout;
  readonly time: TimeFormat;
  /** With the unit of numbers, as the report names it. */
  readonly timesShownAs: string;
  readonly decimal: DecimalSign;
}

export interface FormatRequest {
  readonly choices: FormatChoices;
  /** Of a file without a column of names. */
  readonly symbol: string | undefined;
}

/**
 * Recognises how a file is written, by its first lines.
 *
 * @throws ConfigError when it cannot be told, with the choice to make
 */
export function recogniseFormat(sample: readonly string[], request: FormatRequest): FileFormat {
  const { delimiter, hasQuotes = true } = request.choices;
  const delimiters =
    delimiter === undefined
      ? DELIMITERS.filter((one) => sample.some((line) => line.includes(one)))
      : [delimiter];
  const attempts = (delimiters.length === 0 ? [','] : delimiters).map((one) =>
    attempt(sample, { delimiter: one, hasQuotes }, request),
  );
  const formats = attempts.flatMap((one) => (one.status === 'format' ? [one.format] : []));
  const [format] = formats;
  if (format === undefined) {
    const nearest = attempts.reduce((one, other) => (rank(other) > rank(one) ? other : one));
    throw new ConfigError(nearest.status === 'failure' ? nearest.reason : '');
  }
  if (formats.length === 1) return format;
  const signs = formats.map(({ rules }) => `"${rules.delimiter}"`).join(' or ');
  throw new ConfigError(`${signs} may part its columns: choose with --delimiter`);
}

type Attempt =
  | { readonly status: 'format'; readonly format: FileFormat }
  /** `columns` says how near it came. */
  | { readonly status: 'failure'; readonly reason: string; readonly columns: number };

function rank(one: Attempt): number {
  return one.status === 'failure' ? one.columns : Infinity;
}

function attempt(sample: readonly string[], rules: CellRules, request: FormatRequest): Attempt {
  const lines = sample.map((line) => splitLine(line, rules));
  const shape = findColumns({ lines, sample, request });
  const columns = Math.max(0, ...lines.slice(0, 2).map((cells) => cells.length));
  if ('missing' in shape) return { status: 'failure', reason: shape.missing, columns };
  const { layout, skippedLines, source } = shape;
  const rows = lines.slice(skippedLines).flatMap((cells) => {
    return typeof cells !== 'string' && cells.length === layout.width ? [cells] : [];
  });
  const time = request.choices.timeFormat ?? chooseTime(rows, layout);
  if (typeof time !== 'string') return { status: 'failure', reason: time.doubt, columns: 1_000 };
  const decimal = request.choices.decimal ?? chooseDecimal(rows, layout, rules);
  if (typeof decimal !== 'string') {
    return { status: 'failure', reason: decimal.doubt, columns: 1_000 };
  }
  const timesShownAs = describeTimes(time, timesOf(rows, layout));
  const format = { source, rules, skippedLines, layout, time, timesShownAs, decimal };
  return { status: 'format', format };
}

interface Sample {
  readonly lines: readonly (string[] | string)[];
  readonly sample: readonly string[];
  readonly request: FormatRequest;
}

interface FoundColumns {
  readonly layout: ColumnLayout;
  readonly skippedLines: number;
  readonly source: string;
}

type ColumnsFinding = FoundColumns | { readonly missing: string };

function findColumns(sample: Sample): ColumnsFinding {
  if (sample.request.choices.columns !== undefined) {
    return byChoice(sample, sample.request.choices.columns);
  }
  return byShape(sample) ?? byYahooTable(sample) ?? byHeadings(sample);
}

function rowsFrom({ lines }: Sample, from: number): readonly (readonly string[])[] {
  return lines
    .slice(from)
    .filter((cells) => typeof cells !== 'string' && cells.length > 1) as string[][];
}

/** Headings of the file, where it has them, are skipped: they are lines without a time. */
function byChoice(sample: Sample, columns: readonly string[]): ColumnsFinding {
  const layout = findLayout(columns, { symbol: sample.request.symbol, rows: rowsFrom(sample, 0) });
  if ('missing' in layout) return { missing: `--columns: ${layout.missing}` };
  const isRow = (cells: string[] | string): boolean =>
    typeof cells !== 'string' &&
    cells.length === layout.width &&
    /\d/.test(cells[layout.timestamp.index] ?? '');
  const first = sample.lines.slice(0, MAX_LINES_BEFORE_ROWS).findIndex(isRow);
  if (first === -1) {
    return { missing: `--columns names ${layout.width} columns, and no line begins with so many` };
  }
  return { layout, skippedLines: first, source: 'columns by --columns' };
}

/** A file that begins with a row, not with headings. */
function byShape(sample: Sample): ColumnsFinding | undefined {
  const [first] = sample.lines;
  if (first === undefined || typeof first === 'string' || first.length < 2) return undefined;
  if (first.some((cell) => /^[^\d]*[a-z]{2}/i.test(cell))) return undefined;
  const rows = rowsFrom(sample, 0);
  const shape = findShape(rows);
  if (shape !== undefined) {
    const layout = findLayout(shape.headings, { symbol: undefined, rows });
    if (!('missing' in layout)) return { layout, skippedLines: 0, source: shape.source };
  }
  const example = ['timestamp', 'open', 'high', 'low', 'close', 'volume'].slice(0, first.length);
  return {
    missing: `it has ${first.length} columns and no headings: name them, such as --columns ${example.join(',')}`,
  };
}

/** Headings in three lines, as the program yfinance writes them: fields, tickers, the index's name. */
function byYahooTable(sample: Sample): ColumnsFinding | undefined {
  const [fields = '', tickers = '', index = ''] = sample.lines;
  const isTable =
    [fields[0], tickers[0], index[0]].map((cell) => normaliseHeading(cell ?? '')).join() ===
      'price,ticker,date' && typeof fields !== 'string';
  if (!isTable) return undefined;
  const hints = { symbol: sample.request.symbol, rows: rowsFrom(sample, 3) };
  const layout = findLayout(['Date', ...fields.slice(1)], hints);
  if ('missing' in layout) return layout;
  return { layout, skippedLines: 3, source: 'Yahoo Finance (yfinance)' };
}

function byHeadings(sample: Sample): ColumnsFinding {
  let missing: string | undefined;
  for (const [at, cells] of sample.lines.slice(0, MAX_LINES_BEFORE_ROWS).entries()) {
    if (typeof cells === 'string') continue;
    const hints = { symbol: sample.request.symbol, rows: rowsFrom(sample, at + 1) };
    const layout = findLayout(cells, hints);
    if (!('missing' in layout)) {
      const source = nameVendor(cells, sample.sample.slice(0, at));
      return { layout, skippedLines: at + 1, source };
    }
    // Lines before the headings have a cell at most, so the longest one is what is meant.
    if (missing === undefined || cells.length > 1) missing ??= layout.missing;
  }
  return { missing: missing ?? 'its first lines have no headings' };
}

interface Doubt {
  readonly doubt: string;
}

function chooseTime(
  rows: readonly (readonly string[])[],
  layout: ColumnLayout,
): TimeFormat | Doubt {
  const cells = timesOf(rows, layout);
  if (cells.length === 0) return 'iso';
  const found = findTimeFormat(cells);
  if (typeof found === 'string') return found;
  const choices = found.choices.length > 0 ? found.choices : Object.keys(TIME_FORMATS);
  return {
    doubt: `column ${layout.timestamp.name}: ${found.doubt}: choose --time-format ${choices.join(', ')}`,
  };
}

function timesOf(rows: readonly (readonly string[])[], { timestamp }: ColumnLayout): string[] {
  return rows.map((row) => (row[timestamp.index] ?? '').trim());
}

function chooseDecimal(
  rows: readonly (readonly string[])[],
  { open, high, low, close, volume }: ColumnLayout,
  { delimiter }: CellRules,
): DecimalSign | Doubt {
  const places = [open, high, low, close, volume].flatMap((one) =>
    one === undefined ? [] : [one.index],
  );
  const cells = rows.flatMap((row) => places.map((place) => row[place] ?? ''));
  const found = findDecimalSign(cells, { mayGroupByPoint: delimiter === ';' });
  if (typeof found === 'string') return found;
  return { doubt: `${found.doubt}: choose --decimal . or --decimal ,` };
}
