import { BarState, type CandleColumns } from '../../domain/candle-columns.js';
import { barOpenTime, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import { SPAN_BARS } from '../definition/block-layout.js';
import type { ItemSequence } from './item-row.js';

const DAY_MS = 86_400_000;
/** The unit of the forecast is days, whatever the timeframe. */
export const ITEM_HORIZON_DAYS = 7;
const HORIZON_MS = ITEM_HORIZON_DAYS * DAY_MS;
/** An older price says little about the price at the end of the window. */
const MAX_STALE_MS = HORIZON_MS / 2;

/** Bars from one day's entry to the next; undefined where a day is not a whole number of bars. */
export function barsADay(timeframe: Timeframe): number | undefined {
  const bars = DAY_MS / timeframeMs(timeframe);
  // Finer bars would leave less than a fortnight within a row's span.
  return Number.isInteger(bars) && bars * 14 <= SPAN_BARS ? bars : undefined;
}

/** How far back a row looks: as many bars as are kept in memory for live rows. */
export function itemReachMs(timeframe: Timeframe): number {
  return SPAN_BARS * timeframeMs(timeframe);
}

/** The entries of a market that never closes: one a day, counted back from the bar at `index`. */
export function dailySequence(columns: CandleColumns, index: number): ItemSequence {
  const step = barsADay(columns.timeframe) ?? 1;
  const positions: number[] = [];
  for (let at = index - columns.firstIndex; at >= 0; at -= step) {
    if (columns.state[at] === BarState.unknown) break;
    positions.push(at);
  }
  return pick(columns, positions.reverse());
}

/** The entries of an item that is priced at irregular times: its stored bars. */
export function ownSequence(columns: CandleColumns, index: number): ItemSequence {
  const positions: number[] = [];
  for (let at = 0; at <= index - columns.firstIndex; at++) {
    if (columns.state[at] === BarState.stored) positions.push(at);
  }
  return pick(columns, positions);
}

/**
 * Log return from entry `at` to the price seven days later, which is that of the newest entry by then.
 * NaN where the seven days are not over, or where nothing was priced in their second half.
 */
export function itemForwardReturn({ openTimes, prices }: ItemSequence, at: number): number {
  const due = (openTimes[at] ?? NaN) + HORIZON_MS;
  if (!((openTimes[openTimes.length - 1] ?? -Infinity) >= due)) return NaN;
  let end = at;
  while ((openTimes[end + 1] ?? Infinity) <= due) end++;
  if (end === at || (openTimes[end] ?? NaN) < due - MAX_STALE_MS) return NaN;
  return Math.log((prices[end] ?? NaN) / (prices[at] ?? NaN));
}

function pick(columns: CandleColumns, positions: readonly number[]): ItemSequence {
  const { firstIndex, timeframe, close } = columns;
  return {
    openTimes: positions.map((at) => barOpenTime(firstIndex + at, timeframe)),
    prices: positions.map((at) => close[at] ?? NaN),
  };
}
