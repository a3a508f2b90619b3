import { barIndex, barOpenTime, type Timeframe } from '../../domain/timeframe.js';
import type { BarSpan } from './market-history.js';

/** The rules need 50 bars before they say anything. */
const MIN_BARS = 50;

/** First and last moment, epoch milliseconds; undefined for all that there is. */
export interface AskedSpan {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export type ChosenSpan =
  | { readonly status: 'chosen'; readonly span: BarSpan }
  | {
      readonly status: 'refused';
      /** What was asked for that cannot be tested. */
      readonly field: 'from' | 'to' | 'symbols';
      readonly reason: string;
    };

/**
 * The bars that a run goes over, or why there is no run: for the command, which has read the candles, and for the API,
 * which answers before they are read.
 *
 * @param series first and last bar of each symbol
 */
export function chooseSpan(
  series: readonly BarSpan[],
  { fromMs, toMs }: AskedSpan,
  timeframe: Timeframe,
): ChosenSpan {
  if (series.length === 0) return refused('symbols', `there are no candles of ${timeframe}`);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    return refused('from', `${iso(fromMs)} is not before the end, ${iso(toMs)}`);
  }
  const whole = spanOfAll(series);
  const firstIndex = fromMs === undefined ? whole.firstIndex : barIndex(fromMs, timeframe);
  // The last bar is one that closes by then.
  const lastIndex = toMs === undefined ? whole.lastIndex : barIndex(toMs, timeframe) - 1;
  const span = {
    firstIndex: Math.max(firstIndex, whole.firstIndex),
    lastIndex: Math.min(lastIndex, whole.lastIndex),
  };
  const openOf = (index: number): string => iso(barOpenTime(index, timeframe));
  const has = `the candles reach from ${openOf(whole.firstIndex)} to ${openOf(whole.lastIndex + 1)}`;
  const bars = Math.max(0, span.lastIndex - span.firstIndex + 1);
  if (bars < MIN_BARS) {
    const reason = `${bars} bars of ${timeframe} lie in the span, at least ${MIN_BARS} are needed: ${has}`;
    return refused(fieldOf({ fromMs, toMs }, lastIndex < whole.firstIndex), reason);
  }
  if (series.some((one) => overlap(one, span))) return { status: 'chosen', span };
  return refused('from', `no symbol has a candle in the span, though ${has}`);
}

/** The bars from the first to the last that any has. */
export function spanOfAll(series: readonly BarSpan[]): BarSpan {
  return {
    firstIndex: Math.min(...series.map((one) => one.firstIndex)),
    lastIndex: Math.max(...series.map((one) => one.lastIndex)),
  };
}

/** Which end of a span that is too short is wrong. */
function fieldOf({ fromMs, toMs }: AskedSpan, isBefore: boolean): 'from' | 'to' | 'symbols' {
  if (toMs !== undefined && (isBefore || fromMs === undefined)) return 'to';
  return fromMs === undefined ? 'symbols' : 'from';
}

function overlap(one: BarSpan, other: BarSpan): boolean {
  return one.firstIndex <= other.lastIndex && one.lastIndex >= other.firstIndex;
}

function refused(field: 'from' | 'to' | 'symbols', reason: string): ChosenSpan {
  return { status: 'refused', field, reason };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
