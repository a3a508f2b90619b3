import { SPAN_BARS } from './block-layout.js';
import type { Column, Kernel } from '../kernels/kernel.js';

/** Bars of the series itself, or of one of the two higher timeframes resampled from it. */
export type Grid = 'base' | 'near' | 'far';

/**
 * A column described but not yet computed: the formula of a feature, or of something that features
 * share. Two expressions with the same formula are the same column and are computed once.
 */
export interface Expression {
  readonly formula: string;
  readonly grid: Grid;
  /** The input that a leaf stands for; undefined for what is derived. */
  readonly leaf: LeafName | undefined;
  readonly inputs: readonly Expression[];
  /** How many positions before its own the kernel reads; Infinity for what starts with the span. */
  readonly lookbackBars: number;
  readonly kernel: Kernel<readonly Column[]> | undefined;
  /** Whether the kernel must begin where running sums restart. */
  readonly startsAtBlock: boolean;
  /** How many bars, counted back from its own and including it, can change the value. */
  readonly reachBars: number;
}

type PriceName = 'open' | 'high' | 'low' | 'close' | 'volume';

export type LeafName =
  | `${Grid}.${PriceName}`
  | 'near.closed'
  | 'far.closed'
  | 'reference.close'
  | 'other.close'
  | 'openTime';

export interface Derivation<Inputs extends readonly Expression[]> {
  readonly formula: string;
  readonly inputs: readonly [...Inputs];
  readonly lookbackBars: number;
  readonly kernel: Kernel<{ readonly [K in keyof Inputs]: Column }>;
  readonly startsAtBlock?: boolean;
  /** Defaults to the furthest input's reach plus the lookback. */
  readonly reachBars?: number;
  /** Defaults to the grid of the inputs, which must agree. */
  readonly grid?: Grid;
}

export function leaf(name: LeafName, formula: string, grid: Grid): Expression {
  return {
    formula,
    grid,
    leaf: name,
    inputs: [],
    lookbackBars: 0,
    kernel: undefined,
    startsAtBlock: false,
    reachBars: grid === 'base' ? 1 : SPAN_BARS,
  };
}

export function derive<const Inputs extends readonly Expression[]>(
  derivation: Derivation<Inputs>,
): Expression {
  const { formula, inputs, lookbackBars } = derivation;
  const grid = derivation.grid ?? commonGrid(formula, inputs);
  const inputReach = Math.max(...inputs.map((input) => input.reachBars));
  const reachBars = derivation.reachBars ?? inputReach + lookbackBars;
  return {
    formula,
    grid,
    leaf: undefined,
    inputs,
    lookbackBars,
    // The plan binds exactly one column to each input, so the kernel meets the tuple it was typed for.
    kernel: derivation.kernel as unknown as Kernel<readonly Column[]>,
    startsAtBlock: derivation.startsAtBlock ?? false,
    reachBars: Math.min(reachBars, SPAN_BARS),
  };
}

function commonGrid(formula: string, inputs: readonly Expression[]): Grid {
  const grids = new Set(inputs.map((input) => input.grid));
  const [grid] = grids;
  if (grid === undefined || grids.size > 1) {
    throw new Error(`Broken invariant: ${formula} mixes bars of different timeframes`);
  }
  return grid;
}
