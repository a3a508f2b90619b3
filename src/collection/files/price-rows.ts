import { findCandleDefect, type Candle } from '../../domain/candle.js';
import { floorToBar, type Timeframe } from '../../domain/timeframe.js';

/** What one line of a file says, or why it says nothing. */
export type RowReading =
  | {
      readonly status: 'read';
      readonly symbol: string;
      readonly candle: Candle;
      readonly attributes: Readonly<Record<string, string>>;
    }
  | { readonly status: 'bad'; readonly reason: string };

export interface RowContext {
  /** Of lines in which no column names one. */
  readonly symbol: string | undefined;
  readonly timeframe: Timeframe;
  /** Wall time: later prices cannot be known. */
  readonly nowMs: number;
}

/** Names of columns, as people write them. */
const TIME_COLUMNS = ['timestamp', 'timestamp_ms', 'time', 'date'];
const SYMBOL_COLUMNS = ['symbol', 'item', 'name'];
const CANDLE_COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;
const ATTRIBUTES_COLUMN = 'attributes';
/** As wide as the database's columns. */
const MAX_SYMBOL_CHARACTERS = 191;
const MAX_NAME_CHARACTERS = 64;
const MAX_VALUE_CHARACTERS = 255;
/** Epoch seconds stay under this until the year 5138; epoch milliseconds were above it in 1973. */
const MOST_SECONDS = 100_000_000_000;

export interface Layout {
  readonly kind: 'candles' | 'prices';
  readonly time: string;
  readonly symbol: string | undefined;
  /** Columns whose heading names an attribute. */
  readonly attributes: readonly string[];
}

/** What the columns are, by their headings; text that says what is missing where they are none. */
export function findLayout(headings: readonly string[]): Layout | string {
  const time = TIME_COLUMNS.find((name) => headings.includes(name));
  if (time === undefined) return `no column timestamp among ${headings.join(', ')}`;
  const isCandles = ['open', 'high', 'low', 'close'].every((name) => headings.includes(name));
  if (!isCandles && !headings.includes('price')) {
    return 'neither open, high, low, close nor price among the columns';
  }
  const symbol = SYMBOL_COLUMNS.find((name) => headings.includes(name));
  const known: readonly (string | undefined)[] = [
    ...[time, symbol, ATTRIBUTES_COLUMN],
    ...(isCandles ? CANDLE_COLUMNS : ['price']),
  ];
  const attributes = headings.filter((name) => name !== '' && !known.includes(name));
  return { kind: isCandles ? 'candles' : 'prices', time, symbol, attributes };
}

/** Reads one line. Bars of candles must lie on the timeframe's grid; a price counts for its bar. */
export function readRow(
  cells: Readonly<Record<string, string>>,
  layout: Layout,
  context: RowContext,
): RowReading {
  const symbol = (layout.symbol === undefined ? undefined : cells[layout.symbol]) ?? context.symbol;
  if (symbol === undefined || symbol.trim() === '') return bad('names no item');
  if (symbol.length > MAX_SYMBOL_CHARACTERS) {
    return bad(`the item's name has more than ${MAX_SYMBOL_CHARACTERS} characters`);
  }
  const text = cells[layout.time] ?? '';
  const at = readTime(text);
  if (at === undefined) return bad(`timestamp "${text}" is no time`);
  if (at > context.nowMs) return bad(`timestamp "${text}" lies in the future`);
  const openTime = floorToBar(at, context.timeframe);
  if (layout.kind === 'candles' && openTime !== at) {
    return bad(`timestamp "${text}" is no open time of ${context.timeframe}`);
  }
  const candle = toCandle(cells, layout, openTime);
  const defect = findCandleDefect(candle);
  if (defect !== undefined) return bad(defect);
  const attributes = readAttributes(cells, layout);
  if (typeof attributes === 'string') return bad(attributes);
  return { status: 'read', symbol: symbol.trim(), candle, attributes };
}

function bad(reason: string): RowReading {
  return { status: 'bad', reason };
}

/** Epoch seconds or milliseconds, or ISO 8601; without a zone it is UTC. */
export function readTime(text: string): number | undefined {
  const plain = text.trim();
  if (/^\d{1,16}(\.\d+)?$/.test(plain)) {
    const number = Number(plain);
    return Math.round(number < MOST_SECONDS ? number * 1000 : number);
  }
  const iso =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/;
  const found = iso.exec(plain);
  if (found === null) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] = found;
  const at = Date.parse(`${day}T${time}${zone}`);
  return Number.isFinite(at) && at >= 0 ? at : undefined;
}

function toCandle(
  cells: Readonly<Record<string, string>>,
  { kind }: Layout,
  openTime: number,
): Candle {
  if (kind === 'prices') {
    const price = readNumber(cells['price']);
    return { openTime, open: price, high: price, low: price, close: price, volume: 0 };
  }
  const volume = cells['volume'] === undefined ? 0 : readNumber(cells['volume']);
  const [open, high, low, close] = (['open', 'high', 'low', 'close'] as const).map((name) =>
    readNumber(cells[name]),
  );
  return {
    openTime,
    open: open ?? NaN,
    high: high ?? NaN,
    low: low ?? NaN,
    close: close ?? NaN,
    volume,
  };
}

/** An empty cell is no number, not 0. */
function readNumber(text: string | undefined): number {
  return text === undefined || text.trim() === '' ? NaN : Number(text);
}

function readAttributes(
  cells: Readonly<Record<string, string>>,
  layout: Layout,
): Readonly<Record<string, string>> | string {
  const pairs = layout.attributes.map((name): [string, string] => [name, cells[name] ?? '']);
  for (const part of (cells[ATTRIBUTES_COLUMN] ?? '').split(';')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    if (at < 1) return `attribute "${part.trim()}" is not name=value`;
    pairs.push([part.slice(0, at).trim(), part.slice(at + 1).trim()]);
  }
  const given = pairs.filter(([, value]) => value.trim() !== '');
  return findAttributeDefect(given) ?? Object.fromEntries(given);
}

/** Names an attribute that the database could not hold. */
export function findAttributeDefect(
  pairs: readonly (readonly [string, string])[],
): string | undefined {
  for (const [name, value] of pairs) {
    if (name.trim() === '' || name.length > MAX_NAME_CHARACTERS) {
      return `attribute "${name}" needs a name of 1 to ${MAX_NAME_CHARACTERS} characters`;
    }
    if (value.length > MAX_VALUE_CHARACTERS) {
      return `attribute ${name} has more than ${MAX_VALUE_CHARACTERS} characters`;
    }
  }
  return undefined;
}
