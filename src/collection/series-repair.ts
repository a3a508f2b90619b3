import { barIndex, barOpenTime } from '../domain/timeframe.js';
import { recheckGaps } from './gap-recheck.js';
import { fillRange, type FillContext } from './gap-repair.js';
import { countBars, wantedBars, type BarRange } from './missing-bars.js';
import type { BackfillOptions } from './backfill.js';
import { nameOf, type SeriesRepair, type TrackedSeries } from './tracked-series.js';

/**
 * Asks for every bar of the depth wanted that is not stored, known gaps included, whenever they were asked
 * for last. Rejects with the errors of the market data.
 */
export async function repairSeries(
  tracked: TrackedSeries,
  options: BackfillOptions,
  context: FillContext,
): Promise<SeriesRepair> {
  const { timeframe, firstBarAt } = tracked.series;
  const within = {
    first: wantedBars(tracked.series, options).first,
    // What has closed since is followed, and no gap.
    last: barIndex(tracked.settledUntil, timeframe),
  };
  const before = await countStored(tracked, within, context);
  await fillRange(tracked, { within, isFirstBarKnown: firstBarAt !== undefined }, context);
  await recheckGaps(tracked, context, { isAll: true });
  const found = (await countStored(tracked, within, context)) - before;
  const missing = await countKnownMissing(tracked, within, context);
  context.logger.info(`${nameOf(tracked)} was repaired`, { found, missing });
  return { endedAt: context.clock.marketMs(), found, missing };
}

async function countStored(
  { series: { id, timeframe, gridOffsetMs } }: TrackedSeries,
  { first, last }: BarRange,
  { stores }: FillContext,
): Promise<number> {
  const from = barOpenTime(first, timeframe, gridOffsetMs);
  const to = barOpenTime(last, timeframe, gridOffsetMs);
  return (await stores.candles.openTimes(id, { from, to })).length;
}

async function countKnownMissing(
  { series: { id, timeframe } }: TrackedSeries,
  { first, last }: BarRange,
  { stores }: FillContext,
): Promise<number> {
  const gaps = await stores.knownGaps.list(id);
  const ranges = gaps
    .filter(({ reason }) => reason === 'missing')
    .map(({ fromOpenTime, toOpenTime }) => ({
      first: Math.max(first, barIndex(fromOpenTime, timeframe)),
      last: Math.min(last, barIndex(toOpenTime, timeframe)),
    }));
  return countBars(ranges.filter((range) => range.first <= range.last));
}
