import {
  barIndex,
  closeTimeOf,
  floorToBar,
  lastClosedOpenTime,
  timeframeMs,
} from '../domain/timeframe.js';
import type { CandlePage, CandleRequest } from './market-data.js';
import { hasNoVolume, siftRows } from './sift-rows.js';
import { learnGridOffset, snapToGrid } from './venue-grid.js';

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
  let learnedMs = options.gridOffsetMs;
  for (let page = 0; page < MAX_PAGES && sinceMs <= untilMs; page++) {
    options.signal?.throwIfAborted();
    const venueMs = await options.certainMarketMs();
    const wantedBars = barIndex(untilMs, timeframe) - barIndex(sinceMs, timeframe) + 2;
    const limit = Math.min(pageLimit, wantedBars);
    const rows = await options.fetchRows(sinceMs, limit);
    const latestMs = options.latestMarketMs();
    learnedMs ??= learnGridOffset(openTimesOf(rows, latestMs), timeframe);
    const offsetMs = learnedMs ?? 0;
    const bounds = {
      fromMs: sinceMs,
      untilMs: Math.max(untilMs, floorToBar(untilMs, timeframe, offsetMs)),
    };
    const sifted = siftRows(rows, { timeframe, offsetMs, venueMs, latestMs, ...bounds });
    const newestMs = lastClosedOpenTime(venueMs, timeframe, offsetMs);
    const windowEndMs = Math.min(untilMs, sinceMs + (limit - 1) * timeframeMs(timeframe));
    const lastRowMs = lastOpenTime(rows, latestMs, (time) => snapToGrid(time, timeframe, offsetMs));
    const hasRows = lastRowMs !== undefined && lastRowMs >= sinceMs;
    const reachedMs = hasRows ? lastRowMs : windowEndMs;
    yield {
      ...sifted,
      fromMs: sinceMs,
      coveredUntilMs: Math.min(
        hasRows ? lastRowMs : Math.min(windowEndMs, provenUntil(newestMs, options)),
        newestMs,
        bounds.untilMs,
      ),
      gridOffsetMs: learnedMs,
      hasNoVolume: rows.length > 0 && rows.every(hasNoVolume),
      keepsOnlyBars:
        hasRows && lastRowMs >= newestMs ? keptBars(rows, sinceMs, timeframe) : undefined,
    };
    sinceMs = closeTimeOf(floorToBar(reachedMs, timeframe, offsetMs), timeframe);
  }
}

/** The last possible open time of an answer; rows beyond the venue's own time prove nothing. */
function lastOpenTime(
  rows: readonly CandleRow[],
  latestMs: number,
  snap: (openTime: number) => number,
): number | undefined {
  let last: number | undefined;
  for (const openTime of openTimesOf(rows, latestMs)) {
    const snapped = snap(openTime);
    if (last === undefined || snapped > last) last = snapped;
  }
  return last;
}

function openTimesOf(rows: readonly CandleRow[], latestMs: number): number[] {
  return rows
    .map(([openTime]) => openTime)
    .filter((openTime) => typeof openTime === 'number')
    .filter((openTime) => Number.isFinite(openTime) && openTime <= latestMs);
}

/** An answer of a few rows is that of a young market, not of a venue that forgets. */
const MIN_KEPT_BARS = 100;

function keptBars(
  rows: readonly CandleRow[],
  sinceMs: number,
  timeframe: CandleRequest['timeframe'],
): number | undefined {
  const firstMs = Number(rows[0]?.[0]);
  const isCut = firstMs > sinceMs + timeframeMs(timeframe) && rows.length >= MIN_KEPT_BARS;
  return isCut ? rows.length : undefined;
}

function provenUntil(newestMs: number, { timeframe }: CandleRequest): number {
  return newestMs - UNPROVEN_TAIL_BARS * timeframeMs(timeframe);
}
