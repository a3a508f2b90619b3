/** Values by position in a span of bars; NaN means missing. */
export type Column = Float64Array;

/** The positions that a kernel writes: from `from` up to, not including, `end`. */
export interface Range {
  readonly from: number;
  readonly end: number;
  /** A position at which bar numbers divide by `SUM_BLOCK_BARS`: running sums restart there. */
  readonly phase: number;
}

/** Length of the stretches over which running sums grow before they restart. */
export const SUM_BLOCK_BARS = 64;

/**
 * Computes `out[from … end)` from its inputs. A kernel reads nothing behind the position it writes, so
 * a later bar can never change an earlier value, and a value never depends on which other positions
 * are computed with it: recursions start at position 0, running sums at multiples of a block.
 */
export type Kernel<Inputs extends readonly Column[]> = (
  out: Column,
  inputs: Inputs,
  range: Range,
) => void;

export type One = readonly [Column];
export type Two = readonly [Column, Column];
export type Three = readonly [Column, Column, Column];
export type Four = readonly [Column, Column, Column, Column];

/** Runs a kernel over whole columns and returns what it wrote. */
export function applyKernel<Inputs extends readonly Column[]>(
  kernel: Kernel<Inputs>,
  inputs: Inputs,
): Column {
  const length = inputs[0]?.length ?? 0;
  const out = new Float64Array(length).fill(NaN);
  kernel(out, inputs, { from: 0, end: length, phase: 0 });
  return out;
}
