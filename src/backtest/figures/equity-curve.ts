import { DAY_MS } from './calendar.js';

/** Value of the books over time, in quote currency, ascending by time. */
export interface EquityCurve {
  /** Closes of bars, epoch milliseconds. The close of a day's last bar is the first instant of the next day. */
  readonly at: readonly number[];
  readonly equity: readonly number[];
}

/** Value at the end of each UTC day of the span; a day without a point keeps the value before it. */
export interface DailyEquity {
  /** Start of each day, epoch milliseconds. */
  readonly day: readonly number[];
  readonly equity: readonly number[];
  /** Simple return of each day; the first is against the equity at the start. */
  readonly returns: readonly number[];
}

export interface Drawdown {
  /** Largest fall from a peak as a fraction of the peak: 0.2 is 20 %. */
  readonly depth: number;
  readonly peakAt: number;
  readonly troughAt: number;
  /** When the peak was reached again; undefined when it was not. */
  readonly recoveredAt: number | undefined;
}

export function toDaily(curve: EquityCurve, startEquity: number): DailyEquity {
  const day: number[] = [];
  const equity: number[] = [];
  const first = curve.at[0];
  const last = curve.at.at(-1);
  if (first === undefined || last === undefined) return { day, equity, returns: [] };
  let value = startEquity;
  let next = 0;
  for (let start = startOfDay(first - 1); start < last; start += DAY_MS) {
    for (; next < curve.at.length && (curve.at[next] ?? 0) <= start + DAY_MS; next++) {
      value = curve.equity[next] ?? value;
    }
    day.push(start);
    equity.push(value);
  }
  return { day, equity, returns: returnsOf(equity, startEquity) };
}

/** Time that the curve covers, in days, from the open of its first bar on. */
export function daysOf({ at }: EquityCurve): number {
  const [first = 0, second = first] = at;
  return ((at.at(-1) ?? 0) - first + (second - first)) / DAY_MS;
}

/** The deepest fall of the curve. Depth 0 where it never fell. */
export function largestDrawdown({ at, equity }: EquityCurve): Drawdown {
  const start = at[0] ?? 0;
  let worst: Drawdown = { depth: 0, peakAt: start, troughAt: start, recoveredAt: start };
  let [peak, peakAt, worstPeak] = [-Infinity, start, -Infinity];
  for (const [index, value] of equity.entries()) {
    const now = at[index] ?? start;
    if (worst.recoveredAt === undefined && value >= worstPeak)
      worst = { ...worst, recoveredAt: now };
    if (value >= peak) {
      [peak, peakAt] = [value, now];
      continue;
    }
    const depth = (peak - value) / peak;
    if (depth <= worst.depth) continue;
    worst = { depth, peakAt, troughAt: now, recoveredAt: undefined };
    worstPeak = peak;
  }
  return worst;
}

/** Fall from the highest value so far, as a fraction, at each point: 0 at a peak. */
export function drawdownSeries(equity: readonly number[]): number[] {
  let peak = -Infinity;
  return equity.map((value) => {
    peak = Math.max(peak, value);
    return (peak - value) / peak;
  });
}

function returnsOf(equity: readonly number[], startEquity: number): number[] {
  return equity.map((value, index) => value / (equity[index - 1] ?? startEquity) - 1);
}

function startOfDay(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}
