/** Numbers of the first and the last bar, both included; see `barIndex`. */
export interface BarRange {
  readonly first: number;
  readonly last: number;
}

export function countBars(ranges: readonly BarRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Joins ascending bar numbers to ranges; numbers at most `maxDistance` apart share one. */
export function toRanges(bars: Iterable<number>, maxDistance = 1): BarRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const bar of bars) {
    const previous = ranges[ranges.length - 1];
    if (previous !== undefined && bar - previous.last <= maxDistance) previous.last = bar;
    else ranges.push({ first: bar, last: bar });
  }
  return ranges;
}

/** Ascending numbers of the bars of `within` that are neither in `present` nor in a range of `known`. */
export function findMissingBars(
  within: BarRange,
  present: ReadonlySet<number>,
  known: readonly BarRange[],
): number[] {
  const missing: number[] = [];
  let next = 0;
  for (let bar = within.first; bar <= within.last; bar++) {
    while (next < known.length && (known[next]?.last ?? Infinity) < bar) next++;
    const isKnown = (known[next]?.first ?? Infinity) <= bar;
    if (!isKnown && !present.has(bar)) missing.push(bar);
  }
  return missing;
}
