import type { Candle } from './candle.js';
import { barIndex, type Timeframe } from './timeframe.js';

/** How a bar of the grid came to be. */
export const BarState = {
  /** A stored candle. */
  stored: 0,
  /** The venue had no trade: synthesised from the previous close with volume 0. */
  filler: 1,
  /** Not collected yet: synthesised only to keep the grid regular; no feature row may span it. */
  unknown: 2,
} as const;

/**
 * A contiguous stretch of one series on its regular grid, as columns. Element `i` is bar number
 * `firstIndex + i` of the timeframe (see `barIndex`), so open times need no column.
 */
export interface CandleColumns {
  readonly timeframe: Timeframe;
  readonly firstIndex: number;
  readonly length: number;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** One of `BarState` for each bar. */
  readonly state: Uint8Array;
  /** Number of the first bar that the venue has, where that is known: nothing lies before it. */
  readonly firstBarIndex: number | undefined;
}

export interface ColumnsOptions {
  readonly timeframe: Timeframe;
  readonly firstBarIndex: number | undefined;
  /** Whether the venue is known to have no candle at that bar; bars that are not known are `unknown`. */
  readonly isKnownGap: (index: number) => boolean;
  /** Bar up to which (included) the grid is extended by fillers or unknown bars. */
  readonly lastIndex?: number | undefined;
}

/**
 * Lays stored candles (ascending, without duplicates) on the regular grid and synthesises what lies
 * between them.
 */
export function toColumns(candles: readonly Candle[], options: ColumnsOptions): CandleColumns {
  const first = candles[0];
  const last = candles[candles.length - 1];
  const indexOf = (candle: Candle): number => barIndex(candle.openTime, options.timeframe);
  const firstIndex = first === undefined ? 0 : indexOf(first);
  const endIndex = last === undefined ? -1 : Math.max(indexOf(last), options.lastIndex ?? 0);
  const columns = allocate(options, firstIndex, endIndex - firstIndex + 1);
  let next = 0;
  for (const candle of candles) {
    const position = indexOf(candle) - firstIndex;
    if (position < next) throw new RangeError(`Candle ${candle.openTime} is out of order`);
    fillUpTo(columns, next, position, options.isKnownGap);
    place(columns, position, candle);
    next = position + 1;
  }
  fillUpTo(columns, next, columns.length, options.isKnownGap);
  return columns;
}

function allocate(options: ColumnsOptions, firstIndex: number, length: number): CandleColumns {
  const column = (): Float64Array => new Float64Array(length);
  return {
    timeframe: options.timeframe,
    firstIndex,
    length,
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    state: new Uint8Array(length),
    firstBarIndex: options.firstBarIndex,
  };
}

function place(columns: CandleColumns, position: number, candle: Candle): void {
  columns.open[position] = candle.open;
  columns.high[position] = candle.high;
  columns.low[position] = candle.low;
  columns.close[position] = candle.close;
  columns.volume[position] = candle.volume;
  columns.state[position] = BarState.stored;
}

function fillUpTo(
  columns: CandleColumns,
  from: number,
  to: number,
  isKnownGap: (index: number) => boolean,
): void {
  for (let position = from; position < to; position++) {
    const previousClose = columns.close[position - 1] ?? NaN;
    columns.open[position] = previousClose;
    columns.high[position] = previousClose;
    columns.low[position] = previousClose;
    columns.close[position] = previousClose;
    columns.state[position] = isKnownGap(columns.firstIndex + position)
      ? BarState.filler
      : BarState.unknown;
  }
}
