import type { Candle } from '../domain/candle.js';
import { BarState, type CandleColumns } from '../domain/candle-columns.js';

/** Spare bars at the end: buffers are replaced every so many bars. */
const SPARE_BARS = 128;

export interface BarWindowOptions {
  /** How many of the newest bars are kept at least, once more have been appended. */
  readonly barsKept: number;
  /** True when nothing is stored before the first of the given bars. */
  readonly beginsSeries: boolean;
}

/**
 * The newest bars of one series on their regular grid. Grows at its end; columns handed out earlier
 * stay as they were.
 */
export class BarWindow {
  #buffers: CandleColumns;
  #length: number;
  #beginsSeries: boolean;
  readonly #barsKept: number;

  constructor(columns: CandleColumns, { barsKept, beginsSeries }: BarWindowOptions) {
    this.#barsKept = barsKept;
    this.#length = columns.length;
    this.#beginsSeries = beginsSeries;
    this.#buffers = copyTail(columns, this.#length, this.#length + SPARE_BARS);
  }

  get firstIndex(): number {
    return this.#buffers.firstIndex;
  }

  /** True while nothing is stored before the first bar. */
  get beginsSeries(): boolean {
    return this.#beginsSeries;
  }

  /** Number of the bar after the newest. */
  get endIndex(): number {
    return this.#buffers.firstIndex + this.#length;
  }

  /** Number of the newest bar that is a candle. */
  newestStoredIndex(): number | undefined {
    const { firstIndex, state } = this.#buffers;
    let at = this.#length - 1;
    while (at >= 0 && state[at] !== BarState.stored) at--;
    return at < 0 ? undefined : firstIndex + at;
  }

  /** The bars up to `toIndex`, excluded: views, not copies. */
  columnsUpTo(toIndex: number): CandleColumns {
    return barsUpTo({ ...this.#buffers, length: this.#length }, toIndex);
  }

  append(candle: Candle): void {
    const at = this.#grow();
    const { close, high, low, open, state, volume } = this.#buffers;
    open[at] = candle.open;
    high[at] = candle.high;
    low[at] = candle.low;
    close[at] = candle.close;
    volume[at] = candle.volume;
    state[at] = BarState.stored;
  }

  /** Appends a bar in which the venue had no trade. */
  appendFiller(): void {
    const at = this.#grow();
    const { close, high, low, open, state, volume } = this.#buffers;
    const previousClose = close[at - 1] ?? NaN;
    for (const column of [open, high, low, close]) column[at] = previousClose;
    volume[at] = 0;
    state[at] = BarState.filler;
  }

  /** Whether the bar of that number is stored with just these values. */
  holds(index: number, candle: Candle): boolean {
    const at = index - this.#buffers.firstIndex;
    const { close, high, low, open, state, volume } = this.#buffers;
    return (
      state[at] === BarState.stored &&
      open[at] === candle.open &&
      high[at] === candle.high &&
      low[at] === candle.low &&
      close[at] === candle.close &&
      volume[at] === candle.volume
    );
  }

  /** Adds space for one bar, in new buffers when these are full. @returns its index */
  #grow(): number {
    if (this.#length === this.#buffers.length) {
      this.#length = Math.min(this.#length, this.#barsKept);
      this.#beginsSeries &&= this.#length === this.#buffers.length;
      this.#buffers = copyTail(this.#buffers, this.#length, this.#length + SPARE_BARS);
    }
    return this.#length++;
  }
}

/** The bars before that of number `toIndex`: views, not copies. */
export function barsUpTo(columns: CandleColumns, toIndex: number): CandleColumns {
  const length = Math.min(Math.max(toIndex - columns.firstIndex, 0), columns.length);
  return {
    timeframe: columns.timeframe,
    firstIndex: columns.firstIndex,
    length,
    open: columns.open.subarray(0, length),
    high: columns.high.subarray(0, length),
    low: columns.low.subarray(0, length),
    close: columns.close.subarray(0, length),
    volume: columns.volume.subarray(0, length),
    state: columns.state.subarray(0, length),
    firstBarIndex: columns.firstBarIndex,
  };
}

function copyTail(columns: CandleColumns, count: number, capacity: number): CandleColumns {
  const from = columns.length - count;
  const copy = (source: Float64Array): Float64Array => {
    const target = new Float64Array(capacity);
    target.set(source.subarray(from, columns.length));
    return target;
  };
  const state = new Uint8Array(capacity);
  state.set(columns.state.subarray(from, columns.length));
  return {
    timeframe: columns.timeframe,
    firstIndex: columns.firstIndex + from,
    length: capacity,
    open: copy(columns.open),
    high: copy(columns.high),
    low: copy(columns.low),
    close: copy(columns.close),
    volume: copy(columns.volume),
    state,
    firstBarIndex: columns.firstBarIndex,
  };
}
