import type { SeriesStatus } from '../../collection/collection-status.js';
import { findPauseFile } from '../../collection/pause-file.js';
import { barIndex, lastClosedOpenTime } from '../../domain/timeframe.js';
import type { RuleMatch } from '../../monitoring/health.js';
import { clockOf } from '../phases.js';
import { isYoung } from './connection-rules.js';
import {
  isCollecting,
  isWaiting,
  matchNames,
  whileActive,
  type CollectingFacts,
  type DaemonHealthRule,
  type HealthFacts,
} from './health-facts.js';

/** Closed bars without a candle after which a pair is taken to have ended. */
const ENDED_AFTER_BARS = 48;
/** A request may fail for this long, wall time: it is repeated within 30 seconds. */
const FAILING_GRACE_MS = 60_000;
/** A symbol may be without a quote for this long, wall time. */
const UNQUOTED_GRACE_MS = 120_000;

/** Candles: collected, new enough and usable. */
export const DATA_RULES: readonly DaemonHealthRule[] = [
  {
    id: 'collection_waiting',
    check: 'data',
    level: 'degraded',
    isExpected: true,
    fix: 'wait: collection begins once the venue answers and this daemon holds the lease',
    find: ({ phase }) => (isWaiting(phase) ? { message: 'nothing is collected yet' } : undefined),
  },
  {
    id: 'collection_paused',
    check: 'data',
    level: 'degraded',
    fix: 'delete the file',
    find: findPause,
  },
  {
    id: 'nothing_collected',
    check: 'data',
    level: 'failing',
    fix: 'check SYMBOLS and TIMEFRAMES, and what the log says of the venue',
    find: whileCollecting((facts) =>
      facts.collection.progress.percentage > 0 || isYoung(facts)
        ? undefined
        : { message: 'nothing could be collected since the start', since: facts.phase.startedAt },
    ),
  },
  {
    id: 'series_backfilling',
    check: 'data',
    level: 'degraded',
    isExpected: true,
    fix: 'wait: the history of a series is fetched once',
    find: whileCollecting(({ collection: { phase, progress, series } }) => {
      const isWaiting = series.some(({ state }) => state === 'waiting' || state === 'backfilling');
      const isOver = phase !== 'idle' && phase !== 'connecting' && !isWaiting;
      return isOver ? undefined : { message: `back-filling: ${progress.percentage} %` };
    }),
  },
  {
    id: 'all_series_stale',
    check: 'data',
    level: 'failing',
    fix: 'check the venue and the network',
    find: whileCollecting((facts) =>
      isYoung(facts) || !isAllStale(facts) ? undefined : findStale(facts),
    ),
  },
  {
    id: 'series_stale',
    check: 'data',
    level: 'degraded',
    fix: 'check at the venue whether these pairs still trade; the log has its answers',
    find: whileCollecting((facts) =>
      isAllStale(facts) && !isYoung(facts) ? undefined : findStale(facts),
    ),
  },
  {
    id: 'series_ended',
    check: 'data',
    level: 'degraded',
    fix: 'take these symbols out of SYMBOLS if they no longer trade',
    find: whileCollecting(findEnded),
  },
  {
    id: 'series_unusable',
    check: 'data',
    level: 'degraded',
    fix: 'read the reasons in the table quarantined_candles, or take these symbols out of SYMBOLS',
    find: whileCollecting(findUnusable),
  },
  {
    id: 'long_gaps',
    check: 'data',
    level: 'degraded',
    fix: 'nothing, if the venue does not have these bars; import them from files otherwise',
    find: whileCollecting(findLongGaps),
  },
  {
    id: 'symbols_unquoted',
    check: 'data',
    level: 'degraded',
    graceMs: UNQUOTED_GRACE_MS,
    fix: 'check at the venue whether these pairs are halted: no position is opened on them',
    find: whileFollowed(({ collection }) => {
      const unquoted = collection.unquoted.map((one) => `${one.symbol} (${one.reason})`);
      return matchNames(unquoted, (names) => `no usable quote of ${names}`);
    }),
  },
  {
    id: 'series_refused',
    check: 'data',
    level: 'degraded',
    fix: 'take these symbols out of SYMBOLS, or wait until the venue has them again',
    find: whileFollowed(({ collection }) => {
      const refused = collection.series.filter(({ isRefused }) => isRefused);
      const reasons = refused.map((one) => `${nameOf(one)}: ${one.lastError ?? 'no reason'}`);
      return matchNames(reasons, (names) => `the venue refuses ${names}`);
    }),
  },
  {
    id: 'series_failing',
    check: 'data',
    level: 'degraded',
    graceMs: FAILING_GRACE_MS,
    fix: 'wait: they are asked for again by themselves; the log has the answers of the venue',
    find: whileFollowed(({ collection }) => {
      const failing = collection.series.filter(
        ({ isRefused, lastError }) => !isRefused && lastError !== undefined,
      );
      const reasons = failing.map((one) => `${nameOf(one)}: ${one.lastError ?? ''}`);
      return matchNames(reasons, (names) => `cannot be collected now: ${names}`);
    }),
  },
  {
    id: 'future_candles',
    check: 'data',
    level: 'degraded',
    fix: 'check the clock of this machine and the time of the venue',
    find: whileFollowed(({ collection }) => {
      const future = collection.series.filter(({ hasFutureCandles }) => hasFutureCandles);
      return matchNames(
        future.map(nameOf),
        (names) => `candles from the future are in quarantine: ${names}`,
      );
    }),
  },
  {
    id: 'files_unread',
    check: 'data',
    level: 'degraded',
    fix: 'correct CSV_DIR or these files; docs/files.md says where they lie and how they look',
    find: whileActive(({ watchedFolder }) =>
      matchNames(watchedFolder?.faults ?? [], (names) => `not read from CSV_DIR: ${names}`),
    ),
  },
  {
    id: 'symbols_left_out',
    check: 'data',
    level: 'degraded',
    fix: 'correct SYMBOLS and TIMEFRAMES',
    find: findLeftOut,
  },
];

type FindCollecting = (facts: CollectingFacts) => ReturnType<DaemonHealthRule['find']>;

/** A rule about what is collected. */
function whileFollowed(find: FindCollecting): DaemonHealthRule['find'] {
  return (facts) => (isCollecting(facts) ? find(facts) : undefined);
}

/** While candles wait on purpose, their age is what was asked for. */
function whileCollecting(find: FindCollecting): DaemonHealthRule['find'] {
  return whileFollowed((facts) =>
    facts.collection.pausedBy === undefined ? find(facts) : undefined,
  );
}

/** The file holds collection before it has begun, too: then nobody has looked for it yet. */
async function findPause({ phase, collection }: HealthFacts): Promise<RuleMatch | undefined> {
  if (!isWaiting(phase) && collection === undefined) return undefined;
  const pausedBy = collection?.pausedBy ?? (await findPauseFile(phase.settings.pauseCollectorFile));
  if (pausedBy === undefined) return undefined;
  return { message: `collection is paused: it goes on when ${pausedBy} is gone` };
}

function findLeftOut({ phase, collection }: HealthFacts): RuleMatch | undefined {
  const unknown = 'instruments' in phase ? phase.instruments.refused : [];
  const refused = collection?.refused ?? [];
  const reasons = [...unknown, ...refused.map(({ name, reason }) => `${name}: ${reason}`)];
  return matchNames(reasons, (names) => `left out: ${names}`);
}

function isAllStale({ collection }: CollectingFacts): boolean {
  return collection.staleAlarm.isEverythingStale;
}

function findStale({ collection }: CollectingFacts): RuleMatch | undefined {
  const { stale } = collection.staleAlarm;
  return matchNames(
    stale.map(({ name }) => name),
    (names) => `no new candles of ${names}`,
  );
}

/** The venue answers that it has no newer bars, so these series do not count as stale. */
function findEnded({ phase, collection }: CollectingFacts): RuleMatch | undefined {
  const marketMs = clockOf(phase).marketMs();
  const ended = collection.series.flatMap((one) => {
    if (one.state !== 'following' || one.newestOpenTime === undefined) return [];
    const closed = barIndex(lastClosedOpenTime(marketMs, one.timeframe), one.timeframe);
    const bars = closed - barIndex(one.newestOpenTime, one.timeframe);
    return bars > ENDED_AFTER_BARS ? [`${nameOf(one)} for ${bars} bars`] : [];
  });
  return matchNames(ended, (names) => `the venue has had no candle of ${names}`);
}

/** Series whose newest answers had no usable row, or that have no candle at all. */
function findUnusable({ collection }: CollectingFacts): RuleMatch | undefined {
  const unusable = collection.series.flatMap((one) => {
    if (one.refusal !== undefined) return [`${nameOf(one)} (refused: ${one.refusal})`];
    const isEmpty = one.state === 'following' && one.newestOpenTime === undefined;
    return isEmpty ? [`${nameOf(one)} (the venue has none)`] : [];
  });
  return matchNames(unusable, (names) => `no usable candle of ${names}`);
}

function findLongGaps({ phase, collection }: CollectingFacts): RuleMatch | undefined {
  const gaps = collection.series.flatMap((one) => {
    const [gap] = one.longGaps;
    if (gap === undefined) return [];
    const [from, to] = [toIso(gap.fromOpenTime), toIso(gap.toOpenTime)];
    const { keepsOnlyBars } = one;
    const limit =
      keepsOnlyBars === undefined
        ? ''
        : ` (${phase.market.data.venue} keeps only its newest ${keepsOnlyBars} bars)`;
    return [`${nameOf(one)} lacks ${gap.bars} bars from ${from} to ${to}${limit}`];
  });
  return matchNames(gaps, (names) => names);
}

function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function nameOf({ symbol, timeframe }: Pick<SeriesStatus, 'symbol' | 'timeframe'>): string {
  return `${symbol} ${timeframe}`;
}
