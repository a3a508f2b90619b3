import { lastClosedOpenTime } from '../domain/timeframe.js';
import type { MarketClock } from '../exchange/venue-clock.js';
import type { PageContext } from './store-page.js';
import { nameOf, type TrackedSeries } from './tracked-series.js';

/**
 * An earlier run may have gone by a clock that was ahead: it stored bars as closed that were not, and
 * noted bars as missing that had not begun. Once the venue's time is known they go to quarantine, and
 * are fetched once they have closed. Where a venue has no time call nothing is certain, and all stays.
 */
export async function quarantineFuture(
  tracked: TrackedSeries,
  clock: MarketClock,
  { stores, logger, onRevised }: PageContext,
): Promise<void> {
  if (!clock.isVenueTime) return;
  const { id, timeframe, gridOffsetMs } = tracked.series;
  const latestMs = clock.latestMarketMs();
  const last = lastClosedOpenTime(latestMs, timeframe, gridOffsetMs);
  const reason = `future: stored by an earlier run, closes after ${latestMs}`;
  const moved = await stores.candles.quarantineStored(id, last, reason);
  const forgotten = await stores.knownGaps.forgetAfter(id, last);
  if (moved.length === 0 && forgotten === 0) return;
  for (const openTime of moved) tracked.futureStored.add(openTime);
  logger.warn(`${nameOf(tracked)} had entries later than the venue's time: they are quarantined`, {
    candles: moved.length,
    gaps: forgotten,
    fromOpenTime: moved[0],
  });
  if (moved[0] !== undefined) onRevised?.(tracked, moved[0]);
}
