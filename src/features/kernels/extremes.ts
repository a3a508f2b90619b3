import type { Column, Kernel, One, Range, Two } from './kernel.js';

/**
 * Bars since the highest value of a window, the newest of equals as in TA-Lib's AROON. The place of the
 * best value is kept and looked for again only when it leaves the window: on prices that is rare, and
 * at worst a block costs its rows times the window.
 */
export function barsSinceHighest(windowBars: number): Kernel<One> {
  return (out, [x], range) => scan(out, { x, windowBars, direction: 1 }, range);
}

/** Bars since the lowest value of a window, the newest of equals. */
export function barsSinceLowest(windowBars: number): Kernel<One> {
  return (out, [x], range) => scan(out, { x, windowBars, direction: -1 }, range);
}

/** The value `offset` bars ago, from [values, offsets]. */
export const valueAtOffset: Kernel<Two> = (out, [x, offset], { from, end }) => {
  for (let i = from; i < end; i++) {
    const bars = offset[i] ?? NaN;
    out[i] = bars === bars ? (x[i - bars] ?? NaN) : NaN;
  }
};

interface Scan {
  readonly x: Column;
  readonly windowBars: number;
  readonly direction: 1 | -1;
}

function scan(out: Column, { x, windowBars, direction }: Scan, { from, end }: Range): void {
  let bestAt = -1;
  let best = NaN;
  for (let i = from; i < end; i++) {
    const oldest = i - windowBars + 1;
    const newest = direction * (x[i] ?? NaN);
    if (newest >= best && bestAt >= oldest) {
      bestAt = i;
      best = newest;
    } else if (bestAt < oldest || newest !== newest) {
      bestAt = oldest < 0 ? -1 : newestBest(x, { from: oldest, end: i + 1 }, direction);
      best = bestAt < 0 ? NaN : direction * (x[bestAt] ?? NaN);
    }
    out[i] = bestAt < 0 ? NaN : i - bestAt;
  }
}

/** Position of the newest of the best values, or −1 when one of them is missing. */
function newestBest(x: Column, { from, end }: Bounds, direction: 1 | -1): number {
  let bestAt = from;
  let best = -Infinity;
  for (let i = from; i < end; i++) {
    const value = direction * (x[i] ?? NaN);
    if (value !== value) return -1;
    if (value >= best) {
      best = value;
      bestAt = i;
    }
  }
  return bestAt;
}

type Bounds = Pick<Range, 'from' | 'end'>;
