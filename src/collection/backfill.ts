import { barIndex, barOpenTime } from '../domain/timeframe.js';
import { wantedBars } from './find-missing.js';
import { fetchRanges, fillRange, type FillContext, type StoredPage } from './gap-repair.js';
import { nameOf, type TrackedSeries } from './tracked-series.js';

/** How far before the first candle is looked for earlier ones before it counts as the birth. */
const BIRTH_PROBE_BARS = 1_000;

export interface BackfillOptions {
  /** Bars of history to hold; see `historyBars`. */
  readonly historyBars: number;
  /** A time that the venue has certainly reached. */
  readonly marketMs: number;
}

/**
 * Brings one series up to date: everything from the depth wanted, or from its birth, to the newest
 * closed bar. What is stored already is not asked for, so an interrupted back-fill goes on where it
 * was. Rejects with the errors of the market data.
 */
export async function backfillSeries(
  tracked: TrackedSeries,
  options: BackfillOptions,
  context: FillContext,
): Promise<void> {
  const { timeframe, birthOpenTime } = tracked.series;
  const within = wantedBars(tracked.series, options);
  await restoreNewest(tracked, context);
  tracked.barsDone = 0;
  const { settledUntil } = await fillRange(
    tracked,
    {
      within,
      isBorn: birthOpenTime !== undefined,
      onWanted: (bars) => (tracked.barsWanted = bars),
      onDone: (bars) => (tracked.barsDone += bars),
    },
    context,
  );
  if (birthOpenTime === undefined) await findBirth(tracked, within.first, context);
  tracked.settledUntil = barOpenTime(settledUntil, timeframe);
  tracked.barsDone = tracked.barsWanted;
}

async function restoreNewest(tracked: TrackedSeries, { stores }: FillContext): Promise<void> {
  const [newest] = await stores.candles.latest(tracked.series.id, 1);
  tracked.newestOpenTime = newest?.openTime;
}

/**
 * Where the venue's first candle lies after the depth wanted, the series is young, unless the depth
 * began inside a gap or an answer was empty by mistake. So everything before that candle, and a stretch
 * more, is asked for once again; a birth is never concluded from one answer.
 */
async function findBirth(
  tracked: TrackedSeries,
  wantedFirst: number,
  context: FillContext,
): Promise<void> {
  const { id, timeframe } = tracked.series;
  const range = await context.stores.candles.range(id);
  if (range === undefined) return;
  const firstBar = barIndex(range.first, timeframe);
  if (firstBar <= wantedFirst) return;
  const before = { first: Math.max(0, wantedFirst - BIRTH_PROBE_BARS), last: firstBar - 1 };
  let candlesBefore = 0;
  const onPage = ({ candles }: StoredPage): void => {
    candlesBefore += candles.length;
  };
  await fetchRanges(tracked, [before], { ...context, onPage });
  if (candlesBefore > 0) {
    const within = { first: wantedFirst, last: firstBar };
    await fillRange(tracked, { within, isBorn: false }, context);
    return;
  }
  tracked.series = { ...tracked.series, birthOpenTime: range.first };
  await context.stores.series.setBirth(id, range.first);
  context.logger.info(
    `${nameOf(tracked)} is young: the venue has nothing before its first candle`,
    { birthOpenTime: range.first },
  );
}
