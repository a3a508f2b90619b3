import {
  barIndex,
  barOpenTime,
  closeTimeOf,
  lastClosedOpenTime,
  timeframeMs,
} from '../domain/timeframe.js';
import type { CandlePage, CandleRequest } from './market-data.js';
import { siftRows } from './sift-rows.js';

/** An answer of 1,000 bars at 1m is 17 hours; ten years of them are 5,300 pages. */
const MAX_PAGES = 20_000;
/**
 * The newest bars of an answer prove nothing when absent: a venue may publish a bar late, or only
 * with its first trade.
 */
const UNPROVEN_TAIL_BARS = 2;

export type CandleRow = readonly unknown[];

export interface PagerOptions extends CandleRequest {
  /** Rows that the venue sends in one answer at most. */
  readonly pageLimit: number;
  readonly fetchRows: (sinceMs: number, limit: number) => Promise<readonly CandleRow[]>;
  /** A time that the venue has certainly reached; asked before each request. */
  readonly certainMarketMs: () => Promise<number>;
  /** A time that it has certainly not passed yet; asked after each answer. */
  readonly latestMarketMs: () => number;
}

/**
 * Walks forward from `sinceMs` to `untilMs`, one request a page. ccxt's own pagination drops rows
 * silently when a venue cuts its answers short; here every page says which stretch it speaks for.
 * An empty answer moves on by one window, because some venues answer windows and not "from there on".
 */
export async function* fetchCandlePages(options: PagerOptions): AsyncGenerator<CandlePage, void> {
  const { timeframe, untilMs, pageLimit } = options;
  let sinceMs = options.sinceMs;
  for (let page = 0; page < MAX_PAGES && sinceMs <= untilMs; page++) {
    options.signal?.throwIfAborted();
    const venueMs = await options.certainMarketMs();
    const wantedBars = barIndex(untilMs, timeframe) - barIndex(sinceMs, timeframe) + 2;
    const limit = Math.min(pageLimit, wantedBars);
    const rows = await options.fetchRows(sinceMs, limit);
    const latestMs = options.latestMarketMs();
    const sifted = siftRows(rows, { timeframe, venueMs, latestMs, fromMs: sinceMs, untilMs });
    const windowEndMs = Math.min(untilMs, sinceMs + (limit - 1) * timeframeMs(timeframe));
    const lastRowMs = lastOpenTime(rows, latestMs);
    const hasRows = lastRowMs !== undefined && lastRowMs >= sinceMs;
    const reachedMs = hasRows ? lastRowMs : windowEndMs;
    yield {
      ...sifted,
      fromMs: sinceMs,
      coveredUntilMs: Math.min(
        hasRows ? lastRowMs : Math.min(windowEndMs, provenUntil(venueMs, options)),
        lastClosedOpenTime(venueMs, timeframe),
        untilMs,
      ),
    };
    sinceMs = closeTimeOf(barOpenTime(barIndex(reachedMs, timeframe), timeframe), timeframe);
  }
}

/** The last possible open time of an answer; rows beyond the venue's own time prove nothing. */
function lastOpenTime(rows: readonly CandleRow[], latestMs: number): number | undefined {
  let last: number | undefined;
  for (const [openTime] of rows) {
    if (typeof openTime !== 'number' || !Number.isFinite(openTime) || openTime > latestMs) continue;
    if (last === undefined || openTime > last) last = openTime;
  }
  return last;
}

function provenUntil(venueMs: number, { timeframe }: CandleRequest): number {
  return barOpenTime(barIndex(venueMs, timeframe) - 1 - UNPROVEN_TAIL_BARS, timeframe);
}
