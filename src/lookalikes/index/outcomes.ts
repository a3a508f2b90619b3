import { NO_WINDOW, type WindowRows } from './window-rows.js';
import { HEAD_SIZE } from '../transform/embed-windows.js';

/** Bars after a window at which is looked what followed. */
export const OUTCOME_BARS = [1, 4, 12, 24] as const;
export const LONGEST_OUTCOME_BARS = 24;

/** Of a normal distribution, for 95 %. */
const Z = 1.959963984540054;
/** Windows that the base rate is taken from, evenly over all. */
const BASE_WINDOWS = 4_000;

/** How log returns are distributed; NaN throughout where there are none. */
export interface Distribution {
  readonly windows: number;
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly shareUp: number;
}

/** What followed the look-alikes that many bars later, beside what followed any window. */
export interface Followed {
  readonly bars: number;
  readonly lookalikes: Distribution;
  /** 95 % interval of their share that went up (Wilson's). */
  readonly shareUpInterval: readonly [number, number];
  readonly baseRate: Distribution;
  /** Whether the base rate's share lies outside of that interval. */
  readonly isDifferenceShown: boolean;
}

/** Log return from the close of a bar to the close that many bars later; NaN where one is not known. */
export function forwardReturn(rows: WindowRows, index: number, bars: number): number {
  const row = index - rows.firstIndex;
  return Math.log((rows.close[row + bars] ?? NaN) / (rows.close[row] ?? NaN));
}

export function compareOutcomes(
  returns: readonly (readonly number[])[],
  all: readonly WindowRows[],
  lastIndex: number,
): Followed[] {
  const base = baseReturns(all, lastIndex);
  return OUTCOME_BARS.map((bars, at) => {
    const lookalikes = describe(returns.map((one) => one[at] ?? NaN));
    const baseRate = describe(base[at] ?? []);
    const shareUpInterval = wilson(lookalikes.shareUp, lookalikes.windows);
    const [low, high] = shareUpInterval;
    const isDifferenceShown = baseRate.shareUp < low || baseRate.shareUp > high;
    return { bars, lookalikes, shareUpInterval, baseRate, isDifferenceShown };
  });
}

/** How many windows may be found, and how many bars have none. */
export function countWindows(
  all: readonly WindowRows[],
  lastIndex: number,
): { readonly windows: number; readonly leftOut: number } {
  let [rows, leftOut] = [0, 0];
  for (const one of all) {
    const end = Math.max(0, Math.min(one.length, lastIndex - one.firstIndex + 1));
    rows += end;
    leftOut += one.leftOut[end - 1] ?? 0;
  }
  return { windows: rows - leftOut, leftOut };
}

/** Forward returns of windows taken evenly from all that may be found, by horizon. */
function baseReturns(all: readonly WindowRows[], lastIndex: number): number[][] {
  const ends = all.map(({ firstIndex, length }) =>
    Math.max(0, Math.min(length, lastIndex - firstIndex + 1)),
  );
  const step = Math.max(1, ends.reduce((sum, end) => sum + end, 0) / BASE_WINDOWS);
  const returns: number[][] = OUTCOME_BARS.map(() => []);
  for (const [at, rows] of all.entries()) {
    for (let row = 0; row < (ends[at] ?? 0); row += step) {
      const whole = Math.floor(row);
      if (rows.head[whole * HEAD_SIZE] === NO_WINDOW) continue;
      for (const [horizon, bars] of OUTCOME_BARS.entries()) {
        returns[horizon]?.push(forwardReturn(rows, rows.firstIndex + whole, bars));
      }
    }
  }
  return returns;
}

function describe(returns: readonly number[]): Distribution {
  const known = Float64Array.from(returns.filter((value) => Number.isFinite(value))).sort();
  const at = (share: number): number => {
    const place = share * (known.length - 1);
    const [below, above] = [known[Math.floor(place)] ?? NaN, known[Math.ceil(place)] ?? NaN];
    return below + (place - Math.floor(place)) * (above - below);
  };
  const up = known.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
  return {
    windows: known.length,
    median: at(0.5),
    lowerQuartile: at(0.25),
    upperQuartile: at(0.75),
    shareUp: up / known.length,
  };
}

/** Wilson's interval of a share (E. B. Wilson 1927); from 0 to 1 where nothing is known. */
export function wilson(share: number, count: number): readonly [number, number] {
  if (count === 0) return [0, 1];
  const square = (Z * Z) / count;
  const middle = (share + square / 2) / (1 + square);
  const half = (Z / (1 + square)) * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  return [middle - half, middle + half];
}
