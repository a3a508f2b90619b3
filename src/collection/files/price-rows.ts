import { findCandleDefect, type Candle } from '../../domain/candle.js';
import { closeTimeOf, floorToBar, type Timeframe } from '../../domain/timeframe.js';
import type { NamedColumn } from './columns.js';
import type { FileFormat } from './file-format.js';
import { parseNumber, parseVolume } from './numbers.js';
import { parseTimeOfDay, TIME_FORMATS } from './times.js';

/** Kinds of reasons for which a line is not used, as reports count them. */
export const REFUSALS = {
  columns: 'has another number of columns',
  quote: 'has a stray quote',
  encoding: 'is not UTF-8',
  item: 'names no item',
  time: 'has no time that can be read',
  future: 'lies in the future',
  grid: 'is no open time of the timeframe',
  candle: 'holds no possible prices',
  duplicate: 'differs from an earlier line of the same bar',
  order: 'comes too late for its bar',
  attribute: 'has an attribute that cannot be stored',
} as const;

export type RefusalKind = keyof typeof REFUSALS;

/** What one line of a file says, or why it says nothing. */
export type RowReading =
  | {
      readonly status: 'read';
      readonly symbol: string;
      /** Time of the price in its bar; of a candle its open time. */
      readonly at: number;
      readonly candle: Candle;
    }
  /** A candle whose bar has not closed yet: its values are not final. */
  | { readonly status: 'unfinished'; readonly closesAt: number }
  | { readonly status: 'refused'; readonly kind: RefusalKind; readonly reason: string };

export interface RowContext {
  /** Of a file without a column of names. */
  readonly symbol: string | undefined;
  /** How the instrument that a person asked for is spelled: `BTC/USDT` for the `BTCUSDT` of a file. */
  readonly spelling: string | undefined;
  readonly timeframe: Timeframe;
  /** Stores a candle under the bar that contains its time. */
  readonly isAligned: boolean;
  /** Wall time: later prices cannot be known. */
  readonly nowMs: number;
}

/** As wide as the database's column. */
const MAX_SYMBOL_CHARACTERS = 191;
const REPLACEMENT_CHARACTER = '\uFFFD';
const TEXT_SHOWN = 80;

/** Reads the rows of one file. */
export class RowReader {
  readonly #format: FileFormat;
  readonly #context: RowContext;
  readonly #parseTime: (text: string) => number | undefined;
  /** The name of the cell that was read last, and what it stands for: most rows repeat it. */
  #symbolCell: string | undefined;
  #symbol = '';

  constructor(format: FileFormat, context: RowContext) {
    this.#format = format;
    this.#context = context;
    this.#parseTime = TIME_FORMATS[format.time].parse;
  }

  /** Time and item of a row, as far as both can be read. */
  peek(cells: readonly string[]): { readonly symbol: string; readonly at: number } | undefined {
    const symbol = this.#symbolOf(cells);
    const at = this.#timeOf(cells);
    return typeof symbol !== 'string' || at === undefined ? undefined : { symbol, at };
  }

  /** Candles must lie on the timeframe's grid; a price counts for its bar. */
  read(cells: readonly string[]): RowReading {
    const { layout } = this.#format;
    const { timeframe, nowMs, isAligned } = this.#context;
    const symbol = this.#symbolOf(cells);
    if (typeof symbol !== 'string') return symbol;
    const at = this.#timeOf(cells);
    if (at === undefined) {
      return refused('time', `timestamp "${this.#timeText(cells)}" is no time${this.#expected()}`);
    }
    if (at > nowMs)
      return refused('future', `timestamp "${this.#timeText(cells)}" lies in the future`);
    const openTime = floorToBar(at, timeframe);
    if (layout.kind === 'candles') {
      if (openTime !== at && !isAligned) {
        return refused(
          'grid',
          `timestamp "${this.#timeText(cells)}" is no open time of ${timeframe}`,
        );
      }
      const closesAt = closeTimeOf(openTime, timeframe);
      if (closesAt > nowMs) return { status: 'unfinished', closesAt };
    }
    return this.#toReading(cells, { symbol, at, openTime });
  }

  #toReading(
    cells: readonly string[],
    { symbol, at, openTime }: { symbol: string; at: number; openTime: number },
  ): RowReading {
    const { layout, decimal } = this.#format;
    const volume =
      layout.volume === undefined
        ? undefined
        : parseVolume(cells[layout.volume.index] ?? '', decimal);
    const candle =
      layout.kind === 'prices'
        ? flatCandle(openTime, this.#numberIn(cells, layout.open))
        : {
            openTime,
            open: this.#numberIn(cells, layout.open),
            high: this.#numberIn(cells, layout.high),
            low: this.#numberIn(cells, layout.low),
            close: this.#numberIn(cells, layout.close),
            volume: volume ?? 0,
          };
    const defect = findCandleDefect(candle);
    if (defect !== undefined) return refused('candle', defect);
    return { status: 'read', symbol, at, candle };
  }

  #numberIn(cells: readonly string[], column: NamedColumn): number {
    return parseNumber(cells[column.index] ?? '', this.#format.decimal);
  }

  #timeOf(cells: readonly string[]): number | undefined {
    const { timestamp, timeOfDay } = this.#format.layout;
    const day = this.#parseTime((cells[timestamp.index] ?? '').trim());
    if (timeOfDay === undefined || day === undefined) return day;
    const sinceMidnight = parseTimeOfDay(cells[timeOfDay.index] ?? '');
    return sinceMidnight === undefined ? undefined : day + sinceMidnight;
  }

  #timeText(cells: readonly string[]): string {
    const { timestamp, timeOfDay } = this.#format.layout;
    const parts = [timestamp, timeOfDay].flatMap((one) =>
      one === undefined ? [] : [cells[one.index]],
    );
    return parts.join(' ').trim().slice(0, TEXT_SHOWN);
  }

  #expected(): string {
    return ` (expected: ${TIME_FORMATS[this.#format.time].shownAs})`;
  }

  #symbolOf(cells: readonly string[]): string | Extract<RowReading, { status: 'refused' }> {
    const column = this.#format.layout.symbol;
    if (column === undefined) return this.#context.symbol ?? refused('item', 'names no item');
    const cell = cells[column.index] ?? '';
    if (cell === this.#symbolCell) return this.#symbol;
    const name = cell.trim();
    if (name === '') return refused('item', 'names no item');
    if (name.includes(REPLACEMENT_CHARACTER)) {
      return refused('encoding', `the item's name "${name.slice(0, TEXT_SHOWN)}" is not UTF-8`);
    }
    if (name.length > MAX_SYMBOL_CHARACTERS) {
      return refused('item', `the item's name has more than ${MAX_SYMBOL_CHARACTERS} characters`);
    }
    this.#symbolCell = cell;
    const { spelling } = this.#context;
    this.#symbol = isSameInstrument(name, spelling) ? spelling : name;
    return this.#symbol;
  }
}

function isSameInstrument(name: string, spelling: string | undefined): spelling is string {
  if (spelling === undefined) return false;
  const bare = (text: string): string => text.toUpperCase().replace(/[/\-_]/g, '');
  return bare(name) === bare(spelling);
}

function refused(
  kind: RefusalKind,
  reason: string,
): Extract<RowReading, { readonly status: 'refused' }> {
  return { status: 'refused', kind, reason };
}

function flatCandle(openTime: number, price: number): Candle {
  return { openTime, open: price, high: price, low: price, close: price, volume: 0 };
}
