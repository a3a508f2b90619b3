import { barIndex, barOpenTime } from '../domain/timeframe.js';
import { wantedBars } from './missing-bars.js';
import { fetchRanges, fillRange, type FillContext, type StoredPage } from './gap-repair.js';
import { nameOf, type TrackedSeries } from './tracked-series.js';

/** Bars before the first candle that are asked for before it counts as the first bar. */
const FIRST_BAR_PROBE_BARS = 1_000;

export interface BackfillOptions {
  /** Bars of history to hold; see `historyBars`. */
  readonly historyBars: number;
  /** A time that the venue has certainly reached. */
  readonly marketMs: number;
}

/**
 * Brings one series up to date: everything from the depth wanted, or from its first bar, to the newest
 * closed bar. What is stored already is not asked for, so an interrupted back-fill goes on where it
 * was. Rejects with the errors of the market data.
 */
export async function backfillSeries(
  tracked: TrackedSeries,
  options: BackfillOptions,
  context: FillContext,
): Promise<void> {
  const { timeframe, firstBarAt } = tracked.series;
  const within = wantedBars(tracked.series, options);
  await restoreNewest(tracked, context);
  tracked.barsDone = 0;
  const { settledUntil } = await fillRange(
    tracked,
    {
      within,
      isFirstBarKnown: firstBarAt !== undefined,
      onWanted: (bars) => (tracked.barsWanted = bars),
      onDone: (bars) => (tracked.barsDone += bars),
    },
    context,
  );
  if (firstBarAt === undefined) await findFirstBar(tracked, within.first, context);
  tracked.settledUntil = barOpenTime(settledUntil, timeframe, tracked.series.gridOffsetMs);
  tracked.barsDone = tracked.barsWanted;
}

async function restoreNewest(tracked: TrackedSeries, { stores }: FillContext): Promise<void> {
  const [newest] = await stores.candles.latest(tracked.series.id, 1);
  tracked.newestOpenTime = newest?.openTime;
}

/**
 * Where the venue's first candle lies after the depth wanted, the series is young, unless the depth
 * began inside a gap or an answer was empty by mistake. So everything before that candle, and a stretch
 * more, is asked for once again; a first bar is never concluded from one answer.
 */
async function findFirstBar(
  tracked: TrackedSeries,
  wantedFirst: number,
  context: FillContext,
): Promise<void> {
  const { id, timeframe } = tracked.series;
  const range = await context.stores.candles.range(id);
  if (range === undefined) return;
  const firstBar = barIndex(range.first, timeframe);
  if (firstBar <= wantedFirst) return;
  const before = { first: Math.max(0, wantedFirst - FIRST_BAR_PROBE_BARS), last: firstBar - 1 };
  let candlesBefore = 0;
  const onPage = ({ candles }: StoredPage): void => {
    candlesBefore += candles.length;
  };
  await fetchRanges(tracked, [before], { ...context, onPage });
  if (candlesBefore > 0) {
    const within = { first: wantedFirst, last: firstBar };
    await fillRange(tracked, { within, isFirstBarKnown: false }, context);
    return;
  }
  tracked.series = { ...tracked.series, firstBarAt: range.first };
  await context.stores.series.setFirstBarAt(id, range.first);
  context.logger.info(
    `${nameOf(tracked)} is young: the venue has nothing before its first candle`,
    { firstBarAt: range.first },
  );
}
