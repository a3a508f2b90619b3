import type { Random } from '../../lib/seeded-random.js';
import { quantile } from '../../training/evaluation/block-bootstrap.js';

export interface BootstrapInterval {
  readonly lower: number;
  readonly upper: number;
}

export interface StationaryBootstrap {
  readonly resamples: number;
  /** Mean length of the blocks, which are geometrically distributed. */
  readonly meanBlockDays: number;
}

/** A week and a half keeps the clustering of volatility; the interval hardly depends on it. */
export const DAILY_BOOTSTRAP: StationaryBootstrap = { resamples: 2000, meanBlockDays: 10 };

const TAIL = 0.025;
/** Normal quantile of the upper tail. */
const NORMAL = 1.959963984540054;

/**
 * Two-sided 95 % interval of a figure of a series, by the stationary bootstrap (Politis and Romano, 1994): blocks of
 * random length, taken from a circle, keep the dependence between neighbouring days. A short series has few blocks,
 * and percentiles alone would then be too narrow: they are widened around the estimate as Student's distribution is
 * wider than the normal one. Resamples for which the figure is not defined are left out; undefined when that are more
 * than half.
 */
export function bootstrapInterval(
  values: readonly number[],
  figureOf: (resample: readonly number[]) => number | undefined,
  random: Random,
  { resamples, meanBlockDays }: StationaryBootstrap = DAILY_BOOTSTRAP,
): BootstrapInterval | undefined {
  const blocks = values.length / meanBlockDays;
  const estimate = figureOf(values);
  if (blocks < 2 || estimate === undefined) return undefined;
  const figures: number[] = [];
  // One for all rounds: they are thousands.
  const resample = values.slice();
  for (let round = 0; round < resamples; round++) {
    draw(resample, values, { random, meanBlock: meanBlockDays });
    const figure = figureOf(resample);
    if (figure !== undefined && Number.isFinite(figure)) figures.push(figure);
  }
  if (figures.length < resamples / 2) return undefined;
  figures.sort((one, other) => one - other);
  const widening = fewBlocksFactor(blocks);
  return {
    lower: estimate - widening * (estimate - tailOf(figures, TAIL)),
    upper: estimate + widening * (tailOf(figures, 1 - TAIL) - estimate),
  };
}

/**
 * The value of place share × (count + 1), counted from 1: of so many resamples another one lies below it with just that
 * probability (Davison and Hinkley 1997, 5.2). The usual quantile leaves out a part of the tail.
 */
function tailOf(sorted: readonly number[], share: number): number {
  const { length } = sorted;
  return quantile(sorted, (share * (length + 1) - 1) / (length - 1));
}

/**
 * How much wider Student's 95 % interval of that many blocks is (Peiser's expansion, 1943), with the share of the
 * variance that a sample's own mean takes away.
 */
function fewBlocksFactor(blocks: number): number {
  const freedom = blocks - 1;
  const student = NORMAL + (NORMAL ** 3 + NORMAL) / (4 * freedom);
  return (student / NORMAL) * Math.sqrt(blocks / freedom);
}

function draw(
  resample: number[],
  values: readonly number[],
  { random, meanBlock }: { readonly random: Random; readonly meanBlock: number },
): void {
  let at = 0;
  for (let position = 0; position < values.length; position++) {
    const isNewBlock = position === 0 || random() < 1 / meanBlock;
    at = isNewBlock ? Math.floor(random() * values.length) : (at + 1) % values.length;
    resample[position] = values[at] ?? 0;
  }
}
