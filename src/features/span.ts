import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import { blockStart, DEPTH_BARS } from './definition/block-layout.js';

/** The bars that the rows of one block are computed over, by bar number. */
export interface Span {
  readonly start: number;
  /** The first row wanted. */
  readonly firstRow: number;
  /** The bar after the last row wanted. */
  readonly endRow: number;
}

/**
 * Number of the first bar of the span that a row is computed over: a fixed depth before the row's
 * block, or the first bar that the venue has. Undefined where the columns begin later than that.
 */
export function findSpanStart(series: CandleColumns, index: number): number | undefined {
  const anchor = blockStart(index) - DEPTH_BARS;
  const start = Math.max(anchor, series.firstBarIndex ?? anchor);
  return start >= series.firstIndex ? start : undefined;
}

/** Number of the first bar in [from, to) that is not there or `unknown`; `to` when all are known. */
export function firstUnknown(columns: CandleColumns, from: number, to: number): number {
  if (from < columns.firstIndex) return from;
  const end = Math.min(to, columns.firstIndex + columns.length);
  for (let index = from; index < end; index++) {
    if (columns.state[index - columns.firstIndex] === BarState.unknown) return index;
  }
  return Math.max(end, from);
}
