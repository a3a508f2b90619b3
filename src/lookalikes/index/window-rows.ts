import { EMBEDDING_SIZE, HEAD_SIZE } from '../transform/embed-windows.js';
import { readRows, ROW_BYTES, type SeriesState } from './series-file.js';

export const TAIL_SIZE = EMBEDDING_SIZE - HEAD_SIZE;
/** First number of a row whose bar has no window. */
export const NO_WINDOW = -32768;
/** A series in memory grows by this many rows at a time. */
const SPARE_ROWS = 1024;
const READ_ROWS = 16_384;

/**
 * The windows of one series, one row for each bar of its grid: row `r` ends with bar `firstIndex + r`. The first
 * numbers of all rows lie together, because a search rarely needs the others.
 */
export interface WindowRows {
  readonly symbol: string;
  readonly firstIndex: number;
  readonly length: number;
  readonly head: Int16Array;
  readonly tail: Int16Array;
  /** NaN where the bar is not known. */
  readonly close: Float64Array;
  /** How many rows up to and with this one have no window. */
  readonly leftOut: Uint32Array;
}

/** The rows of a file in memory; `refresh` takes over what was appended since. */
export class LoadedSeries implements WindowRows {
  readonly symbol: string;
  readonly #file: string;
  #skipped: number;
  #state: SeriesState;
  length = 0;
  head = new Int16Array(0);
  tail = new Int16Array(0);
  close = new Float64Array(0);
  leftOut = new Uint32Array(0);

  /** @param options.skip rows at the beginning that are left on the disk */
  constructor(options: {
    readonly symbol: string;
    readonly file: string;
    readonly state: SeriesState;
    readonly skip: number;
  }) {
    this.symbol = options.symbol;
    this.#file = options.file;
    this.#state = options.state;
    this.#skipped = options.skip;
    this.refresh(options.state);
  }

  get firstIndex(): number {
    return this.#state.firstIndex + this.#skipped;
  }

  /** Whether the rows of that state begin with those in memory. */
  isPartOf({ firstIndex, reference, version, rows }: SeriesState): boolean {
    const own = this.#state;
    const isSameBasis = own.reference === reference && own.version === version;
    return isSameBasis && own.firstIndex === firstIndex && own.rows <= rows;
  }

  refresh(state: SeriesState): void {
    this.#state = state;
    const rows = state.rows - this.#skipped;
    if (rows > this.close.length) this.#grow(rows + SPARE_ROWS);
    while (this.length < rows) {
      const from = this.length + this.#skipped;
      const to = Math.min(from + READ_ROWS, state.rows);
      this.#take(readRows(this.#file, from, to), to - from);
    }
  }

  #take(bytes: Buffer, rows: number): void {
    const numbers = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    for (let row = 0; row < rows; row++) {
      const at = row * (ROW_BYTES / 2) + 4;
      this.close[this.length] = bytes.readDoubleLE(row * ROW_BYTES);
      this.head.set(numbers.subarray(at, at + HEAD_SIZE), this.length * HEAD_SIZE);
      const tail = numbers.subarray(at + HEAD_SIZE, at + EMBEDDING_SIZE);
      this.tail.set(tail, this.length * TAIL_SIZE);
      const before = this.leftOut[this.length - 1] ?? 0;
      this.leftOut[this.length] = before + (numbers[at] === NO_WINDOW ? 1 : 0);
      this.length++;
    }
  }

  #grow(rows: number): void {
    const { head, tail, close, leftOut } = this;
    this.head = new Int16Array(rows * HEAD_SIZE);
    this.tail = new Int16Array(rows * TAIL_SIZE);
    this.close = new Float64Array(rows);
    this.head.set(head);
    this.tail.set(tail);
    this.close.set(close);
    this.leftOut = new Uint32Array(rows);
    this.leftOut.set(leftOut);
  }
}

/** Stored numbers of a row, or undefined where its bar has no window. */
export function findStored(rows: WindowRows, index: number): Int16Array | undefined {
  const row = index - rows.firstIndex;
  if (row < 0 || row >= rows.length || rows.head[row * HEAD_SIZE] === NO_WINDOW) return undefined;
  const stored = new Int16Array(EMBEDDING_SIZE);
  stored.set(rows.head.subarray(row * HEAD_SIZE, (row + 1) * HEAD_SIZE));
  stored.set(rows.tail.subarray(row * TAIL_SIZE, (row + 1) * TAIL_SIZE), HEAD_SIZE);
  return stored;
}
