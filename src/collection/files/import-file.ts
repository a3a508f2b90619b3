import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parse, type Info } from 'csv-parse';
import type { Candle } from '../../domain/candle.js';
import type { Timeframe } from '../../domain/timeframe.js';
import { fileVenue } from '../../domain/venue.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import type { UpsertCounts } from '../../storage/stores/candle-store.js';
import { inChunks } from '../../storage/rows/write-rows.js';
import type { Stores } from '../../storage/stores.js';
import type { NameParser } from './name-pattern.js';
import { findLayout, readRow, type Layout, type RowContext } from './price-rows.js';

/** A file is held in memory, item by item, so that rows of one bar find each other in any order. */
const MAX_FILE_BYTES = 500_000_000;
const MAX_LINE_CHARACTERS = 100_000;
const TEXT_SHOWN = 200;
/** A daemon beside this one waits for no longer than these take. */
const ITEMS_A_TRANSACTION = 50;

export interface ImportRequest {
  readonly file: string;
  /** Of `csv:<name>`. */
  readonly name: string;
  /** Of lines that name none. */
  readonly symbol: string | undefined;
  readonly timeframe: Timeframe;
  /** Of every item in the file; what its lines say goes before. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly parseName: NameParser | undefined;
  /** Reads and checks everything and stores nothing. */
  readonly isDryRun: boolean;
}

export interface RejectedRow {
  /** In the file, from 1 for the headings. */
  readonly line: number;
  readonly reason: string;
  readonly text: string;
}

export interface ImportReport {
  readonly file: string;
  readonly venue: string;
  readonly items: number;
  readonly rows: number;
  readonly inserted: number;
  /** Bars that were stored with other values. */
  readonly revised: number;
  readonly unchanged: number;
  /** Rows that fell into a bar with another one. */
  readonly merged: number;
  readonly rejected: readonly RejectedRow[];
  /** Items whose names are of another form than the pattern, which costs them its attributes. */
  readonly unparsed: readonly string[];
}

interface ImportTools {
  readonly stores: Pick<Stores, 'transaction'>;
  readonly clock: Clock;
  readonly onItem?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Stores the prices and attributes of one file. May be repeated: what is stored already stays as it is.
 * Lines that cannot be used are listed, and cost nothing but themselves.
 *
 * @throws ConfigError when the file cannot be read at all
 */
export async function importFile(
  request: ImportRequest,
  tools: ImportTools,
): Promise<ImportReport> {
  const content = await readContent(request, tools.clock);
  const venue = fileVenue(request.name);
  const counts = { inserted: 0, revised: 0, unchanged: 0 };
  const unparsed: string[] = [];
  let done = 0;
  for await (const some of inChunks([...content.items], ITEMS_A_TRANSACTION)) {
    tools.signal?.throwIfAborted();
    const named = some.map(([symbol, item]) => {
      const parsed = request.parseName?.(symbol);
      if (request.parseName !== undefined && parsed === undefined) unparsed.push(symbol);
      const attributes = { ...request.attributes, ...parsed, ...item.attributes };
      return { venue, symbol, attributes, item };
    });
    const stored = request.isDryRun ? [] : await storeItems(tools.stores, named, request);
    for (const one of stored) {
      for (const name of ['inserted', 'revised', 'unchanged'] as const) counts[name] += one[name];
    }
    done += some.length;
    tools.onItem?.(done, content.items.size);
  }
  const { rows, merged, rejected, items } = content;
  return {
    ...{
      file: request.file,
      venue,
      items: items.size,
      rows,
      ...counts,
      merged,
      rejected,
      unparsed,
    },
  };
}

interface Item {
  readonly bars: Map<number, Candle>;
  attributes: Readonly<Record<string, string>>;
}

interface Content {
  readonly items: Map<string, Item>;
  readonly rejected: RejectedRow[];
  rows: number;
  merged: number;
}

async function readContent(request: ImportRequest, clock: Clock): Promise<Content> {
  const { file, symbol, timeframe } = request;
  await assertReadable(file);
  const content: Content = { items: new Map(), rejected: [], rows: 0, merged: 0 };
  const context: RowContext = { symbol, timeframe, nowMs: clock.wallMs() };
  const parser = parse({
    ...{ bom: true, trim: true, info: true, relax_column_count: true, skip_empty_lines: true },
    ...{ max_record_size: MAX_LINE_CHARACTERS, relax_quotes: true },
  });
  const source = createReadStream(file);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let headings: readonly string[] | undefined;
  let layout: Layout | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedLine>) {
      if (headings === undefined || layout === undefined) {
        headings = record.map((name) => name.toLowerCase());
        layout = assertLayout(file, headings);
        continue;
      }
      content.rows++;
      take(content, { record, line: info.lines }, { headings, layout, context });
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} is no CSV file: ${messageOf(error)}`, { cause: error });
  }
  if (headings === undefined) throw new ConfigError(`${file} is empty`);
  return content;
}

interface ParsedLine {
  readonly record: readonly string[];
  readonly info: Info;
}

async function assertReadable(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    throw new ConfigError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (!found.isFile()) throw new ConfigError(`${file} is no file`);
  if (found.size <= MAX_FILE_BYTES) return;
  throw new ConfigError(`${file} has ${found.size} bytes, at most ${MAX_FILE_BYTES}: split it`);
}

function assertLayout(file: string, headings: readonly string[]): Layout {
  const layout = findLayout(headings);
  if (typeof layout !== 'string') return layout;
  throw new ConfigError(`${file}: ${layout}`);
}

function take(
  content: Content,
  { record, line }: { readonly record: readonly string[]; readonly line: number },
  reading: { headings: readonly string[]; layout: Layout; context: RowContext },
): void {
  const { headings, layout, context } = reading;
  const reject = (reason: string): void => {
    content.rejected.push({ line, reason, text: record.join(',').slice(0, TEXT_SHOWN) });
  };
  if (record.length !== headings.length) {
    reject(`${record.length} columns instead of ${headings.length}`);
    return;
  }
  const cells = Object.fromEntries(headings.map((name, at) => [name, record[at] ?? '']));
  const row = readRow(cells, layout, context);
  if (row.status === 'bad') {
    reject(row.reason);
    return;
  }
  const item = content.items.get(row.symbol) ?? { bars: new Map<number, Candle>(), attributes: {} };
  content.items.set(row.symbol, item);
  const before = item.bars.get(row.candle.openTime);
  const isOther = before !== undefined && JSON.stringify(before) !== JSON.stringify(row.candle);
  if (isOther && layout.kind === 'candles') {
    reject('another candle of the same bar stands in an earlier line');
    return;
  }
  if (before !== undefined) content.merged++;
  item.attributes = { ...item.attributes, ...row.attributes };
  item.bars.set(row.candle.openTime, before === undefined ? row.candle : merge(before, row.candle));
}

/** Prices of one bar in the order of their lines: first, highest, lowest, last. */
function merge(bar: Candle, price: Candle): Candle {
  return {
    ...bar,
    high: Math.max(bar.high, price.high),
    low: Math.min(bar.low, price.low),
    close: price.close,
  };
}

interface NamedItem {
  readonly venue: string;
  readonly symbol: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly item: Item;
}

/** An item is stored whole or not at all, and several together: each transaction waits for the disk. */
function storeItems(
  stores: ImportTools['stores'],
  items: readonly NamedItem[],
  request: ImportRequest,
): Promise<UpsertCounts[]> {
  return stores.transaction(async (tx) => {
    const counts: UpsertCounts[] = [];
    for (const one of items) counts.push(await storeItem(tx, one, request));
    return counts;
  });
}

async function storeItem(
  stores: Stores,
  { venue, symbol, attributes, item }: NamedItem,
  { timeframe }: ImportRequest,
): Promise<UpsertCounts> {
  const candles = [...item.bars.values()].sort((one, other) => one.openTime - other.openTime);
  const series = await stores.series.ensure({ venue, symbol, marketId: symbol, timeframe });
  const hasVolume = candles.some(({ volume }) => volume > 0);
  if (series.hasVolume && !hasVolume) await stores.series.setHasVolume(series.id, false);
  const rows = Object.entries(attributes).map(([name, value]) => ({ venue, symbol, name, value }));
  await stores.itemAttributes.set(rows);
  return stores.candles.upsert(series.id, candles, 'csv');
}
