import type { CandleColumns } from '../domain/candle-columns.js';

/** Columns that share one buffer, which can be handed over to a worker. */
export interface CompactColumns {
  readonly columns: CandleColumns;
  readonly buffer: ArrayBuffer;
}

/**
 * Copies the bars [fromIndex, toIndex), as far as they are there, into one buffer of their own: small
 * to send to a worker, and free to be handed over.
 */
export function compactColumns(
  columns: CandleColumns,
  fromIndex: number,
  toIndex: number,
): CompactColumns {
  const from = Math.min(Math.max(fromIndex - columns.firstIndex, 0), columns.length);
  const to = Math.min(Math.max(toIndex - columns.firstIndex, from), columns.length);
  const length = to - from;
  const buffer = new ArrayBuffer(length * 5 * Float64Array.BYTES_PER_ELEMENT + length);
  const copy = (source: Float64Array, place: number): Float64Array => {
    const offset = place * length * Float64Array.BYTES_PER_ELEMENT;
    const target = new Float64Array(buffer, offset, length);
    target.set(source.subarray(from, to));
    return target;
  };
  const state = new Uint8Array(buffer, length * 5 * Float64Array.BYTES_PER_ELEMENT, length);
  state.set(columns.state.subarray(from, to));
  const copied: CandleColumns = {
    timeframe: columns.timeframe,
    firstIndex: columns.firstIndex + from,
    length,
    open: copy(columns.open, 0),
    high: copy(columns.high, 1),
    low: copy(columns.low, 2),
    close: copy(columns.close, 3),
    volume: copy(columns.volume, 4),
    state,
    firstBarIndex: columns.firstBarIndex,
  };
  return { columns: copied, buffer };
}
