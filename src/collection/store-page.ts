import type { Candle } from '../domain/candle.js';
import { barOpenTime, timeframeMs } from '../domain/timeframe.js';
import type { CandlePage } from '../exchange/market-data.js';
import type { Logger } from '../lib/logger.js';
import type { KnownGap } from '../storage/stores/known-gap-store.js';
import { toRanges } from './missing-bars.js';
import { cleanPage, judgeVolume, type CleanPage } from './clean-candles.js';
import type { CollectionStores } from './collection-stores.js';
import { nameOf, type TrackedSeries } from './tracked-series.js';

/** Where the close before a page is looked for first; a longer silence costs a second query. */
const NEAR_BARS = 50;

export interface PageContext {
  readonly stores: CollectionStores;
  readonly logger: Logger;
  /** Called when stored candles changed: what was computed from that open time on is out of date. */
  readonly onRevised?: (tracked: TrackedSeries, fromOpenTime: number) => void;
}

/**
 * Stores one page: traded bars as candles, empty ones as known gaps, refused rows in quarantine.
 * Storing the same page again changes nothing.
 */
export async function storePage(
  page: CandlePage,
  tracked: TrackedSeries,
  context: PageContext,
): Promise<CleanPage> {
  const { stores } = context;
  await noteGrid(page, tracked, context);
  await noteVolume(page, tracked, context);
  const { id, timeframe, hasVolume } = tracked.series;
  const previousClose = await findCloseBefore(page.candles[0], tracked, stores);
  const clean = cleanPage(page, { timeframe, hasVolume, previousClose });
  await stores.knownGaps.add(id, toKnownGaps(clean.emptyBars, tracked, { reason: 'empty' }));
  const { inserted, revised } = await stores.candles.upsert(id, clean.candles, 'rest');
  const late = inserted - noteNewest(clean.candles, tracked);
  const isAnnounced = late > 0 && isAnnouncedIn(clean.candles, tracked);
  if (revised > 0 || isAnnounced) noteRevision({ page, revised, late }, tracked, context);
  await storeRefused(clean, tracked, context);
  return clean;
}

/** Bars as the ranges that the store of known gaps takes. */
export function toKnownGaps(
  bars: readonly number[],
  { series: { timeframe, gridOffsetMs } }: TrackedSeries,
  gap: Pick<KnownGap, 'reason' | 'notedAt'>,
): KnownGap[] {
  return toRanges(bars).map(({ first, last }) => ({
    fromOpenTime: barOpenTime(first, timeframe, gridOffsetMs),
    toOpenTime: barOpenTime(last, timeframe, gridOffsetMs),
    ...gap,
  }));
}

/** The grid is learned once, from the first rows, and holds from then on. */
async function noteGrid(
  { gridOffsetMs }: CandlePage,
  tracked: TrackedSeries,
  { stores, logger }: PageContext,
): Promise<void> {
  if (gridOffsetMs === undefined || tracked.series.gridOffsetMs !== undefined) return;
  tracked.series = { ...tracked.series, gridOffsetMs };
  await stores.series.setGridOffset(tracked.series.id, gridOffsetMs);
  if (gridOffsetMs === 0) return;
  logger.info(`${nameOf(tracked)} keeps the venue's own grid`, {
    hoursAfterTheUsualOne: gridOffsetMs / 3_600_000,
  });
}

async function noteVolume(
  { candles, hasNoVolume }: CandlePage,
  tracked: TrackedSeries,
  { stores, logger }: PageContext,
): Promise<void> {
  const hasVolume = hasNoVolume === true ? false : judgeVolume(candles);
  if (hasVolume === undefined || hasVolume === tracked.series.hasVolume) return;
  tracked.series = { ...tracked.series, hasVolume };
  await stores.series.setHasVolume(tracked.series.id, hasVolume);
  const fact = hasVolume
    ? 'reports volume after all'
    : 'reports no volume: its bars are kept whole';
  logger.info(`${nameOf(tracked)} ${fact}`);
}

/** Only asked for where it decides whether a bar is empty. */
async function findCloseBefore(
  first: Candle | undefined,
  { series }: TrackedSeries,
  { candles }: CollectionStores,
): Promise<number | undefined> {
  if (first === undefined || first.volume > 0 || !series.hasVolume) return undefined;
  const toOpenTime = first.openTime - 1;
  const nearMs = NEAR_BARS * timeframeMs(series.timeframe);
  const near = await candles.read(series.id, { fromOpenTime: toOpenTime - nearMs, toOpenTime });
  const last = near.at(-1) ?? (await candles.read(series.id, { toOpenTime })).at(-1);
  return last?.close;
}

/** Moves `newestOpenTime` on; returns how many of the candles are newer than it was. */
function noteNewest(candles: readonly Candle[], tracked: TrackedSeries): number {
  const before = tracked.newestOpenTime ?? -Infinity;
  const newest = candles.at(-1)?.openTime ?? before;
  if (newest > before) tracked.newestOpenTime = newest;
  return candles.filter(({ openTime }) => openTime > before).length;
}

/** Whether listeners may have made something of these bars already. */
function isAnnouncedIn([first]: readonly Candle[], { announcedUntil }: TrackedSeries): boolean {
  return first !== undefined && first.openTime <= (announcedUntil ?? -Infinity);
}

/** @param change.late candles of bars that the venue had left out before newer ones */
function noteRevision(
  change: { readonly page: CandlePage; readonly revised: number; readonly late: number },
  tracked: TrackedSeries,
  { logger, onRevised }: PageContext,
): void {
  const { page, revised, late } = change;
  const fromOpenTime = page.candles[0]?.openTime ?? page.fromMs;
  logger.info(`The venue changed ${revised + late} closed candles of ${nameOf(tracked)}`, {
    fromOpenTime,
    revised,
    late,
  });
  onRevised?.(tracked, fromOpenTime);
}

async function storeRefused(
  clean: CleanPage,
  tracked: TrackedSeries,
  { stores, logger }: PageContext,
): Promise<void> {
  const { id } = tracked.series;
  if (clean.candles.length > 0) tracked.refusal = undefined;
  else tracked.refusal = clean.quarantined[0]?.reason ?? tracked.refusal;
  if (clean.quarantined.length > 0) {
    await stores.candles.quarantine(id, clean.quarantined);
    logger.warn(`${clean.quarantined.length} candles of ${nameOf(tracked)} are unusable`, {
      first: clean.quarantined[0]?.reason,
    });
  }
  const isSane = tracked.hasFutureCandles && !clean.hasFuture;
  const replaced = clean.candles
    .map(({ openTime }) => openTime)
    .filter((openTime) => isSane || tracked.futureStored.has(openTime));
  if (replaced.length > 0) await stores.candles.releaseQuarantine(id, replaced);
  for (const openTime of replaced) tracked.futureStored.delete(openTime);
  tracked.hasFutureCandles = clean.hasFuture;
}
