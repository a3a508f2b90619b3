import type { Candle } from '../domain/candle.js';
import { barIndex, barOpenTime } from '../domain/timeframe.js';
import type { MarketData } from '../exchange/market-data.js';
import type { MarketClock } from '../exchange/venue-clock.js';
import { countBars, toRanges, type BarRange, findMissing } from './missing-bars.js';
import { storePage, toKnownGaps, type PageContext } from './store-page.js';
import type { TrackedSeries } from './tracked-series.js';

/** Holes closer together than this are fetched by one request: it costs less than two. */
const MERGE_BARS = 200;

export interface FillContext extends PageContext {
  readonly marketData: Pick<MarketData, 'fetchCandles'>;
  readonly clock: Pick<MarketClock, 'marketMs'>;
  readonly signal: AbortSignal;
  /** Waited for between two pages: the safe point at which collection may be held. */
  readonly safePoint: () => Promise<void>;
  /** Runs one write after the other, so that many answers at once do not hold the event loop. */
  readonly inTurn: <T>(write: () => Promise<T>) => Promise<T>;
}

export interface FillOptions {
  readonly within: BarRange;
  /** Called with the number of bars to ask for, and then after each page with the number it settled. */
  readonly onWanted?: (bars: number) => void;
  readonly onDone?: (bars: number) => void;
  /**
   * Bars before the first stored candle are no gaps: the series may not have begun. With `true`
   * they are, because an earlier candle or the first bar is known.
   */
  readonly isFirstBarKnown: boolean;
}

export interface FillResult {
  /** Last bar that is stored or known not to exist. */
  readonly settledUntil: number;
}

/**
 * Fetches every bar of the stretch that is neither stored nor a known gap. What the venue leaves out
 * is asked for a second time; what is missing again becomes a known gap, which `recheckGaps` asks for
 * again later.
 */
export async function fillRange(
  tracked: TrackedSeries,
  options: FillOptions,
  context: FillContext,
): Promise<FillResult> {
  const missing = await findMissing(tracked.series, options.within, context.stores);
  const ranges = toRanges(missing, MERGE_BARS);
  options.onWanted?.(countBars(ranges));
  const first = await fetchRanges(tracked, ranges, {
    ...context,
    onPage: ({ bars }) => options.onDone?.(bars),
  });
  const wanted = new Set(missing);
  const absent = first.absent.filter((bar) => wanted.has(bar));
  const suspects = options.isFirstBarKnown ? absent : await sinceFirstBar(tracked, absent, context);
  if (suspects.length > 0) await confirmGaps(tracked, suspects, context);
  const isTailOpen = (ranges.at(-1)?.last ?? -Infinity) > (first.coveredUntil ?? Infinity);
  return { settledUntil: isTailOpen ? (first.coveredUntil ?? 0) : options.within.last };
}

export interface FetchedBars {
  /** Bars that the venue left out of answers that speak for them, ascending. */
  readonly absent: readonly number[];
  /** Last bar that the last answer spoke for; undefined when nothing was asked. */
  readonly coveredUntil: number | undefined;
}

/** Fetches and stores the ranges, including bars that are stored already. */
export async function fetchRanges(
  tracked: TrackedSeries,
  ranges: readonly BarRange[],
  context: FillContext & { readonly onPage?: (page: StoredPage) => void },
): Promise<FetchedBars> {
  const { symbol, timeframe, gridOffsetMs } = tracked.series;
  const absent: number[] = [];
  let coveredUntil: number | undefined;
  for (const { first, last } of ranges) {
    const pages = context.marketData.fetchCandles({
      symbol,
      timeframe,
      sinceMs: barOpenTime(first, timeframe, gridOffsetMs),
      untilMs: barOpenTime(last, timeframe, gridOffsetMs),
      gridOffsetMs,
      signal: context.signal,
    });
    for await (const page of pages) {
      tracked.keepsOnlyBars = page.keepsOnlyBars ?? tracked.keepsOnlyBars;
      const clean = await context.inTurn(() => storePage(page, tracked, context));
      for (const bar of clean.absentBars) absent.push(bar);
      coveredUntil = barIndex(page.coveredUntilMs, timeframe);
      const bars = coveredUntil - barIndex(page.fromMs, timeframe) + 1;
      context.onPage?.({ bars, candles: clean.candles });
      await context.safePoint();
    }
  }
  return { absent, coveredUntil };
}

export interface StoredPage {
  /** Bars that the page spoke for. */
  readonly bars: number;
  /** Candles of the page that are stored now. */
  readonly candles: readonly Candle[];
}

async function sinceFirstBar(
  { series }: TrackedSeries,
  bars: readonly number[],
  { stores }: PageContext,
): Promise<number[]> {
  if (bars.length === 0) return [];
  const range = await stores.candles.range(series.id);
  if (range === undefined) return [];
  const firstBar = barIndex(range.first, series.timeframe);
  return bars.filter((bar) => bar > firstBar);
}

/** Asks again for bars that the venue left out; those it leaves out again become known gaps. */
export async function confirmGaps(
  tracked: TrackedSeries,
  suspects: readonly number[],
  context: FillContext & { readonly onPage?: (page: StoredPage) => void },
): Promise<void> {
  const suspected = new Set(suspects);
  const again = await fetchRanges(tracked, toRanges(suspects, MERGE_BARS), context);
  const confirmed = again.absent.filter((bar) => suspected.has(bar));
  if (confirmed.length === 0) return;
  const notedAt = context.clock.marketMs();
  const gaps = toKnownGaps(confirmed, tracked, { reason: 'missing', notedAt });
  await context.stores.knownGaps.add(tracked.series.id, gaps);
  context.logger.debug(`The venue has no candles for ${confirmed.length} bars`, {
    symbol: tracked.series.symbol,
    timeframe: tracked.series.timeframe,
  });
}
