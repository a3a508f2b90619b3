import { setImmediate } from 'node:timers/promises';
import type { Candle } from '../../domain/candle.js';
import type { Timeframe } from '../../domain/timeframe.js';
import { fileVenue } from '../../domain/market.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError } from '../../lib/errors.js';
import type { Stores } from '../../storage/stores.js';
import { AttributeColumns } from './attribute-columns.js';
import { BarSet, BarWindow, isSameCandle, type FileItem } from './bar-window.js';
import { recogniseFormat, type FileFormat, type FormatChoices } from './file-format.js';
import { describeFormat, ImportCounts, limitExamples, type ImportReport } from './import-report.js';
import { ItemWriter } from './item-writer.js';
import { FIRST_LINE, readLines, splitLine, type LineBatch, type LinePosition } from './lines.js';
import { symbolOfFile } from './list-files.js';
import type { NameParser } from './name-pattern.js';
import { RowReader, type RefusalKind } from './price-rows.js';
import type { RejectedRow, RejectsFile } from './rejects.js';
import { labelOf, listTexts, openText, type OpenedText, type TextSource } from './text-source.js';
import { assertTimeframe } from './timeframe-check.js';
import { symbolInFileName } from './vendors.js';

/** Lines by which a file is recognised. */
const SAMPLE_LINES = 1_000;
const TEXT_SHOWN = 200;

interface Refusal {
  readonly kind: RefusalKind;
  readonly reason: string;
}

const OTHER_CANDLE: Refusal = {
  kind: 'duplicate',
  reason: 'another candle of the same bar stands in an earlier line',
};
const COMES_TOO_LATE: Refusal = {
  kind: 'order',
  reason: 'its bar was stored before: sort the file by item and time',
};

export interface ImportRequest {
  readonly file: string;
  /** Of a zip archive; may be left out where there is one only. */
  readonly entry?: string | undefined;
  /** Of `csv:<name>`. */
  readonly name: string;
  /** Of a file without a column of names; default: what the file's name says. */
  readonly symbol: string | undefined;
  readonly timeframe: Timeframe;
  /** Of every item in the file; what its lines say goes before. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Columns that are attributes even where they change. */
  readonly attributeColumns?: readonly string[] | undefined;
  readonly parseName: NameParser | undefined;
  readonly choices?: FormatChoices | undefined;
  /** Stores candles under the bar that contains their time. */
  readonly isAligned?: boolean | undefined;
  /** Takes a last line without a line end as a whole one. */
  readonly isComplete?: boolean | undefined;
  /** Reads and checks everything and stores nothing. */
  readonly isDryRun: boolean;
}

export interface ImportProgress {
  readonly bytesRead: number;
  readonly totalBytes: number;
  readonly rows: number;
}

export interface ImportTools {
  readonly stores: Pick<Stores, 'series' | 'candles' | 'itemAttributes' | 'transaction'>;
  readonly clock: Clock;
  readonly rejects?: RejectsFile | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where a later import of a file that has grown goes on. */
export interface ResumePoint {
  readonly position: LinePosition;
  readonly format: FileFormat;
  readonly items: ReadonlyMap<string, FileItem>;
  readonly columns: AttributeColumns;
  /** False for archives, which have to be read from their start. */
  readonly isSeekable: boolean;
}

/**
 * Stores the prices and attributes of one file, reading it once and in constant memory. May be repeated:
 * what is stored already stays as it is. Lines that cannot be used are listed, and cost nothing but
 * themselves.
 *
 * @throws ConfigError when the file cannot be read, or can be read in several ways
 */
export async function importFile(
  request: ImportRequest,
  tools: ImportTools,
): Promise<ImportReport> {
  return (await importText(request, tools)).report;
}

/**
 * The same for a file that may be written on.
 *
 * @param from where an earlier import of the same text ended
 */
export async function importText(
  request: ImportRequest,
  tools: ImportTools,
  from?: ResumePoint,
): Promise<{ readonly report: ImportReport; readonly resume: ResumePoint }> {
  const source = await findSource(request);
  try {
    const format = from?.format ?? (await recognise(source, request, tools.clock));
    return await new FileImport({ source, request, tools, format }, from).run();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const text = error.message.startsWith(source.file)
      ? error.message
      : `${labelOf(source)}: ${error.message}`;
    throw new ConfigError(text, { cause: error });
  }
}

async function findSource({ file, entry }: ImportRequest): Promise<TextSource> {
  if (entry !== undefined) return { file, entry };
  const texts = await listTexts(file);
  const [first] = texts;
  if (first !== undefined && texts.length === 1) return first;
  throw new ConfigError(`${file} holds ${texts.length} files: name one of them`);
}

function symbolOf(source: TextSource, { symbol }: ImportRequest): string {
  const name = symbolOfFile(source.entry ?? source.file);
  return symbol ?? symbolInFileName(name) ?? name;
}

/** Reads the first lines alone, so that a file that is refused leaves nothing behind. */
async function recognise(
  source: TextSource,
  request: ImportRequest,
  clock: Clock,
): Promise<FileFormat> {
  const { choices = {}, timeframe, isAligned = false, isComplete = false } = request;
  const lines = await readSample(source, isComplete);
  const symbol = symbolOf(source, request);
  const format = recogniseFormat(lines, { choices, symbol });
  if (format.layout.kind === 'prices') return format;
  const nowMs = clock.wallMs();
  const reader = new RowReader(format, {
    symbol,
    spelling: request.symbol,
    timeframe,
    isAligned,
    nowMs,
  });
  const rows = lines.slice(format.skippedLines).flatMap((line) => {
    const cells = splitLine(line, format.rules);
    return typeof cells === 'string' ? [] : (reader.peek(cells) ?? []);
  });
  assertTimeframe(rows, { timeframe, isAligned });
  return format;
}

async function readSample(source: TextSource, isComplete: boolean): Promise<readonly string[]> {
  const text = await openText(source);
  try {
    const sample: string[] = [];
    let unfinished: string | undefined;
    for await (const batch of readLines({ ...text, isComplete: text.isComplete || isComplete })) {
      sample.push(...batch.lines);
      unfinished = batch.unfinished;
      if (sample.length >= SAMPLE_LINES) break;
    }
    if (sample.length > 0) return sample.slice(0, SAMPLE_LINES);
    throw new ConfigError(unfinished === undefined ? 'it is empty' : 'it has no whole line yet');
  } finally {
    text.close();
  }
}

interface FileImportOptions {
  readonly source: TextSource;
  readonly request: ImportRequest;
  readonly tools: ImportTools;
  readonly format: FileFormat;
}

/** One pass over a file. */
class FileImport {
  readonly #options: FileImportOptions;
  readonly #counts = new ImportCounts();
  readonly #reader: RowReader;
  readonly #window: BarWindow;
  readonly #columns: AttributeColumns;
  readonly #writer: ItemWriter;
  readonly #items: Map<string, FileItem>;
  /** Rows of bars that were stored before, to be compared with them. */
  #late: { item: FileItem; candle: Candle; line: number; text: string }[] = [];
  #position: LinePosition;
  #unfinished: string | undefined;

  constructor(options: FileImportOptions, from: ResumePoint | undefined) {
    const { request, tools, format, source } = options;
    const { timeframe, isAligned = false, attributeColumns = [] } = request;
    const symbol = symbolOf(source, request);
    this.#options = options;
    const nowMs = tools.clock.wallMs();
    const spelling = request.symbol;
    this.#reader = new RowReader(format, { symbol, spelling, timeframe, isAligned, nowMs });
    this.#window = new BarWindow(timeframe, format.layout.kind);
    this.#columns = from?.columns ?? new AttributeColumns(format.layout, attributeColumns);
    this.#writer = new ItemWriter({ ...request, venue: fileVenue(request.name) }, tools.stores);
    this.#items = new Map(from?.items);
    this.#position = from?.position ?? FIRST_LINE;
  }

  async run(): Promise<{ readonly report: ImportReport; readonly resume: ResumePoint }> {
    const { source, request, tools, format } = this.#options;
    const text = await openText(source, this.#position.byte);
    try {
      const isComplete = text.isComplete || request.isComplete === true;
      for await (const batch of readLines({ ...text, isComplete }, this.#position)) {
        await this.#take(batch, text);
      }
      while (!this.#window.isEmpty) await this.#store();
    } finally {
      text.close();
      await tools.rejects?.close();
    }
    const attributes = this.#columns.result;
    const stored = request.isDryRun
      ? []
      : await this.#writer.writeAttributes(this.#items, attributes);
    const report = this.#report([...format.layout.leftOut, ...attributes.leftOut, ...stored]);
    const resume = {
      position: this.#position,
      format,
      items: this.#items,
      columns: this.#columns,
      isSeekable: text.isSeekable,
    };
    return { report, resume };
  }

  async #take(batch: LineBatch, text: OpenedText): Promise<void> {
    const { tools, format } = this.#options;
    tools.signal?.throwIfAborted();
    for (const [at, line] of batch.lines.entries()) {
      const number = batch.firstNumber + at;
      if (number > format.skippedLines && line !== '') this.#takeLine(line, number);
    }
    this.#position = { number: batch.firstNumber + batch.lines.length, byte: batch.endByte };
    this.#unfinished = batch.unfinished;
    while (this.#window.isFull) await this.#store();
    await this.#compareLate();
    await tools.rejects?.flush();
    const { rows } = this.#counts;
    tools.onProgress?.({ bytesRead: text.bytesRead(), totalBytes: text.totalBytes, rows });
    await setImmediate();
  }

  #takeLine(line: string, number: number): void {
    this.#counts.rows++;
    const refusal = this.#findRefusal(line, number);
    if (refusal !== undefined) this.#refuse({ ...refusal, line: number, text: line });
  }

  /** Takes what a line says; answers with the reason where it cannot be used. */
  #findRefusal(line: string, number: number): Refusal | undefined {
    const { rules, layout } = this.#options.format;
    const cells = splitLine(line, rules);
    if (typeof cells === 'string') return { kind: 'quote', reason: cells };
    if (!hasWidth(cells, layout.width)) {
      return { kind: 'columns', reason: `${cells.length} columns instead of ${layout.width}` };
    }
    const row = this.#reader.read(cells);
    if (row.status === 'refused') return row;
    if (row.status === 'unfinished') {
      this.#counts.wait(row.closesAt);
      return undefined;
    }
    const defect = this.#columns.observe(row.symbol, row.at, cells);
    if (defect !== undefined) return { kind: 'attribute', reason: defect };
    const item = this.#itemOf(row.symbol);
    const place = this.#window.add(item, row.candle, row.at);
    if (place === 'conflict') return OTHER_CANDLE;
    if (place === 'merged') this.#counts.merged++;
    if (place === 'late') this.#late.push({ item, candle: row.candle, line: number, text: line });
    return undefined;
  }

  #itemOf(symbol: string): FileItem {
    const known = this.#items.get(symbol);
    if (known !== undefined) return known;
    const item = { symbol, index: this.#items.size, done: new BarSet() };
    this.#items.set(symbol, item);
    return item;
  }

  #refuse({ kind, reason, line, text }: RejectedRow): void {
    const rejected = { kind, reason, line, text: text.slice(0, TEXT_SHOWN) };
    this.#counts.reject(rejected);
    this.#options.tools.rejects?.add(rejected);
  }

  async #store(): Promise<void> {
    const bars = this.#window.take();
    if (this.#options.request.isDryRun) return;
    const { inserted, revised, unchanged } = await this.#writer.writeBars(bars);
    this.#counts.inserted += inserted;
    this.#counts.revised += revised;
    this.#counts.unchanged += unchanged;
  }

  /** A row that repeats a bar of long before is known to be the same only by what was stored. */
  async #compareLate(): Promise<void> {
    const { request, format, tools } = this.#options;
    const late = this.#late;
    this.#late = [];
    for (const { item, candle, line, text } of late) {
      if (format.layout.kind === 'prices') {
        this.#refuse({ ...COMES_TOO_LATE, line, text });
      } else if (request.isDryRun) {
        this.#counts.uncompared++;
      } else {
        const stored = await this.#writer.readBar(item, candle.openTime);
        if (stored === undefined || isSameCandle(candle, stored)) this.#counts.merged++;
        else this.#refuse({ ...OTHER_CANDLE, line, text });
      }
      tools.signal?.throwIfAborted();
    }
  }

  #report(leftOut: ImportReport['leftOut']): ImportReport {
    const { source, request, format } = this.#options;
    const counts = this.#counts;
    return {
      file: source.file,
      entry: source.entry,
      venue: fileVenue(request.name),
      timeframe: request.timeframe,
      understood: describeFormat(format),
      items: this.#items.size,
      rows: counts.rows,
      inserted: counts.inserted,
      revised: counts.revised,
      unchanged: counts.unchanged,
      merged: counts.merged,
      uncompared: counts.uncompared,
      rejectedRows: counts.rejectedRows,
      rejectedByReason: counts.rejectedByReason,
      rejected: counts.rejected,
      leftOut,
      attributes: this.#writer.attributeNames,
      unparsed: limitExamples(this.#writer.findUnparsed(this.#items.keys())),
      waiting: {
        lastLine: this.#unfinished?.slice(0, TEXT_SHOWN),
        unfinishedBars: counts.unfinishedBars,
        closesAt: counts.closesAt,
      },
    };
  }
}

/** Empty cells after the last column are only delimiters too many. */
function hasWidth(cells: readonly string[], width: number): boolean {
  if (cells.length === width) return true;
  return cells.length > width && cells.slice(width).every((cell) => cell.trim() === '');
}
