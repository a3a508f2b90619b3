import { BarState, type CandleColumns } from '../../domain/candle-columns.js';
import { barOpenTime, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import { SPAN_BARS } from '../block-layout.js';
import type { ItemSequence } from './item-row.js';

const DAY_MS = 86_400_000;

/** Bars from one day's entry to the next; undefined where days are no whole number of bars. */
export function barsADay(timeframe: Timeframe): number | undefined {
  const bars = DAY_MS / timeframeMs(timeframe);
  // Finer bars would leave less than a fortnight within a row's span.
  return Number.isInteger(bars) && bars * 14 <= SPAN_BARS ? bars : undefined;
}

/** How far back a row looks: as far as live rows have bars. */
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

/** The entries of an item that is priced now and then: just those that there are. */
export function ownSequence(columns: CandleColumns, index: number): ItemSequence {
  const positions: number[] = [];
  for (let at = 0; at <= index - columns.firstIndex; at++) {
    if (columns.state[at] === BarState.stored) positions.push(at);
  }
  return pick(columns, positions);
}

function pick(columns: CandleColumns, positions: readonly number[]): ItemSequence {
  const { firstIndex, timeframe, close } = columns;
  return {
    openTimes: positions.map((at) => barOpenTime(firstIndex + at, timeframe)),
    prices: positions.map((at) => close[at] ?? NaN),
  };
}
