/**
 * Rows are computed in blocks of this many bars, numbered since the epoch, so that recursions and
 * running sums restart at places that do not depend on where stored history begins.
 */
export const BLOCK_BARS = 128;

/** How many bars before its block a span starts: the least history that a row is computed from. */
export const DEPTH_BARS = 512;

/** No feature sees further back than this: the longest span of a row. */
export const SPAN_BARS = BLOCK_BARS + DEPTH_BARS;

/** Number of the first bar of the block that a bar belongs to. */
export function blockStart(index: number): number {
  return Math.floor(index / BLOCK_BARS) * BLOCK_BARS;
}
