import type { Random } from '../../lib/seeded-random.js';
import { quantile } from '../evaluation/block-bootstrap.js';

/** What one day of one instrument says about two variants. */
export interface DayDifference {
  /** Days since 1970. */
  readonly day: number;
  /** Sum over the rows of the day: what the variant gains over the control. */
  readonly sum: number;
  /** Rows that count. */
  readonly weight: number;
}

/** The mean difference a row, with a 95 % interval. */
export interface PairedDifference {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  /** Two-sided, of no difference; not adjusted for other comparisons. */
  readonly pValue: number;
  readonly instruments: number;
  readonly days: number;
}

/** p-values are not smaller than 1 / 1000 by these, which leaves room for the adjustment of 14 comparisons. */
export const RESAMPLES = 2000;
const TAIL = 0.025;

/**
 * Mean of paired differences, resampled over instruments and days alike: instruments with replacement, days by
 * circular blocks that are the same for all instruments, because markets move together (pigeonhole bootstrap: Owen,
 * 2007; circular blocks: Politis & Romano, 1992). Resampling both makes the interval rather too wide than too narrow.
 * With one instrument only the days are resampled. Deviations are expanded as few blocks ask for.
 *
 * @param instruments for each the days in any order, each day once
 * @returns NaN everywhere, and a p-value of 1, where no row counts
 */
export function compareByDays(
  instruments: readonly (readonly DayDifference[])[],
  random: Random,
  resamples = RESAMPLES,
): PairedDifference {
  const days = [...new Set(instruments.flatMap((one) => one.map(({ day }) => day)))];
  days.sort((one, other) => one - other);
  const found = { instruments: instruments.length, days: days.length };
  const blockDays = Math.max(1, Math.round(Math.cbrt(days.length)));
  const sums = instruments.map((one) => toPrefixSums(one, days, blockDays));
  const estimate = ratioOf(sums, (one) => ({
    sum: one.sums[days.length] ?? 0,
    weight: one.weights[days.length] ?? 0,
  }));
  if (!Number.isFinite(estimate)) {
    return { estimate: NaN, lower: NaN, upper: NaN, pValue: 1, ...found };
  }
  const means: number[] = [];
  const spread = expansionOf(days.length / blockDays);
  for (let resample = 0; resample < resamples; resample++) {
    const drawn = sums.map(() => sums[Math.floor(random() * sums.length)] ?? EMPTY);
    const starts = drawStarts(days.length, blockDays, random);
    const mean = ratioOf(drawn, (one) => sumOfBlocks(one, starts));
    if (Number.isFinite(mean)) means.push(estimate + spread * (mean - estimate));
  }
  means.sort((one, other) => one - other);
  return {
    estimate,
    lower: quantile(means, TAIL),
    upper: quantile(means, 1 - TAIL),
    pValue: pValueOf(means),
    ...found,
  };
}

/**
 * By how much the percentile interval of a mean of few blocks is too narrow: √(n / (n − 1)), and the quantile of
 * Student's t over the normal one (Hesterberg, "What Teachers Should Know About the Bootstrap", 2015), the latter by
 * its expansion in 1 / (n − 1) (Abramowitz & Stegun, 26.7.5).
 */
function expansionOf(blocks: number): number {
  const freedom = Math.max(1, blocks - 1);
  const z = 1.959964;
  const t =
    z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
  return Math.sqrt((freedom + 1) / freedom) * (t / z);
}

/** Sums over the first days, the first ones once more at the end, so that blocks may run over it. */
interface PrefixSums {
  readonly sums: Float64Array;
  readonly weights: Float64Array;
}

const EMPTY: PrefixSums = { sums: new Float64Array(1), weights: new Float64Array(1) };

function toPrefixSums(
  differences: readonly DayDifference[],
  days: readonly number[],
  overlap: number,
): PrefixSums {
  const byDay = new Map(differences.map((one) => [one.day, one]));
  const length = days.length + overlap + 1;
  const sums = new Float64Array(length);
  const weights = new Float64Array(length);
  for (let at = 0; at < length - 1; at++) {
    const one = byDay.get(days[at % days.length] ?? NaN);
    sums[at + 1] = (sums[at] ?? 0) + (one?.sum ?? 0);
    weights[at + 1] = (weights[at] ?? 0) + (one?.weight ?? 0);
  }
  return { sums, weights };
}

interface Block {
  readonly start: number;
  readonly end: number;
}

function drawStarts(days: number, blockDays: number, random: Random): readonly Block[] {
  const blocks: Block[] = [];
  for (let filled = 0; filled < days; filled += blockDays) {
    const start = Math.floor(random() * days);
    blocks.push({ start, end: start + Math.min(blockDays, days - filled) });
  }
  return blocks;
}

interface Weighted {
  readonly sum: number;
  readonly weight: number;
}

function sumOfBlocks({ sums, weights }: PrefixSums, blocks: readonly Block[]): Weighted {
  let sum = 0;
  let weight = 0;
  for (const { start, end } of blocks) {
    sum += (sums[end] ?? 0) - (sums[start] ?? 0);
    weight += (weights[end] ?? 0) - (weights[start] ?? 0);
  }
  return { sum, weight };
}

function ratioOf(drawn: readonly PrefixSums[], sumUp: (one: PrefixSums) => Weighted): number {
  let sum = 0;
  let weight = 0;
  for (const one of drawn) {
    const part = sumUp(one);
    sum += part.sum;
    weight += part.weight;
  }
  return sum / weight;
}

/** Twice the share of means on the rarer side of 0; counting one more on each side, it is never 0. */
function pValueOf(means: readonly number[]): number {
  const below = means.filter((mean) => mean <= 0).length;
  const above = means.filter((mean) => mean >= 0).length;
  return Math.min(1, (2 * (Math.min(below, above) + 1)) / (means.length + 1));
}
