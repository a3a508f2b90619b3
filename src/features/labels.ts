import { BarState, type CandleColumns } from '../domain/candle-columns.js';

/** What a label says the price did over the horizon. The numbers are the classes' order in a model. */
export const Label = { sell: 0, hold: 1, buy: 2 } as const;

export type LabelValue = (typeof Label)[keyof typeof Label];

/** A window may be filled at most half by bars in which nothing traded. */
const MOST_FILLER_SHARE = 0.5;

/**
 * Forward log return ln(close[t + h] / close[t]) of each bar of the columns. Missing (NaN) where the
 * window's bars t … t + h are not all there, where one is unknown, or where more than half of the bars
 * after t are fillers.
 */
export function forwardLogReturns(series: CandleColumns, horizonBars: number): Float64Array {
  if (!Number.isInteger(horizonBars) || horizonBars < 1) {
    throw new RangeError(`Horizon of ${horizonBars} bars is not a whole number from 1 up`);
  }
  const { close, length } = series;
  const returns = new Float64Array(length).fill(NaN);
  const unknowns = countOf(series.state, BarState.unknown);
  const fillers = countOf(series.state, BarState.filler);
  for (let i = 0; i + horizonBars < length; i++) {
    const end = i + horizonBars + 1;
    const isKnown = unknowns(i, end) === 0;
    const isTraded = fillers(i + 1, end) <= MOST_FILLER_SHARE * horizonBars;
    const value = Math.log((close[i + horizonBars] ?? NaN) / (close[i] ?? NaN));
    if (isKnown && isTraded && Number.isFinite(value)) returns[i] = value;
  }
  return returns;
}

/** Returns at or under `sell` are SELL, at or above `buy` BUY, between them HOLD. */
export interface LabelThresholds {
  readonly sell: number;
  readonly buy: number;
  /** Which thresholds lay on the wrong side of 0 and were set to 0. */
  readonly adjusted: readonly ('sell' | 'buy')[];
}

/**
 * The terciles of the returns, as numbers between neighbours by linear interpolation. Hand in the
 * training split alone; missing returns are left out.
 *
 * @throws RangeError when no return is there
 */
export function tercileThresholds(returns: Float64Array): LabelThresholds {
  const sorted = returns.filter((value) => Number.isFinite(value)).sort();
  if (sorted.length === 0) throw new RangeError('There are no returns to take terciles of');
  const sell = quantile(sorted, 1 / 3);
  const buy = quantile(sorted, 2 / 3);
  const adjusted: ('sell' | 'buy')[] = [];
  if (sell >= 0) adjusted.push('sell');
  if (buy <= 0) adjusted.push('buy');
  return { sell: Math.min(sell, 0), buy: Math.max(buy, 0), adjusted };
}

/** The class of a forward return; undefined where the return is missing. A move of exactly 0 is HOLD. */
export function labelOf(
  forwardReturn: number,
  thresholds: LabelThresholds,
): LabelValue | undefined {
  if (Number.isNaN(forwardReturn)) return undefined;
  if (forwardReturn < 0 && forwardReturn <= thresholds.sell) return Label.sell;
  if (forwardReturn > 0 && forwardReturn >= thresholds.buy) return Label.buy;
  return Label.hold;
}

function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (place - below) * (high - low);
}

/** Counts bars of a state in [from, to) by prefix sums. */
function countOf(state: Uint8Array, wanted: number): (from: number, to: number) => number {
  const counts = new Uint32Array(state.length + 1);
  for (let i = 0; i < state.length; i++) {
    counts[i + 1] = (counts[i] ?? 0) + Number(state[i] === wanted);
  }
  return (from, to) => (counts[to] ?? 0) - (counts[from] ?? 0);
}
