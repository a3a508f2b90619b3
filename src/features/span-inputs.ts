import type { CandleColumns } from '../domain/candle-columns.js';
import { barOpenTime, timeframeMs } from '../domain/timeframe.js';
import type { LeafName } from './definition/expression.js';
import type { BlockInputs } from './feature-plan.js';
import {
  HIGHER_TIMEFRAMES,
  resample,
  type BasePrices,
  type Resampled,
} from './higher-timeframes.js';
import { SUM_BLOCK_BARS, type Column } from './kernels/kernel.js';
import { firstUnknown, type Span } from './span.js';

export interface Sources {
  readonly series: CandleColumns;
  readonly reference: CandleColumns | undefined;
}

export interface SpanInputs extends BlockInputs {
  /** Bars [from, end) whose reference is there. */
  readonly referenceBars: { readonly from: number; readonly end: number };
}

/**
 * Lays out the input columns of one span. Prices are divided by the span's first close: features do
 * not depend on the scale of prices, and sums over prices keep their digits.
 */
export function layOutSpan(sources: Sources, span: Span): SpanInputs {
  const { series, reference } = sources;
  const length = span.endRow - span.start;
  const prices = normalise(series, span.start, length);
  const near = resampleTo('nearBars', prices, { series, span });
  const far = resampleTo('farBars', prices, { series, span });
  const context = layOutReference(sources, span);
  const columns: ReadonlyMap<LeafName, Column> = new Map<LeafName, Column>([
    ['base.open', prices.open],
    ['base.high', prices.high],
    ['base.low', prices.low],
    ['base.close', prices.close],
    ['base.volume', prices.volume],
    ...leavesOf('near', near),
    ...leavesOf('far', far),
    ['reference.close', context.close],
    ['other.close', reference?.close === series.close ? missing(length) : context.close],
    ['openTime', openTimes(series, span)],
  ]);
  return {
    rows: {
      from: span.firstRow - span.start,
      end: length,
      phase: -span.start & (SUM_BLOCK_BARS - 1),
    },
    nearLength: near.length,
    farLength: far.length,
    referenceBars: context,
    fill: (leaf, out) => out.set(columns.get(leaf) ?? missing(length)),
  };
}

function normalise(series: CandleColumns, start: number, length: number): BasePrices {
  const from = start - series.firstIndex;
  const unit = series.close[from] ?? NaN;
  const scaled = (column: Column): Column => {
    const out = new Float64Array(length);
    for (let i = 0; i < length; i++) out[i] = (column[from + i] ?? NaN) / unit;
    return out;
  };
  return {
    open: scaled(series.open),
    high: scaled(series.high),
    low: scaled(series.low),
    close: scaled(series.close),
    volume: volumeFrom(series.volume.subarray(from, from + length)),
  };
}

/** Volume counts as missing until the first trade: a series without any volume never has one. */
function volumeFrom(volume: Column): Column {
  const out = volume.slice();
  for (let i = 0; i < out.length && out[i] === 0; i++) out[i] = NaN;
  return out;
}

interface Place {
  readonly series: CandleColumns;
  readonly span: Span;
}

function resampleTo(
  which: 'nearBars' | 'farBars',
  prices: BasePrices,
  { series, span }: Place,
): Resampled {
  return resample(prices, {
    timeframe: series.timeframe,
    firstIndex: span.start,
    length: span.endRow - span.start,
    groupBars: HIGHER_TIMEFRAMES[series.timeframe][which],
  });
}

function leavesOf(grid: 'near' | 'far', bars: Resampled): readonly [LeafName, Column][] {
  return [
    [`${grid}.open`, bars.open],
    [`${grid}.high`, bars.high],
    [`${grid}.low`, bars.low],
    [`${grid}.close`, bars.close],
    [`${grid}.volume`, bars.volume],
    [`${grid}.closed`, bars.closed],
  ];
}

/**
 * The reference's closes at the same bars. Before its first bar they are missing and features over later
 * bars fill as their windows do; from its first unknown bar on everything is missing.
 */
function layOutReference(
  { series, reference }: Sources,
  span: Span,
): { readonly close: Column; readonly from: number; readonly end: number } {
  const close = missing(span.endRow - span.start);
  if (reference === undefined) return { close, from: span.start, end: span.endRow };
  if (reference.timeframe !== series.timeframe) {
    throw new RangeError(`Reference has ${reference.timeframe} bars, not ${series.timeframe}`);
  }
  const from = Math.max(span.start, reference.firstBarIndex ?? span.start);
  const end = firstUnknown(reference, from, span.endRow);
  const unit = reference.close[from - reference.firstIndex] ?? NaN;
  for (let index = from; index < end; index++) {
    close[index - span.start] = (reference.close[index - reference.firstIndex] ?? NaN) / unit;
  }
  return { close, from, end };
}

function openTimes(series: CandleColumns, span: Span): Column {
  const times = missing(span.endRow - span.start);
  const barMs = timeframeMs(series.timeframe);
  const first = barOpenTime(span.start, series.timeframe);
  for (let i = 0; i < times.length; i++) times[i] = first + i * barMs;
  return times;
}

function missing(length: number): Column {
  return new Float64Array(length).fill(NaN);
}
